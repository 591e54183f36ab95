package node

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// retained counts what was removed from the store, by reason.
type retained struct {
	mu       sync.Mutex
	byReason map[string]*apitype.Removal
}

func (r *retained) note(reason string, count int, bytes int64, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byReason == nil {
		r.byReason = map[string]*apitype.Removal{}
	}
	one := r.byReason[reason]
	if one == nil {
		one = &apitype.Removal{Reason: reason}
		r.byReason[reason] = one
	}
	one.Count, one.Bytes, one.Last = one.Count+count, one.Bytes+bytes, at.UTC()
}

func (r *retained) removals() []apitype.Removal {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := []apitype.Removal{}
	for _, one := range r.byReason {
		list = append(list, *one)
	}
	slices.SortFunc(list, func(a, b apitype.Removal) int { return cmp.Compare(a.Reason, b.Reason) })
	return list
}

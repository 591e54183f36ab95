package catchup

import (
	"slices"

	"github.com/kreidfeuer/kreidfeuer/gossip/ledger"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// found is what a comparison has found so far that the neighbour lacks: how much it is, and the
// most urgent of what is here. The neighbour decides how much is found and how long that takes,
// so it is not all kept until the end.
type found struct {
	count int             // of all
	best  []*ledger.Entry // maxHave, if there are as many; at most twice as many
	last  *ledger.Entry   // of those; nil: there were never more
}

// note takes in what one step of a comparison has found.
func (s *Sessions) note(f *found, items []wire.Item) {
	f.count += len(items)
	for _, e := range s.cfg.Stock.Known(items) {
		if f.last != nil && compareOffers(e, f.last) >= 0 {
			continue
		}
		if f.best = append(f.best, e); len(f.best) == 2*maxHave {
			f.cut()
		}
	}
}

// cut leaves the most urgent.
func (f *found) cut() {
	if len(f.best) <= maxHave {
		return
	}
	slices.SortFunc(f.best, compareOffers)
	clear(f.best[maxHave:])
	f.best = f.best[:maxHave]
	f.last = f.best[maxHave-1]
}

// items are the most urgent, maxHave at most, in no order.
func (f *found) items() []wire.Item {
	f.cut()
	items := make([]wire.Item, 0, len(f.best))
	for _, e := range f.best {
		items = append(items, e.Item)
	}
	return items
}

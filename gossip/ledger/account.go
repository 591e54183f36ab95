package ledger

import (
	"container/heap"
	"slices"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Quota limits one certificate's unexpired envelopes in one lane. Zero allows nothing.
type Quota struct{ Count, Bytes uint64 }

// Limit is the quota that a certificate grants in a lane.
type Limit func(certificate wire.ID, lane wire.Lane) Quota

// rivals bounds the successors kept of one root version. Two prove a fork; two
// more leave room for one that recovery keys have signed beside them, at both levels.
var rivals = Quota{Count: 4, Bytes: 4 * wire.MaxTransmission}

type accountKey struct {
	certificate wire.ID
	lane        wire.Lane
}

// account counts a certificate's entries, and holds them in a heap with what gives
// way first at the top. What was removed stays in the heap until it comes to the top or
// outweighs the rest: so entries come and go in any order at the cost of a logarithm.
type account struct {
	count, bytes uint64
	heap         rankHeap
}

// rankHeap has what gives way first at index 0.
type rankHeap []*Entry

func (h rankHeap) Len() int           { return len(h) }
func (h rankHeap) Less(i, j int) bool { return CompareRank(h[i], h[j]) > 0 }
func (h rankHeap) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }
func (h *rankHeap) Push(e any)        { *h = append(*h, e.(*Entry)) }

func (h *rankHeap) Pop() any {
	last := len(*h) - 1
	e := (*h)[last]
	(*h)[last] = nil
	*h = (*h)[:last]
	return e
}

func (q Quota) exceeded(a *account) bool { return a.count > q.Count || a.bytes > q.Bytes }

// charge enters e into its accounts.
func (l *Ledger) charge(e *Entry) {
	for _, certificate := range e.Accounts {
		key := accountKey{certificate, e.Lane}
		a := l.accounts[key]
		if a == nil {
			a = &account{}
			l.accounts[key] = a
		}
		heap.Push(&a.heap, e)
		a.count++
		a.bytes += e.Size
	}
}

// discharge takes e out of its accounts.
func (l *Ledger) discharge(e *Entry) {
	for _, certificate := range e.Accounts {
		key := accountKey{certificate, e.Lane}
		a := l.accounts[key]
		if a == nil {
			continue
		}
		a.count--
		a.bytes -= e.Size
		switch {
		case a.count == 0:
			delete(l.accounts, key)
		case uint64(len(a.heap)) > 2*a.count+16:
			a.heap = slices.DeleteFunc(a.heap, func(o *Entry) bool { return l.known[o.ID] != o })
			heap.Init(&a.heap)
		}
	}
}

// last returns the entry of an account that gives way first.
func (l *Ledger) last(a *account) *Entry {
	for l.known[a.heap[0].ID] != a.heap[0] {
		heap.Pop(&a.heap)
	}
	return a.heap[0]
}

// quota is what one of e's accounts may hold.
func (e *Entry) quota(certificate wire.ID, limit Limit) Quota {
	if e.Kind == wire.TypeRoot {
		return rivals
	}
	return limit(certificate, e.Lane)
}

// mayFit reports whether Admit might take e, which is not known: false is certain. It
// costs little, because neighbours may have it asked at will.
func (l *Ledger) mayFit(e *Entry, limit Limit) bool {
	for _, certificate := range e.Accounts {
		quota := e.quota(certificate, limit)
		a := l.accounts[accountKey{certificate, e.Lane}]
		with := account{count: 1, bytes: e.Size}
		if a != nil {
			with.count, with.bytes = a.count+1, a.bytes+e.Size
		}
		if quota.exceeded(&with) && (a == nil || CompareRank(l.last(a), e) < 0) {
			return false
		}
	}
	return true
}

// overflow removes what e, just entered, displaces from its accounts. ok is false if
// that is e itself; then all the others are back.
func (l *Ledger) overflow(e *Entry, limit Limit) (displaced []*Entry, ok bool) {
	for _, certificate := range e.Accounts {
		key, quota := accountKey{certificate, e.Lane}, e.quota(certificate, limit)
		for a := l.accounts[key]; a != nil && quota.exceeded(a); a = l.accounts[key] {
			last := l.last(a)
			l.Remove(last)
			if last == e {
				for _, back := range displaced {
					l.insert(back)
				}
				return nil, false
			}
			displaced = append(displaced, last)
		}
	}
	return displaced, true
}

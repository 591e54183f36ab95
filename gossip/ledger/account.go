package ledger

import (
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

// account holds a certificate's entries, what gives way first at the front: so
// the newest, which comes most often, goes to the end.
type account struct {
	entries []*Entry
	bytes   uint64
}

func (q Quota) exceeded(a *account) bool {
	return uint64(len(a.entries)) > q.Count || a.bytes > q.Bytes
}

// charge enters e into its accounts.
func (l *Ledger) charge(e *Entry) {
	for _, certificate := range e.Accounts {
		key := accountKey{certificate, e.Lane}
		a := l.accounts[key]
		if a == nil {
			a = &account{}
			l.accounts[key] = a
		}
		i := len(a.entries)
		if i > 0 && compareEviction(a.entries[i-1], e) >= 0 { // else it is the newest
			i, _ = slices.BinarySearchFunc(a.entries, e, compareEviction)
		}
		a.entries = slices.Insert(a.entries, i, e)
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
		if i, found := slices.BinarySearchFunc(a.entries, e, compareEviction); found {
			a.entries = slices.Delete(a.entries, i, i+1)
			a.bytes -= e.Size
		}
		if len(a.entries) == 0 {
			delete(l.accounts, key)
		}
	}
}

// overflow removes what e, just entered, displaces from its accounts. ok is false if
// that is e itself; then all the others are back.
func (l *Ledger) overflow(e *Entry, limit Limit) (displaced []*Entry, ok bool) {
	for _, certificate := range e.Accounts {
		key, quota := accountKey{certificate, e.Lane}, rivals
		if e.Kind != wire.TypeRoot {
			quota = limit(certificate, e.Lane)
		}
		for a := l.accounts[key]; a != nil && len(a.entries) > 0 && quota.exceeded(a); a = l.accounts[key] {
			first := a.entries[0]
			l.Remove(first)
			if first == e {
				for _, back := range displaced {
					l.insert(back)
				}
				return nil, false
			}
			displaced = append(displaced, first)
		}
	}
	return displaced, true
}

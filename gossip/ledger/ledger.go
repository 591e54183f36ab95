package ledger

import (
	"errors"

	"github.com/kreidfeuer/kreidfeuer/gossip/recon"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Why an envelope is not admitted. Nothing has changed then.
var (
	ErrOverQuota  = errors.New("the quota of its author or of an authority above is used up by what ranks higher")
	ErrSuperseded = errors.New("a later one by this key is known")
)

// Ledger knows every accepted envelope that has not ended, and what was given up.
// Make one with [New].
type Ledger struct {
	known    map[wire.ID]*Entry
	accounts map[accountKey]*account
	slots    map[slotKey]*Entry
	heads    map[headKey]Head // the highest sequence seen of each key and lane
	sets     map[wire.Place]*recon.Set
	memos    memos
}

type headKey struct {
	author [32]byte
	lane   wire.Lane
}

// Head is the latest envelope of a key in a lane.
type Head struct {
	Sequence uint64
	ID       wire.ID
}

// New makes an empty ledger.
func New() *Ledger {
	return &Ledger{known: map[wire.ID]*Entry{}, accounts: map[accountKey]*account{}, slots: map[slotKey]*Entry{},
		heads: map[headKey]Head{}, sets: map[wire.Place]*recon.Set{}, memos: newMemos()}
}

// Known returns the entry of an accepted envelope, nil if there is none.
func (l *Ledger) Known(id wire.ID) *Entry { return l.known[id] }

// Len is the number of accepted envelopes.
func (l *Ledger) Len() int { return len(l.known) }

// Head is the highest sequence accepted of a key in a lane; zero if none.
func (l *Ledger) Head(author [32]byte, lane wire.Lane) Head { return l.heads[headKey{author, lane}] }

// Has reports whether an envelope with at most this level is known or was given
// up: with more signatures it may rank above what it gave way to. What gave way is
// worth another look where there may be room again: sizes differ, and what displaced it
// may have ended, or given way itself. Else devices that heard of the same in different orders
// would keep different sets.
func (l *Ledger) Has(it wire.Item, limit Limit) bool {
	if e, ok := l.known[it.ID]; ok && e.Level >= it.Level {
		return true
	}
	if d := l.memos.displaced[it.ID]; d != nil && d.Level >= it.Level && !l.mayFit(d, limit) {
		return true
	}
	m := l.memos.released[it.ID]
	return m != nil && m.Level >= it.Level
}

// Wants reports whether an envelope that somebody has at this grade is worth having. What
// was let go is wanted once more if others have more of it, else the sets would differ for ever.
func (l *Ledger) Wants(id wire.ID, grade wire.Level, limit Limit) bool {
	if e := l.known[id]; e != nil {
		return e.Grade() < grade
	}
	if m := l.memos.released[id]; m != nil {
		d := l.memos.displaced[id] // it was fetched with more, and found no room in a quota
		return m.item().Level < grade && (d == nil || d.Grade() < grade || l.mayFit(d, limit))
	}
	return !l.Has(wire.Item{ID: id, Level: grade / 2}, limit)
}

// Ceiling is the level to ask for before signatures are checked, where an
// envelope bears so many: what was taken in at its full level is known however many
// signatures a copy carries.
func (l *Ledger) Ceiling(id wire.ID, signers int) wire.Level {
	if k := l.known[id]; k != nil && k.Full {
		return k.Level
	}
	return wire.Level(signers)
}

// LacksParts reports whether an envelope is known, or was let go, without all its parts,
// at this level at most.
func (l *Ledger) LacksParts(id wire.ID, level wire.Level) bool {
	if k := l.known[id]; k != nil {
		return !k.Whole && level >= k.Level
	}
	m := l.memos.released[id]
	return m != nil && !m.Whole && level >= m.Level
}

// Admit takes e in, in place of the same envelope at a lower grade. It returns what
// has to go for it: what overflows an account that e is charged to, and what e replaces in
// its slot.
func (l *Ledger) Admit(e *Entry, limit Limit) (gone []*Entry, err error) {
	held := l.holder(e)
	if held != nil && !later(e, held) {
		return nil, ErrSuperseded
	}
	old := l.known[e.ID]
	if old != nil {
		l.Remove(old)
	}
	if held != nil {
		l.Remove(held)
	}
	l.insert(e)
	displaced, ok := l.overflow(e, limit)
	if !ok {
		for _, back := range []*Entry{held, old} {
			if back != nil {
				l.insert(back)
			}
		}
		if m := l.memos.released[e.ID]; m != nil { // e stood in its place in the set
			l.Set(m.Place).Add(m.item(), m.Expires)
		}
		l.memos.displace(e)
		return nil, ErrOverQuota
	}
	l.forget(e.ID)
	for _, d := range displaced {
		l.memos.displace(d)
	}
	if held != nil {
		displaced = append(displaced, held)
	}
	return displaced, nil
}

// Restore takes what gave way in again, where there is room.
func (l *Ledger) Restore(e *Entry, limit Limit) {
	l.forget(e.ID)
	if l.known[e.ID] == nil {
		_, _ = l.Admit(e, limit)
	}
}

func (l *Ledger) insert(e *Entry) {
	l.known[e.ID] = e
	if key := (headKey{e.Author, e.Lane}); l.heads[key].Sequence < e.Sequence {
		l.heads[key] = Head{e.Sequence, e.ID}
	}
	if e.Kind.Slot() {
		l.slots[e.slot()] = e
	}
	l.charge(e)
	l.Set(e.Place).Add(wire.Item{ID: e.ID, Level: e.Grade()}, e.Expires)
}

// Remove takes e out; of an entry that another one replaced, nothing is left.
func (l *Ledger) Remove(e *Entry) {
	if l.known[e.ID] != e {
		return
	}
	delete(l.known, e.ID)
	if e.Kind.Slot() && l.slots[e.slot()] == e {
		delete(l.slots, e.slot())
	}
	l.discharge(e)
	l.Set(e.Place).Remove(wire.Item{ID: e.ID, Level: e.Grade()}, e.Expires)
}

// Set is what catch-up compares of a lane. The ledger keeps it up to date; nobody
// else changes it. The level of its items is the grade.
func (l *Ledger) Set(p wire.Place) *recon.Set {
	s := l.sets[p]
	if s == nil {
		s = recon.NewSet()
		l.sets[p] = s
	}
	return s
}

// Emergencies counts the emergency alerts of a key within a day of the given
// time, the alert id itself left out. Whatever is dated after latest counts as of then.
func (l *Ledger) Emergencies(author [32]byte, at, latest uint64, id wire.ID) (n int) {
	at = min(at, latest)
	for _, e := range l.known {
		if e.Emergency == 0 || e.Author != author || e.ID == id {
			continue
		}
		if other := min(e.Emergency, latest); max(other, at)-min(other, at) < 24*3600 {
			n++
		}
	}
	return n
}

// Sweep removes what comparisons leave out from the given time on, in domains whose
// time is sure, and returns it, and the memos that ended. Neighbours would offer
// what goes earlier.
func (l *Ledger) Sweep(before uint64, sure func(domain wire.ID) bool) (ended []*Entry, memos []wire.ID) {
	for _, e := range l.known {
		if recon.Closed(e.Expires, before) && sure(e.Domain) {
			ended = append(ended, e)
		}
	}
	for _, e := range ended {
		l.Remove(e)
	}
	for id, e := range l.memos.displaced {
		if recon.Closed(e.Expires, before) && sure(e.Domain) {
			delete(l.memos.displaced, id)
		}
	}
	for id, m := range l.memos.released {
		if recon.Closed(m.Expires, before) && sure(m.Domain) {
			l.forget(id)
			memos = append(memos, id)
		}
	}
	return ended, memos
}

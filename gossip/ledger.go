package gossip

import (
	"cmp"
	"slices"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// entry is what the router remembers of an accepted envelope.
type entry struct {
	wire.Item
	domain   wire.ID
	lane     wire.Lane
	priority wire.Priority
	sequence uint64
	expires  uint64
	size     uint64
	author   [32]byte // public key
	// accounts are the certificates this envelope is charged to: the author's,
	// its unit's, and every ancestor's.
	accounts []wire.ID
	parts    bool // every part is here
	full     bool // more signatures would not raise the level
	// emergency is when it was signed by one person in an emergency; 0: it was not.
	emergency uint64
}

// quota limits one certificate's unexpired envelopes in one lane. Zero allows nothing.
type quota struct{ count, bytes uint64 }

type accountKey struct {
	certificate wire.ID
	lane        wire.Lane
}

// account holds a certificate's entries, what gives way first at the front: so
// the newest, which comes most often, goes to the end.
type account struct {
	entries []*entry
	bytes   uint64
}

// ledger knows every accepted envelope that has not ended, and what was evicted.
// It is pure state: the caller locks it.
type ledger struct {
	known    map[wire.ID]*entry
	accounts map[accountKey]*account
	evicted  map[wire.ID]memento // so that nobody offers it for ever
	heads    map[headKey]head    // the highest sequence seen of each key and lane
}

// memento is what is remembered of what was given up.
type memento struct {
	level   wire.Level
	expires uint64
}

type headKey struct {
	author [32]byte
	lane   wire.Lane
}

type head struct {
	sequence uint64
	id       wire.ID
}

func newLedger() *ledger {
	return &ledger{known: map[wire.ID]*entry{}, accounts: map[accountKey]*account{}, evicted: map[wire.ID]memento{}, heads: map[headKey]head{}}
}

// has reports whether an envelope with at most this level is known or was evicted:
// with more signatures it may rank above what it gave way to.
func (l *ledger) has(it wire.Item) bool {
	if e, ok := l.known[it.ID]; ok {
		return e.Level >= it.Level
	}
	gone, ok := l.evicted[it.ID]
	return ok && gone.level >= it.Level
}

// compareRank is the one total order in which overflow keeps: first what is Severe
// and has all its signatures, then severity, then sequence, then ID. It depends on
// the envelopes alone, so all devices keep the same set. An end is accepted with
// one signature, at any severity, and sequences are free to choose: without the
// first rule, one stolen key could crowd out the warnings of a whole Land.
func compareRank(a, b *entry) int {
	if warns := a.warns(); warns != b.warns() {
		if warns {
			return -1
		}
		return 1
	}
	if a.priority != b.priority {
		return cmp.Compare(b.priority, a.priority)
	}
	if a.sequence != b.sequence {
		return cmp.Compare(b.sequence, a.sequence)
	}
	return a.ID.Compare(b.ID)
}

// warns reports whether an envelope says what only all persons needed can say.
func (e *entry) warns() bool { return e.full && e.priority >= wire.PrioritySevere }

// compareEviction is the other way round: what gives way first is first.
func compareEviction(a, b *entry) int { return compareRank(b, a) }

// admit takes e in and evicts what overflows its accounts. ok is false if e
// itself is what overflows; then nothing changed.
func (l *ledger) admit(e *entry, limit func(wire.ID, wire.Lane) quota) (evicted []*entry, ok bool) {
	if old := l.known[e.ID]; old != nil { // a higher level replaces a lower one
		l.remove(old)
		evicted, ok = l.admit(e, limit)
		if !ok {
			l.insert(old)
		}
		return evicted, ok
	}
	l.insert(e)
	for _, cert := range e.accounts {
		key := accountKey{cert, e.lane}
		q, a := limit(cert, e.lane), l.accounts[key]
		for a != nil && len(a.entries) > 0 && q.exceeded(a) {
			first := a.entries[0]
			l.remove(first)
			if first == e {
				for _, back := range evicted {
					l.insert(back)
				}
				l.forget(e)
				return nil, false
			}
			evicted = append(evicted, first)
			a = l.accounts[key]
		}
	}
	delete(l.evicted, e.ID)
	for _, gone := range evicted {
		l.forget(gone)
	}
	return evicted, true
}

func (q quota) exceeded(a *account) bool {
	return uint64(len(a.entries)) > q.count || a.bytes > q.bytes
}

// forget remembers that an entry was given up, within a bound: memos are kept
// for verified envelopes only, so their number is bounded by the quotas' flow.
func (l *ledger) forget(e *entry) {
	if len(l.evicted) >= maxEvictedMemos {
		for id := range l.evicted {
			delete(l.evicted, id)
			break
		}
	}
	l.evicted[e.ID] = memento{e.Level, e.expires}
}

// restore takes an evicted entry in again, where there is room.
func (l *ledger) restore(e *entry, limit func(wire.ID, wire.Lane) quota) {
	delete(l.evicted, e.ID)
	if l.known[e.ID] == nil {
		l.admit(e, limit)
	}
}

func (l *ledger) insert(e *entry) {
	l.known[e.ID] = e
	if key := (headKey{e.author, e.lane}); l.heads[key].sequence < e.sequence {
		l.heads[key] = head{e.sequence, e.ID}
	}
	for _, cert := range e.accounts {
		key := accountKey{cert, e.lane}
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
		a.bytes += e.size
	}
}

// remove takes e out; of an entry that another one replaced, nothing is left.
func (l *ledger) remove(e *entry) {
	if l.known[e.ID] != e {
		return
	}
	delete(l.known, e.ID)
	for _, cert := range e.accounts {
		key := accountKey{cert, e.lane}
		a := l.accounts[key]
		if a == nil {
			continue
		}
		if i, found := slices.BinarySearchFunc(a.entries, e, compareEviction); found {
			a.entries = slices.Delete(a.entries, i, i+1)
			a.bytes -= e.size
		}
		if len(a.entries) == 0 {
			delete(l.accounts, key)
		}
	}
}

// emergencies counts the emergency alerts of a key within a day of the given
// time, the alert id itself left out. Whatever is dated after latest counts as of then.
func (l *ledger) emergencies(author [32]byte, at, latest uint64, id wire.ID) (n int) {
	at = min(at, latest)
	for _, e := range l.known {
		if e.emergency == 0 || e.author != author || e.ID == id {
			continue
		}
		if other := min(e.emergency, latest); max(other, at)-min(other, at) < 24*3600 {
			n++
		}
	}
	return n
}

// sweep removes what ended before the given time, in domains whose time is sure,
// and returns it.
func (l *ledger) sweep(before uint64, sure func(domain wire.ID) bool) []*entry {
	var ended []*entry
	for _, e := range l.known {
		if e.expires < before && sure(e.domain) {
			ended = append(ended, e)
		}
	}
	for _, e := range ended {
		l.remove(e)
	}
	for id, gone := range l.evicted {
		if gone.expires < before {
			delete(l.evicted, id)
		}
	}
	return ended
}

// items lists what is known of a domain's lane, most urgent first.
func (l *ledger) items(domain wire.ID, lane wire.Lane) []*entry {
	var list []*entry
	for _, e := range l.known {
		if e.domain == domain && e.lane == lane {
			list = append(list, e)
		}
	}
	slices.SortFunc(list, compareRank)
	return list
}

// ceiling is the level to ask for before signatures are checked: what was taken
// in at its full level is known however many signatures a copy carries.
func (l *ledger) ceiling(e *wire.Envelope) wire.Level {
	if k := l.known[e.ID()]; k != nil && k.full {
		return k.Level
	}
	return wire.Level(len(e.Signers))
}

// completes reports whether e, at this level, brings parts that a known envelope
// lacks and takes no signature from it.
func (l *ledger) completes(e *wire.Envelope, level wire.Level) bool {
	k := l.known[e.ID()]
	return k != nil && !k.parts && level >= k.Level && !missingPart(e)
}

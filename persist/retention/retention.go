// Package retention decides what a store gives up, and why: a [Plan] of what it
// holds, of the time and of its limits. It is pure and the same for the same input.
//
// What gives way for want of room is, in this order: what nobody here trusts,
// letters, exercises, then warnings that have ended. Trust objects, revocations
// above all, and warnings that are in force or may be never give way for room.
package retention

import (
	"cmp"
	"slices"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// Item is a stored envelope.
type Item struct {
	ID       wire.ID
	Domain   wire.ID
	Lane     wire.Lane
	Type     wire.Type
	Priority wire.Priority
	Author   [32]byte // Ed25519 public key
	Sequence uint64
	Created  uint64 // seconds UTC
	Expires  uint64 // seconds UTC
	Bytes    uint64 // stored form and parts

	// Foreign says that the device does not follow the item's domain.
	Foreign bool
	// Needs are the trust objects that prove it, itself not among them: its
	// certificates and theirs. Those that are not stored are ignored.
	Needs []wire.ID
}

// Reason says why an item goes.
type Reason string

// The reasons.
const (
	Expired    Reason = "expired"    // it ended, long enough ago
	Superseded Reason = "superseded" // a later one holds its slot
	OverQuota  Reason = "over-quota" // there is no room for it
)

// Removal is an item that goes.
type Removal struct {
	ID      wire.ID
	Reason  Reason
	Bytes   uint64
	Foreign bool
}

// Quota bounds some of the items. 0 is no bound.
type Quota struct{ Count, Bytes uint64 }

func (q Quota) exceeded(u Quota) bool {
	return q.Count > 0 && u.Count > q.Count || q.Bytes > 0 && u.Bytes > q.Bytes
}

// Limits bound what a store holds. They bound what may give way: what may not is
// counted, but stays.
type Limits struct {
	Grace   uint64              // seconds that an item is kept after its end
	Lane    map[wire.Lane]Quota // of each lane, over all domains
	Author  map[wire.Lane]Quota // of each author in each lane
	Foreign Quota               // of all that nobody here trusts
	Store   Quota               // of everything
}

// Plan returns what goes, what gives way first at the front. clock tells the time
// of a domain; a doubtful one ends nothing.
func Plan(items []Item, limits Limits, clock func(domain wire.ID) identity.Clock) []Removal {
	p := &planner{limits: limits, clocks: map[wire.ID]identity.Clock{}, clock: clock, gone: map[wire.ID]Reason{}, proves: map[wire.ID]int{}}
	for i := range items {
		p.items = append(p.items, &items[i])
		for _, id := range items[i].Needs {
			p.proves[id]++
		}
	}
	slices.SortFunc(p.items, p.compare)
	p.superseded()
	p.expired()
	p.overQuota()
	p.expired() // certificates of what gave way
	var list []Removal
	for _, it := range p.items {
		if why, ok := p.gone[it.ID]; ok {
			list = append(list, Removal{it.ID, why, it.Bytes, it.Foreign})
		}
	}
	return list
}

type planner struct {
	items  []*Item // what gives way first at the front
	limits Limits
	clock  func(wire.ID) identity.Clock
	clocks map[wire.ID]identity.Clock
	gone   map[wire.ID]Reason
	proves map[wire.ID]int // how many kept items an item proves
}

func (p *planner) clockOf(domain wire.ID) identity.Clock {
	c, ok := p.clocks[domain]
	if !ok {
		c = p.clock(domain)
		p.clocks[domain] = c
	}
	return c
}

// class orders what gives way for want of room.
type class uint8

const (
	foreign      class = iota
	foreignProof       // after what it proves
	letter
	exercise
	ended   // a warning that is over
	staying // never gives way for room
)

func (p *planner) class(it *Item) class {
	switch {
	case it.Lane == wire.LaneTrust && !it.Foreign:
		return staying
	case it.Type == wire.TypeRevocation:
		return staying
	case it.Foreign && it.Lane == wire.LaneTrust:
		return foreignProof
	case it.Foreign:
		return foreign
	case it.Lane == wire.LaneLive:
		if p.clockOf(it.Domain).InForce(it.Created, it.Expires) == identity.NotInForce {
			return ended
		}
		return staying
	case it.Lane == wire.LaneDrill:
		return exercise
	}
	return letter
}

// compare is the order in which items give way: by class; then what is least
// urgent, ends first, and is older.
func (p *planner) compare(a, b *Item) int {
	return cmp.Or(
		cmp.Compare(p.class(a), p.class(b)),
		cmp.Compare(a.Priority, b.Priority),
		cmp.Compare(a.Expires, b.Expires),
		cmp.Compare(a.Sequence, b.Sequence),
		b.ID.Compare(a.ID),
	)
}

// superseded removes what a later one in its slot has replaced. A revocation list
// holds all that the earlier ones did.
func (p *planner) superseded() {
	type slot struct {
		domain wire.ID
		author [32]byte
		kind   wire.Type
	}
	latest := map[slot]*Item{}
	of := func(it *Item) slot { return slot{it.Domain, it.Author, it.Type} }
	for _, it := range p.items {
		if old := latest[of(it)]; it.Type.Slot() && (old == nil || cmp.Or(cmp.Compare(it.Sequence, old.Sequence), old.ID.Compare(it.ID)) > 0) {
			latest[of(it)] = it
		}
	}
	for _, it := range p.items {
		if it.Type.Slot() && latest[of(it)] != it {
			p.remove(it, Superseded)
		}
	}
}

// expired removes what ended, by a clock without doubt, but for revocations, root
// versions, and what proves something that is kept.
func (p *planner) expired() {
	for again := true; again; { // a certificate goes after those that it proves
		again = false
		for _, it := range p.items {
			if it.Type == wire.TypeRevocation || it.Type == wire.TypeRoot || p.isGone(it) || p.proves[it.ID] > 0 ||
				!p.clockOf(it.Domain).ExpiredFor(it.Expires, p.limits.Grace) {
				continue
			}
			p.remove(it, Expired)
			again = again || it.Lane == wire.LaneTrust
		}
	}
}

func (p *planner) isGone(it *Item) bool {
	_, gone := p.gone[it.ID]
	return gone
}

func (p *planner) remove(it *Item, why Reason) {
	p.gone[it.ID] = why
	for _, id := range it.Needs {
		p.proves[id]--
	}
}

package discovery

import (
	"slices"
	"time"

	ma "github.com/multiformats/go-multiaddr"

	"github.com/kreidfeuer/kreidfeuer/node/vigil"
)

// way is with which of its addresses an entry is dialed.
type way int

const (
	anyWay  way = iota // as always
	streams            // by TCP, which costs little
	forAll             // with all, instead of all who do not answer
)

// staticAlone is where the pauses of static peers end when nobody has been connected for long.
const staticAlone = 2 * staticPause

// briefDials is how many dials after a connection was lost wait no longer than an answer
// would take.
const briefDials = 2

const (
	// fallen is how many neighbours that are lost within a fallWindow, and do not answer, are
	// enough to take it that the link has failed.
	fallen     = 4
	fallWindow = 45 * time.Second
)

// watch notes whether anybody is connected and says how each entry may be dialed; next is
// when one may be dialed for all, if it is too early for that; zero: it is not.
func (b *book) watch(now time.Time) (next time.Time) {
	if b.meets() && !b.falls(now) {
		b.vigil.Met()
		return next
	}
	if b.vigil.Alone(now) {
		for _, e := range b.entries {
			e.lost = e.lost && now.Sub(e.tried) < fallWindow // earlier ones say nothing of the link
		}
	}
	silent, cheap := b.silent(now)
	var stand *entry
	for _, e := range silent {
		e.way = streams
		if slices.ContainsFunc(e.addrs, isNotTCP) && (stand == nil || standsBefore(e, stand)) {
			stand = e
		}
	}
	if stand == nil {
		return next
	}
	if next = b.vigil.Next(cheap); next.After(now) {
		return next
	}
	stand.way = forAll
	return time.Time{}
}

// meets reports whether anybody is connected, and has all dialed as always.
func (b *book) meets() (any bool) {
	for _, e := range b.entries {
		e.way = anyWay
		any = any || e.connected
	}
	return any
}

// falls reports whether connections are lost one after another and nobody answers: then
// those that seem to stand are about to be lost too, which takes libp2p half a minute.
func (b *book) falls(now time.Time) bool {
	n := 0
	for _, e := range b.entries {
		if e.lost && !e.gone.IsZero() && now.Sub(e.gone) < fallWindow {
			n++
		}
	}
	return n >= fallen
}

// silent lists those for whom one of them is dialed: who did not answer since nobody is
// connected, or everybody if enough did not, and is not heard now. cheap says that some of
// them can be dialed by TCP.
func (b *book) silent(now time.Time) (list []*entry, cheap bool) {
	lost := 0
	for _, e := range b.entries {
		if e.lost {
			lost++
		}
	}
	for _, e := range b.entries {
		if !e.dialing && !e.isHeard(now) && len(e.addrs) > 0 && (e.lost || lost >= vigil.Tries) {
			list = append(list, e)
			cheap = cheap || slices.ContainsFunc(e.addrs, isTCP)
		}
	}
	return list, cheap
}

func (e *entry) isHeard(now time.Time) bool {
	return !e.heard.IsZero() && now.Sub(e.heard) <= heardNow
}

func isNotTCP(a ma.Multiaddr) bool { return !isTCP(a) }

// standsBefore orders who is dialed for all: each in turn.
func standsBefore(a, b *entry) bool {
	if c := a.whole.Compare(b.whole); c != 0 {
		return c < 0
	}
	return compareDial(a, b) < 0
}

// ready is when an entry may be dialed, the way it may; never is the zero time.
func (e *entry) ready(now time.Time) time.Time {
	switch {
	case e.way == forAll:
		return now
	case e.way == streams && !slices.ContainsFunc(e.addrs, isTCP):
		return time.Time{}
	}
	return e.due
}

// begin notes that an entry is dialed, and returns the addresses and how long the dial may
// take. Who was there a moment ago answers as quickly as then, or not at all; who is heard now
// is there, and may be busy.
func (b *book) begin(e *entry, now time.Time) (addrs []ma.Multiaddr, within time.Duration) {
	e.dialing, e.tried = true, now
	addrs, within = e.toDial(), dialTimeout
	if slices.ContainsFunc(addrs, isNotTCP) {
		e.whole = now
	}
	switch {
	case e.way == forAll:
		if !b.vigil.Dialed(now) {
			within = min(within, vigil.Patience(e.exchange))
		}
	case e.exchange > 0 && e.fails < briefDials && !e.isHeard(now):
		within = min(within, vigil.Patience(e.exchange))
	}
	return addrs, within
}

// unanswered is the end of a dial that nobody answered.
func (b *book) unanswered(e *entry, now time.Time) {
	e.lost = true
	b.failed(e, now)
}

// answered is a sign that the link carries again: all who did not answer are dialed soon.
func (b *book) answered(now time.Time) {
	b.vigil.Begin(now)
	for _, e := range b.entries {
		if e.lost {
			b.forgive(e, now)
		}
	}
}

// forgive forgets the pause of an entry. A little jitter keeps a whole network that
// returns from dialing in the same instant.
func (b *book) forgive(e *entry, now time.Time) {
	e.fails, e.vain, e.lost = 0, 0, false
	if soon := now.Add(time.Duration(b.jitter() * float64(yield))); e.due.After(soon) {
		e.due = soon
	}
}

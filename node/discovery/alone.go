package discovery

import (
	"cmp"
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
// would take: those of the first 15 s. When the link fails, connections end one after another
// for as long, and only then it shows that nobody will answer.
const briefDials = 4

const (
	// fallen is how many neighbours that are lost within a fallWindow, and do not answer, are
	// enough to take it that the link has failed.
	fallen     = 4
	fallWindow = 45 * time.Second

	// fallRest is how long no other fall follows one that left somebody connected: the link
	// stood, and a few who come, leave and do not answer must not keep others away.
	fallRest = 10 * time.Minute
)

// watch notes whether anybody is connected and says how each entry may be dialed, as far as
// wanted more neighbours go; next is when to look again for one to dial for all; zero: need not.
func (b *book) watch(now time.Time, wanted int) (next time.Time) {
	if b.meets() {
		if next = b.falls(now); next.IsZero() {
			b.vigil.Met()
			return next
		}
	} else {
		b.fell = time.Time{}
	}
	if b.vigil.Alone(now) {
		for _, e := range b.entries {
			e.lost = e.lost && now.Sub(e.tried) < fallWindow // earlier ones say nothing of the link
		}
	}
	silent, cheap := b.silent(now, wanted)
	var stand *entry
	for _, e := range silent {
		e.way = streams
		if e.hasAny(isNotTCP) && (stand == nil || b.standsBefore(e, stand)) {
			stand = e
		}
	}
	if stand == nil {
		return next
	}
	if due := b.vigil.Next(cheap); due.After(now) {
		return earlier(next, due)
	}
	stand.way = forAll
	return next
}

// earlier is the first of two times, of which zero is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// meets reports whether anybody is connected, and has all dialed as always.
func (b *book) meets() (any bool) {
	for _, e := range b.entries {
		e.way = anyWay
		any = any || e.connected
	}
	return any
}

// falls tells until when it is taken that connections are lost one after another and nobody
// answers, zero: they are not. Those that seem to stand are about to be lost then too, which
// takes libp2p half a minute.
func (b *book) falls(now time.Time) (until time.Time) {
	n := 0
	for _, e := range b.entries {
		if e.lost && !e.gone.IsZero() && now.Sub(e.gone) < fallWindow {
			n++
		}
	}
	if n < fallen {
		return until
	}
	if b.fell.IsZero() || now.Sub(b.fell) >= fallRest {
		b.fell = now
	}
	if until = b.fell.Add(fallWindow); !until.After(now) {
		return time.Time{}
	}
	return until
}

// silent lists those for whom one of them is dialed: who did not answer since nobody is
// connected, or everybody if enough did not, and is not heard now. cheap says that some of
// them can be dialed by TCP.
func (b *book) silent(now time.Time, wanted int) (list []*entry, cheap bool) {
	lost := 0
	for _, e := range b.entries {
		if e.lost {
			lost++
		}
	}
	for _, e := range b.entries {
		if e.mayDial(wanted) && !e.isHeard(now) && (e.lost || lost >= vigil.Tries) {
			list = append(list, e)
			cheap = cheap || e.hasAny(isTCP)
		}
	}
	return list, cheap
}

// mayDial reports whether an entry may be dialed at all.
func (e *entry) mayDial(wanted int) bool {
	return !e.connected && !e.dialing && e.hasAny(anyAddress) && (e.static || wanted > 0)
}

func (e *entry) isHeard(now time.Time) bool {
	return !e.heard.IsZero() && now.Sub(e.heard) <= heardNow
}

func isNotTCP(a ma.Multiaddr) bool { return !isTCP(a) }

// standsBefore orders who is dialed for all: each in turn. The dials that wait as long as any
// go round by themselves, or some entries would never have one.
func (b *book) standsBefore(x, y *entry) bool {
	choice, last := b.vigil.Choice(), func(e *entry) time.Time { return e.whole }
	if b.vigil.Whole() {
		last = func(e *entry) time.Time { return e.patient }
	}
	return cmp.Or(
		cmp.Compare(y.merit(choice), x.merit(choice)),
		last(x).Compare(last(y)),
		compareDial(x, y),
	) < 0
}

// merit is the higher, the more an entry is of those that are chosen.
func (e *entry) merit(c vigil.Choice) vigil.Choice {
	switch {
	case e.static:
		return min(c, vigil.Chosen)
	case !e.met.IsZero():
		return min(c, vigil.Known)
	}
	return vigil.Anybody
}

// ready is when an entry may be dialed, the way it may; never is the zero time.
func (e *entry) ready(now time.Time) time.Time {
	switch {
	case e.way == forAll:
		return now
	case e.way == streams && !e.hasAny(isTCP):
		return time.Time{}
	}
	return e.due
}

// begin notes that an entry is dialed, and returns the addresses and how long the dial may
// take. Who was there a moment ago answers as quickly as then, or not at all, while the network
// is the same; who is heard now is there, and may be busy.
func (b *book) begin(e *entry, now time.Time) (addrs []ma.Multiaddr, within time.Duration) {
	e.dialing, e.tried = true, now
	addrs, within = e.toDial(), dialTimeout
	brief := e.exchange > 0 && e.fails < briefDials && !e.isHeard(now) && !e.met.Before(b.changed)
	if e.way == forAll {
		brief = !b.vigil.Whole()
		b.vigil.Dialed(now)
	}
	if brief {
		within = min(within, vigil.Patience(e.exchange))
	}
	if slices.ContainsFunc(addrs, isNotTCP) {
		if e.whole = now; !brief {
			e.patient = now
		}
	}
	return addrs, within
}

// unanswered is the end of a dial that nobody answered. One that began before the network
// changed says nothing.
func (b *book) unanswered(e *entry, now time.Time) {
	if e.tried.Before(b.changed) {
		e.due = now
		return
	}
	e.lost = true
	b.failed(e, now)
}

// answered is a sign that the link carries again: all who did not answer are dialed soon. Who
// gives such signs again and again does not make that more frequent.
func (b *book) answered(now time.Time) {
	if !b.signed.IsZero() && now.Sub(b.signed) < vigil.Quiet {
		return
	}
	b.vigil.Begin(now)
	for _, e := range b.entries {
		if e.lost {
			b.signed = now
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

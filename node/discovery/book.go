package discovery

import (
	"cmp"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"github.com/kreidfeuer/kreidfeuer/node/vigil"
)

// Bounds of the address book. Reports come from anybody on the link.
const (
	// maxEntries bounds the peers in the book, static ones apart: a full
	// assembly hall. The least useful gives way.
	maxEntries = 512
)

// Pauses between dials.
const (
	// firstPause follows the first failed dial and doubles from there.
	firstPause = time.Second

	// staticPause and longestPause are where the doubling ends.
	staticPause  = 30 * time.Second
	longestPause = 5 * time.Minute

	// reportPause is the least pause before a dial that follows a new report of
	// known addresses: a source may report every second.
	// It doubles with each dial that ends without an answer while the peer is heard, up
	// to 1<<mostVain times: the link carries little, and dials take it up.
	reportPause = 5 * time.Second
	mostVain    = 3
	heardNow    = 10 * time.Second // since a report: it is heard

	// yield is how long the one of two peers with the higher ID waits, so that
	// two who find each other at once make one connection.
	yield = 200 * time.Millisecond

	// shortLived connections count as failed dials: the other side let us in and
	// closed, and would again.
	shortLived = 20 * time.Second
)

// entry is what the book knows of one peer.
type entry struct {
	id     peer.ID
	fixed  []ma.Multiaddr // configured
	proven []ma.Multiaddr // where it was met, the latest first
	addrs  []ma.Multiaddr // where it is said to be, the latest heard first
	static bool
	lot    float64   // of equals, the lower one is dialed first
	heard  time.Time // last report
	met    time.Time // start of the last connection; zero: never connected

	fails     int           // since the last good connection
	vain      int           // dials in a row without an answer while it was heard
	failure   error         // of the last dial; nil: none, or it is connected
	exchange  time.Duration // after connecting; zero: unknown
	measured  time.Time     // start of the newest connection that the exchange was looked for on
	due       time.Time     // no dial before
	tried     time.Time     // start of the last dial
	whole     time.Time     // start of the last one with all addresses
	patient   time.Time     // start of the last of these that was not brief
	gone      time.Time     // end of the last connection
	lost      bool          // it did not answer the last one, and nothing was heard since
	way       way           // to dial it now
	dialing   bool
	connected bool
}

// book is the address book: pure state, the caller locks it.
type book struct {
	self    peer.ID
	entries map[peer.ID]*entry
	jitter  func() float64 // uniform in [0, 1)
	vigil   vigil.Vigil    // while nobody is connected
	fell    time.Time      // start of the last fall of the link; zero: none that left anybody connected
	signed  time.Time      // last sign that the link carries again
	changed time.Time      // last change of the network
}

func newBook(self peer.ID, jitter func() float64) *book {
	return &book{self: self, entries: map[peer.ID]*entry{}, jitter: jitter}
}

// get returns the entry of a peer, which it makes if there is room.
func (b *book) get(id peer.ID, now time.Time) *entry {
	if e := b.entries[id]; e != nil {
		return e
	}
	if len(b.entries) >= maxEntries && !b.evict() {
		return nil
	}
	e := &entry{id: id, due: now, lot: b.jitter()}
	b.entries[id] = e
	return e
}

// evict removes the least useful entry that is neither static nor in use. Peers
// that were met stay before peers that were only claimed to exist, so that a
// flood of claims does not empty the book.
func (b *book) evict() bool {
	var worst *entry
	for _, e := range b.entries {
		if !e.static && !e.connected && !e.dialing && (worst == nil || compareKeep(e, worst) > 0) {
			worst = e
		}
	}
	if worst == nil {
		return false
	}
	delete(b.entries, worst.id)
	return true
}

// compareKeep orders entries by what is worth keeping, the best first.
func compareKeep(a, b *entry) int {
	return cmp.Or(
		b.met.Compare(a.met),
		b.heard.Compare(a.heard),
		cmp.Compare(a.id, b.id),
	)
}

// compareDial orders entries by what to dial first: who is to be kept, then who failed least, who
// was heard last, then who was met last. Among equals chance decides, on each device anew: in a
// hall of three hundred all would dial the same, who cannot take so many.
func compareDial(a, b *entry) int {
	if a.static != b.static {
		if a.static {
			return -1
		}
		return 1
	}
	return cmp.Or(
		cmp.Compare(a.fails, b.fails),
		b.heard.Truncate(time.Minute).Compare(a.heard.Truncate(time.Minute)),
		b.met.Compare(a.met),
		cmp.Compare(a.lot, b.lot),
		cmp.Compare(a.id, b.id),
	)
}

// hear takes up a report. New addresses are dialed at once, known ones after a
// short pause, whatever the pause was before: the peer is there now.
func (b *book) hear(info peer.AddrInfo, now time.Time) {
	if info.ID == b.self || len(info.Addrs) == 0 {
		return
	}
	e := b.get(info.ID, now)
	if e == nil {
		return
	}
	due := e.tried.Add(reportPause << min(e.vain, mostVain))
	if e.add(info.Addrs) {
		due = now
	}
	e.heard = now
	if b.vigil.Hear(now) {
		b.answered(now)
	}
	b.dialBy(e, due, now)
}

// dialBy moves the next dial forward to due.
func (b *book) dialBy(e *entry, due, now time.Time) {
	if due.Before(now) {
		due = now
	}
	if b.self > e.id {
		due = due.Add(yield)
	}
	if e.due.After(due) || !e.due.After(now) {
		e.due = due
	}
}

// dialable lists the peers to dial now, best first; next is when to look again,
// zero if never. Beyond wanted more neighbours only static peers are dialed.
func (b *book) dialable(now time.Time, wanted int) (list []*entry, next time.Time) {
	next = b.watch(now, wanted)
	for _, e := range b.entries {
		due := e.ready(now)
		switch {
		case !e.mayDial(wanted) || due.IsZero():
		case !due.After(now):
			list = append(list, e)
		case next.IsZero() || due.Before(next):
			next = due
		}
	}
	slices.SortFunc(list, compareDial)
	return list, next
}

// underWay counts the dials under way that are quick so far, and those that wait for
// an answer; settles is when the first of the quick ones becomes one that waits.
func (b *book) underWay(now time.Time) (quick, waiting int, settles time.Time) {
	for _, e := range b.entries {
		until := e.tried.Add(quickDial)
		switch {
		case !e.dialing:
		case !until.After(now):
			waiting++
		default:
			if quick++; settles.IsZero() || until.Before(settles) {
				settles = until
			}
		}
	}
	return quick, waiting, settles
}

// failed plans the next dial after a failure.
func (b *book) failed(e *entry, now time.Time) {
	longest := longestPause
	switch {
	case e.static && b.vigil.IsLong(now):
		longest = staticAlone
	case e.static:
		longest = staticPause
	}
	if e.vain++; !e.isHeard(now) || now.Sub(e.tried) < reportPause {
		e.vain = 0
	}
	pause := min(firstPause<<min(e.fails, 20), longest)
	e.fails++
	e.due = now.Add(time.Duration(float64(pause) * (0.75 + b.jitter()/2)))
}

// connect and disconnect follow the connections that the host reports.
func (b *book) connect(id peer.ID, now time.Time) {
	e := b.get(id, now)
	if e == nil || e.connected {
		return
	}
	e.connected, e.met, e.failure, e.vain, e.lost = true, now, nil, 0, false
	if b.vigil.Met() {
		b.answered(now)
	}
}

func (b *book) disconnect(id peer.ID, now time.Time) {
	e := b.entries[id]
	if e == nil || !e.connected {
		return
	}
	e.connected, e.gone = false, now
	if now.Sub(e.met) < shortLived {
		b.failed(e, now)
		return
	}
	e.fails = 0
	b.dialBy(e, now, now)
}

// networkChanged forgets all pauses.
func (b *book) networkChanged(now time.Time) {
	b.changed = now
	b.vigil.Begin(now)
	for _, e := range b.entries {
		b.forgive(e, now)
	}
}

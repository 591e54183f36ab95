package agenda

import (
	"errors"
	"hash/maphash"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// ErrMoved says that a session has ended with its connection, while another one with
// the neighbour stands.
var ErrMoved = errors.New("connection has been replaced")

// Neighbours are the devices this one is connected with, named by P, and what is due
// with each. What is said of one that is not connected is forgotten. It is safe for
// concurrent use.
type Neighbours[P ~string] struct {
	wake   chan struct{}
	jitter func(time.Duration) time.Duration
	seed   maphash.Seed

	mu  sync.Mutex
	all map[P]*neighbour
	// asked is what a neighbour was asked for a moment ago: others are not asked for
	// the same meanwhile.
	asked map[wire.ID]claim[P]
}

type neighbour struct {
	since    time.Time     // connected
	running  bool          // a session that we began
	stop     func()        // ends it; nil: it was told to
	useful   time.Time     // when it began, or last brought something
	serving  int           // sessions that it began
	compare  time.Time     // when a comparison is due; zero: none is
	compared time.Time     // when the last one began
	cost     time.Duration // of the last one that brought nothing
	fails    int           // sessions that failed, one after another
	said     bool          // it has said what it carries
	carries  []wire.ID     // of the domains that this device carries
	fresh    []News        // to be offered to it
	freshAt  time.Time     // when
	offers   []Offer       // by it, not taken up yet
	vain     vain
	broke    time.Time               // when it last did not give what it had promised
	complete map[wire.Lane]time.Time // when a comparison last ended with nothing lacking
	told     map[wire.ID]time.Time   // of each domain: since when it was offered all trust objects that it lacked
}

// New returns Neighbours that knows nobody. jitter spreads a duration, so that devices
// which failed together do not try again together.
func New[P ~string](jitter func(time.Duration) time.Duration) *Neighbours[P] {
	return &Neighbours[P]{wake: make(chan struct{}, 1), jitter: jitter, seed: maphash.MakeSeed(),
		all: map[P]*neighbour{}, asked: map[wire.ID]claim[P]{}}
}

// Wake is sent to when something may have become due.
func (n *Neighbours[P]) Wake() <-chan struct{} { return n.wake }

func (n *Neighbours[P]) poke() {
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// with calls f with a neighbour that is connected, under the lock.
func (n *Neighbours[P]) with(p P, f func(b *neighbour)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if b := n.all[p]; b != nil {
		f(b)
	}
}

// change is with, for what may make something due.
func (n *Neighbours[P]) change(p P, f func(b *neighbour)) {
	n.with(p, f)
	n.poke()
}

// Meet notes a neighbour, to be compared with after a while.
func (n *Neighbours[P]) Meet(p P, after time.Duration, now time.Time) {
	n.mu.Lock()
	if n.all[p] == nil {
		n.all[p] = &neighbour{since: now, complete: map[wire.Lane]time.Time{}, told: map[wire.ID]time.Time{}}
		n.all[p].compareBy(now.Add(after))
	}
	n.mu.Unlock()
	n.poke()
}

// Renewed notes one more connection with a neighbour: the link is young again. It may
// have lost power and come back before anybody noticed, and what was sent meanwhile is lost.
func (n *Neighbours[P]) Renewed(p P, after time.Duration, now time.Time) {
	n.change(p, func(b *neighbour) {
		b.since = now
		b.compareBy(latest(now.Add(after), b.compared.Add(Again)))
	})
}

// Since is when a neighbour was met or its link was last renewed; zero if it is not
// connected.
func (n *Neighbours[P]) Since(p P) (since time.Time) {
	n.with(p, func(b *neighbour) { since = b.since })
	return since
}

// Part forgets a neighbour that left. One whose session is still running ends it itself.
func (n *Neighbours[P]) Part(p P) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.all, p)
}

// Carries notes which of this device's domains a neighbour carries.
func (n *Neighbours[P]) Carries(p P, domains []wire.ID) {
	n.with(p, func(b *neighbour) { b.said, b.carries = true, domains })
}

// Complete notes that nothing of a lane is lacking that the neighbour has.
func (n *Neighbours[P]) Complete(p P, lane wire.Lane, now time.Time) {
	n.with(p, func(b *neighbour) { b.complete[lane] = now })
}

// Told notes that a neighbour was told of all trust objects of a domain that were
// known at a time, and returns when it had been told before; zero: never.
func (n *Neighbours[P]) Told(p P, domain wire.ID, at time.Time) (before time.Time) {
	n.with(p, func(b *neighbour) {
		if before = b.told[domain]; at.After(before) {
			b.told[domain] = at
		}
	})
	return before
}

// ToldOf says when each neighbour that carries a domain, or is of those who hear its
// topic, was last told what this device knows of the domain's trust.
func (n *Neighbours[P]) ToldOf(domain wire.ID, hear []P) map[P]time.Time {
	n.mu.Lock()
	defer n.mu.Unlock()
	told := map[P]time.Time{}
	for p, b := range n.all {
		if b.said && slices.Contains(b.carries, domain) || slices.Contains(hear, p) {
			told[p] = b.told[domain]
		}
	}
	for _, p := range hear {
		if _, ok := told[p]; !ok {
			told[p] = time.Time{} // just met
		}
	}
	return told
}

// Neighbour is what is known of catching up with one.
type Neighbour[P ~string] struct {
	Peer    P
	Since   time.Time // connected
	Running bool      // a session that this device began is running
	// Complete says, for each lane, when this device last had all that the
	// neighbour had. A lane that is not in it was never compared to its end.
	Complete map[wire.Lane]time.Time
}

// List lists the connected neighbours, in the order of their names.
func (n *Neighbours[P]) List() []Neighbour[P] {
	n.mu.Lock()
	defer n.mu.Unlock()
	var list []Neighbour[P]
	for _, p := range slices.Sorted(maps.Keys(n.all)) {
		b := n.all[p]
		list = append(list, Neighbour[P]{p, b.since, b.running, maps.Clone(b.complete)})
	}
	return list
}

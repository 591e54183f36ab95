package gossip

import (
	"cmp"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/kreidfeuer/kreidfeuer/gossip/stream"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// neighbours are the devices this one is connected with, and what is due with
// each: news to offer, offers to take up, a comparison.
type neighbours struct {
	wake chan struct{}

	mu  sync.Mutex
	all map[peer.ID]*neighbour
	// asked is what a neighbour was asked for a moment ago: others are not asked for
	// the same meanwhile.
	asked map[wire.ID]claim
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
	fresh    []news        // to be offered to it
	freshAt  time.Time     // when
	offers   []offer       // by it, not taken up yet
	vain     vain
	broke    time.Time               // when it last did not give what it had promised
	complete map[wire.Lane]time.Time // when a comparison last ended with nothing lacking
	told     map[wire.ID]time.Time   // of each domain: since when it was offered all trust objects that it lacked
}

// news is an envelope that a neighbour may lack.
type news struct {
	id    wire.ID
	place wire.Place
}

// offer is what a neighbour says it has and we lack, of one place.
type offer struct {
	place wire.Place
	list  []stream.Offered
}

func newNeighbours() *neighbours {
	return &neighbours{wake: make(chan struct{}, 1), all: map[peer.ID]*neighbour{}, asked: map[wire.ID]claim{}}
}

func (n *neighbours) poke() {
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// meet notes a neighbour, to be compared with after a while.
func (n *neighbours) meet(p peer.ID, after time.Duration) {
	n.mu.Lock()
	if n.all[p] == nil {
		n.all[p] = &neighbour{since: time.Now(), complete: map[wire.Lane]time.Time{}, told: map[wire.ID]time.Time{}}
		n.all[p].compareBy(time.Now().Add(after))
	}
	n.mu.Unlock()
	n.poke()
}

// renewed notes one more connection with a neighbour: the link is young again. It may
// have lost power and come back before anybody noticed, and what was sent meanwhile is lost.
func (n *neighbours) renewed(p peer.ID, after time.Duration) {
	n.mu.Lock()
	if b := n.all[p]; b != nil {
		b.since = time.Now()
		b.compareBy(latest(b.since.Add(after), b.compared.Add(syncAgain)))
	}
	n.mu.Unlock()
	n.poke()
}

// part forgets a neighbour that left. One whose session is still running ends it itself.
func (n *neighbours) part(p peer.ID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.all, p)
}

// carries notes which domains a neighbour carries.
func (n *neighbours) carries(p peer.ID, domains []wire.ID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if b := n.all[p]; b != nil {
		b.said, b.carries = true, domains
	}
}

// again has a neighbour compared with: something may have been missed.
func (n *neighbours) again(p peer.ID) {
	n.mu.Lock()
	if b := n.all[p]; b != nil {
		b.compareSoon()
	}
	n.mu.Unlock()
	n.poke()
}

// later has a neighbour compared with after a while.
func (n *neighbours) later(p peer.ID, after time.Duration) {
	n.mu.Lock()
	if b := n.all[p]; b != nil {
		b.compareBy(time.Now().Add(after))
	}
	n.mu.Unlock()
	n.poke()
}

// inTurn has a neighbour compared with because it is its turn, unless the link is
// slow and that was done a while ago.
func (n *neighbours) inTurn(p peer.ID) {
	n.mu.Lock()
	defer n.poke()
	defer n.mu.Unlock()
	if b := n.all[p]; b != nil && time.Since(b.compared) >= min(syncShare*b.cost, syncSeldom) {
		b.compareSoon()
	}
}

// costs notes how long a comparison took that brought nothing.
func (n *neighbours) costs(p peer.ID, took time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if b := n.all[p]; b != nil {
		b.cost = took
	}
}

// everybody has all neighbours compared with now.
func (n *neighbours) everybody() {
	n.mu.Lock()
	for _, b := range n.all {
		b.compareBy(time.Now())
	}
	n.mu.Unlock()
	n.poke()
}

func (b *neighbour) compareBy(at time.Time) {
	if b.compare.IsZero() || at.Before(b.compare) {
		b.compare = at
	}
}

// compareSoon has it compared with, but not twice within syncAgain.
func (b *neighbour) compareSoon() {
	b.compareBy(latest(time.Now(), b.compared.Add(syncAgain)))
}

func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// tell has news offered to a neighbour. Too much of it is left to a comparison.
func (b *neighbour) tell(list []news, at time.Time) {
	if len(b.fresh) == 0 || at.Before(b.freshAt) {
		b.freshAt = at
	}
	if b.fresh = append(b.fresh, list...); len(b.fresh) > freshMax {
		b.fresh = nil
		b.compareSoon()
	}
}

// due says which sessions are to begin now, and when to look again at the latest.
// Who did not fail lately goes before who did.
func (n *neighbours) due(now time.Time) (begin []peer.ID, next time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	next = now.Add(time.Minute)
	places := askTotal
	var ready []peer.ID
	for p, b := range n.all {
		at, ok := b.dueAt()
		switch {
		case b.running:
			places--
		case ok && !at.After(now):
			ready = append(ready, p)
		case ok && at.Before(next):
			next = at
		}
	}
	slices.SortFunc(ready, func(p, q peer.ID) int { return cmp.Compare(n.all[p].fails, n.all[q].fails) })
	begin = ready[:min(len(ready), max(0, places))]
	for _, p := range begin {
		b := n.all[p]
		b.running, b.useful = true, now
	}
	if waiting := len(ready) - len(begin); waiting > 0 {
		if turn := n.makePlaces(waiting, now); turn.Before(next) {
			next = turn
		}
	}
	return begin, next
}

// makePlaces ends sessions that have brought nothing for long, for as many
// neighbours as wait for a place, and returns when to try again.
func (n *neighbours) makePlaces(waiting int, now time.Time) (again time.Time) {
	var idle []*neighbour
	for _, b := range n.all {
		switch {
		case b.running && b.stop == nil:
			waiting-- // its place is about to be free
		case b.running:
			idle = append(idle, b)
		}
	}
	slices.SortFunc(idle, func(a, b *neighbour) int { return a.useful.Compare(b.useful) })
	for _, b := range idle {
		if waiting <= 0 {
			break
		}
		if turn := b.useful.Add(askTurn); turn.After(now) {
			return turn
		}
		b.stop()
		b.stop = nil
		waiting--
	}
	return now.Add(askTurn)
}

// began notes how a session that has become due is ended.
func (n *neighbours) began(p peer.ID, stop func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if b := n.all[p]; b != nil {
		b.stop = stop
	}
}

// brought notes that the session with a neighbour brings something.
func (n *neighbours) brought(p peer.ID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if b := n.all[p]; b != nil {
		b.useful = time.Now()
	}
}

// dueAt is when the next session with the neighbour is due.
func (b *neighbour) dueAt() (at time.Time, ok bool) {
	consider := func(t time.Time) {
		if !ok || t.Before(at) {
			at, ok = t, true
		}
	}
	if !b.compare.IsZero() {
		consider(b.compareAt())
	}
	if len(b.fresh) > 0 {
		consider(b.freshAt)
	}
	if len(b.offers) > 0 {
		consider(time.Time{})
	}
	return at, ok
}

// compareAt is when the comparison that is due may begin: while the neighbour
// compares with us, both learn from that.
func (b *neighbour) compareAt() time.Time {
	if b.serving > 0 {
		return b.compare.Add(syncPatience)
	}
	return b.compare
}

// served notes that a session which the neighbour began begins or ends.
func (n *neighbours) served(p peer.ID, change int) {
	n.mu.Lock()
	if b := n.all[p]; b != nil {
		b.serving = max(0, b.serving+change)
	}
	n.mu.Unlock()
	n.poke()
}

// takeCompare reports whether a comparison is due, and notes that it begins.
func (n *neighbours) takeCompare(p peer.ID) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	b, now := n.all[p], time.Now()
	if b == nil || b.compare.IsZero() || b.compareAt().After(now) {
		return false
	}
	b.compare, b.compared = time.Time{}, now
	return true
}

// takeFresh returns the news to be offered now.
func (n *neighbours) takeFresh(p peer.ID) []news {
	n.mu.Lock()
	defer n.mu.Unlock()
	b := n.all[p]
	if b == nil || b.freshAt.After(time.Now()) {
		return nil
	}
	list := b.fresh
	b.fresh = nil
	return list
}

// offer notes what a neighbour offers. It may offer again what it did not give
// before: perhaps it has it now.
func (n *neighbours) offer(p peer.ID, o offer, more bool) {
	n.mu.Lock()
	if b := n.all[p]; b != nil {
		waiting := 0
		for _, w := range b.offers {
			waiting += len(w.list)
		}
		if waiting+len(o.list) > freshMax+stream.MaxOffer {
			more = true // a comparison finds it again
		} else if len(o.list) > 0 {
			b.offers = append(b.offers, o)
		}
		if more {
			b.compareSoon()
		}
	}
	n.mu.Unlock()
	n.poke()
}

// takeOffer returns the first waiting offer of some lanes, in their order.
func (n *neighbours) takeOffer(p peer.ID, lanes []wire.Lane) (offer, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	b, i := n.find(p, lanes)
	if i < 0 {
		return offer{}, false
	}
	o := b.offers[i]
	b.offers = slices.Delete(b.offers, i, i+1)
	return o, true
}

func (n *neighbours) dropOffers(p peer.ID) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if b := n.all[p]; b != nil {
		b.offers = nil
	}
}

func (n *neighbours) hasOffer(p peer.ID, lanes []wire.Lane) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	_, i := n.find(p, lanes)
	return i >= 0
}

func (n *neighbours) find(p peer.ID, lanes []wire.Lane) (*neighbour, int) {
	b := n.all[p]
	if b == nil {
		return nil, -1
	}
	for _, lane := range lanes {
		if i := slices.IndexFunc(b.offers, func(o offer) bool { return o.place.Lane == lane }); i >= 0 {
			return b, i
		}
	}
	return nil, -1
}

// ended notes the end of a session, and when to try again if it failed.
func (n *neighbours) ended(p peer.ID, err error) {
	n.mu.Lock()
	if b := n.all[p]; b != nil {
		b.running = false
		switch {
		case err == nil:
			b.fails = 0
		case errors.Is(err, errMoved):
			b.offers, b.fresh = nil, nil // the next comparison finds them
			b.compareBy(time.Now())
		default:
			b.fails = min(b.fails+1, 5)
			b.offers, b.fresh = nil, nil // the next comparison finds them; news due now would begin a session at once, again and again
			b.compareBy(time.Now().Add(jitter(time.Second << b.fails)))
		}
	}
	n.mu.Unlock()
	n.poke()
}

// isComplete notes that nothing of a lane is lacking that the neighbour has.
func (n *neighbours) isComplete(p peer.ID, lane wire.Lane) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if b := n.all[p]; b != nil {
		b.complete[lane] = time.Now()
	}
}

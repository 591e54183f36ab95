package discovery

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
)

const (
	// maxDials bounds dials under way: a phone's radio and a Raspberry's cores. One
	// that lasts longer than quickDial waits for a slow link, or for somebody who accepts
	// connections and says no more, and makes room for others; maxWaiting bounds these.
	maxDials   = 8
	quickDial  = 8 * time.Second
	maxWaiting = 56

	// dialTimeout bounds one dial with all addresses, the handshake and what the
	// two then tell each other of themselves, on a slow link. Where nobody answers it ends
	// after 5 to 8 s.
	dialTimeout = 90 * time.Second

	// asleep is after what sleep neighbours are asked whether they are still there. They
	// hold a connection for half a minute.
	asleep = 5 * time.Second
)

// result is the outcome of one dial.
type result struct {
	id  peer.ID
	err error
}

// dial starts the dials that are due and returns when to look again.
func (c *Connector) dial(ctx context.Context, running *sync.WaitGroup) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	under, waiting, settles := c.book.underWay(now)
	wanted := c.target - len(c.host.Peers())
	list, next := c.book.dialable(now, wanted-under)
	for _, e := range list {
		if under >= maxDials || under+waiting >= maxDials+maxWaiting {
			if under > 0 {
				next = earlier(next, settles)
			}
			break // else a result brings us back
		}
		if !e.static && wanted-under <= 0 {
			continue
		}
		if under == 0 {
			settles = now.Add(quickDial)
		}
		under++
		addrs, within := c.book.begin(e, now)
		running.Go(func() { c.dialOne(ctx, peer.AddrInfo{ID: e.id, Addrs: addrs}, within) })
	}
	return earlier(next, c.book.watch(now, wanted-under))
}

func (c *Connector) dialOne(ctx context.Context, info peer.AddrInfo, within time.Duration) {
	dial, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	c.host.Forget(info.ID) // the book keeps pauses and addresses
	err := c.host.Connect(dial, info)
	select {
	case c.results <- result{info.ID, err}:
	case <-ctx.Done():
	}
}

// errClosed is a connection that the neighbour let stand for no time.
var errClosed = errors.New("the neighbour closed the connection at once: it may have all it can hold")

// settle takes up the outcome of a dial.
func (c *Connector) settle(b *book, r result, now time.Time) {
	e := b.entries[r.id]
	if e == nil {
		return
	}
	e.dialing = false
	if r.err == nil && !slices.Contains(c.host.Peers(), r.id) {
		// No event may tell of a connection that was closed at once. To take it for
		// one that stands would be never to dial again.
		r.err = errClosed
	}
	if r.err == nil || e.connected {
		b.connect(r.id, now)
		return
	}
	if e.failure = r.err; errors.Is(r.err, errClosed) {
		b.failed(e, now)
	} else {
		b.unanswered(e, now)
	}
	c.log.Debug("dial failed", "peer", r.id, "again", e.due.Sub(now), "err", r.err)
}

// watch reports when the interfaces have changed, or the machine slept: its links may have
// been lost and come back between two looks, and its timers stood still.
func (c *Connector) watch(ctx context.Context) {
	if c.scan == nil {
		return
	}
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	known, _ := c.scan() // what fails now is a change later
	looked := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		now := time.Now()
		slept := hasSlept(now.Round(0).Sub(looked.Round(0)), now.Sub(looked))
		looked = now
		links, err := c.scan()
		changed := err == nil && !slices.EqualFunc(links, known, link.equal)
		if changed {
			known = links
		}
		if changed || slept {
			c.NetworkChanged()
		}
	}
}

// hasSlept reports whether a machine slept while so much time went by on its clock and its
// timers ran for so long: they stand still meanwhile. A clock that is set forward looks alike.
func hasSlept(clock, ran time.Duration) bool { return clock-ran > asleep }

// probe asks every neighbour whether it is still there. After a change of the
// network libp2p would believe in dead connections for half a minute.
func (c *Connector) probe(ctx context.Context) {
	var probes sync.WaitGroup
	defer probes.Wait()
	for _, id := range c.host.Peers() {
		probes.Go(func() { c.host.Probe(ctx, id) })
	}
}

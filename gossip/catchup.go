package gossip

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/host/eventbus"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// catchUpLoop fetches what neighbours know: from each as soon as it is known to
// speak the protocol, and from one in turn every catchUpEvery. A neighbour that
// is still starting says so later, by a change of its protocols.
func (r *Router) catchUpLoop(ctx context.Context) {
	events, err := r.host.EventBus().Subscribe([]any{
		new(event.EvtPeerIdentificationCompleted), new(event.EvtPeerProtocolsUpdated)}, eventbus.BufSize(256))
	if err != nil {
		r.log.Error("subscribe to connections", "err", err)
		return
	}
	defer events.Close()
	var wg sync.WaitGroup
	defer wg.Wait()
	running := turns{}
	start := func(p peer.ID) {
		if running.begin(p) {
			wg.Go(func() {
				for again := true; again && ctx.Err() == nil; again = running.end(p) {
					r.catchUpTwice(ctx, p)
				}
			})
		}
	}
	all := func() {
		for _, p := range r.host.Network().Peers() {
			start(p)
		}
	}
	all()
	tick := time.NewTimer(jitter(catchUpEvery))
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case e := <-events.Out():
			switch e := e.(type) {
			case event.EvtPeerIdentificationCompleted:
				start(e.Peer)
			case event.EvtPeerProtocolsUpdated:
				if slices.Contains(e.Added, wire.ProtocolCatchUp) {
					start(e.Peer)
				}
			}
		case <-r.refreshed:
			all() // a domain was pinned: its warnings in force are next door
		case <-tick.C:
			if peers := r.host.Network().Peers(); len(peers) > 0 {
				start(peers[rand.IntN(len(peers))])
			}
			tick.Reset(jitter(catchUpEvery))
		}
	}
}

// jitter spreads d over 0.75 to 1.25 of it, so that devices that started
// together do not ask together.
func jitter(d time.Duration) time.Duration {
	return d*3/4 + time.Duration(rand.Int64N(int64(d/2)))
}

// turns holds the neighbours that a session is running with, and whether there
// was reason for another one meanwhile.
type turns struct {
	mu    sync.Mutex
	again map[peer.ID]bool
}

// begin reports whether a session with p may begin now.
func (t *turns) begin(p peer.ID) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.again == nil {
		t.again = map[peer.ID]bool{}
	}
	if _, running := t.again[p]; running {
		t.again[p] = true
		return false
	}
	if len(t.again) >= catchUpServeTotal {
		return false
	}
	t.again[p] = false
	return true
}

// end ends a session and reports whether another one has to follow at once.
func (t *turns) end(p peer.ID) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.again[p] {
		t.again[p] = false
		return true
	}
	delete(t.again, p)
	return false
}

// catchUpTwice fetches what there is, and once more when gossip with the
// neighbour is sure to flow: what it learned in between, before it knew our
// topics, came by neither way. Gossipsub does not announce it either to a peer
// that it has just taken into its mesh.
func (r *Router) catchUpTwice(ctx context.Context, p peer.ID) {
	r.catchUpLogged(ctx, p)
	settled := time.NewTimer(gossipSettles)
	defer settled.Stop()
	select {
	case <-ctx.Done():
	case <-settled.C:
		r.catchUpLogged(ctx, p)
	}
}

func (r *Router) catchUpLogged(ctx context.Context, p peer.ID) {
	if speaks, err := r.host.Peerstore().SupportsProtocols(p, wire.ProtocolCatchUp); err == nil && len(speaks) == 0 {
		return
	}
	got, err := r.CatchUp(ctx, p)
	if err != nil && ctx.Err() == nil {
		r.log.Debug("catch up", "peer", p, "got", got, "err", err)
	} else if got > 0 {
		r.log.Info("caught up", "peer", p, "envelopes", got)
	}
}

// CatchUp fetches from one neighbour what this device lacks, trust first, then
// the lanes in their order, the most urgent first. It returns how many
// envelopes were accepted.
func (r *Router) CatchUp(ctx context.Context, p peer.ID) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, catchUpTimeout)
	defer cancel()
	// A limited connection is good enough: pubsub would not use it.
	s, err := r.host.NewStream(network.WithAllowLimitedConn(ctx, "catch-up"), p, wire.ProtocolCatchUp)
	if err != nil {
		return 0, fmt.Errorf("open stream: %w", err)
	}
	defer context.AfterFunc(ctx, func() { _ = s.Reset() })()
	c := &session{r: r, p: p, s: s, f: newFramer(s)}
	got, err := c.run(ctx)
	if err != nil {
		_ = s.Reset()
		return got, err
	}
	_ = s.Close() // both sides have said that it is over; who closes first cancels the other
	return got, nil
}

// session is the asking side of one catch-up.
type session struct {
	r   *Router
	p   peer.ID
	s   network.Stream
	f   *framer
	got int
}

func (c *session) run(ctx context.Context) (int, error) {
	c.extend()
	if err := c.f.send(c.r.hello()); err != nil {
		return 0, err
	}
	hello, err := c.f.want(frameHello)
	if err != nil {
		return 0, err
	}
	c.r.greet(c.p, hello)
	theirs := map[wire.ID]bool{}
	for _, d := range hello.Domains {
		theirs[d] = true
	}
	for _, lane := range c.r.laneOrder() {
		for _, domain := range c.r.pool.Domains() {
			if !theirs[domain] {
				continue
			}
			if err := c.lane(ctx, domain, lane); err != nil {
				return c.got, err
			}
		}
	}
	return c.got, c.f.send(frame{Kind: frameEnd})
}

// extend gives the neighbour time for one more answer.
func (c *session) extend() { _ = c.s.SetDeadline(time.Now().Add(catchUpStep)) }

func (c *session) lane(ctx context.Context, domain wire.ID, lane wire.Lane) error {
	c.extend()
	if err := c.f.send(frame{Kind: frameList, Domains: []wire.ID{domain}, Lane: lane}); err != nil {
		return err
	}
	list, err := c.f.want(frameItems)
	if err != nil {
		return err
	}
	if len(list.Items) > catchUpMaxItems {
		return fmt.Errorf("%d items listed, at most %d", len(list.Items), catchUpMaxItems)
	}
	need := c.r.lacking(list.Items)
	for len(need) > 0 {
		n := min(len(need), catchUpMaxRequest)
		if err := c.fetch(ctx, need[:n], origin{peer: string(c.p), means: MeansCatchUp, lane: lane, domain: domain}); err != nil {
			return err
		}
		if len(c.r.lacking(need[:n])) == n {
			return nil // it lists what it does not give, or what we do not take
		}
		need = need[n:]
	}
	return nil
}

// fetch asks for some envelopes and takes them in. Answers beyond what was asked
// end the session.
func (c *session) fetch(ctx context.Context, items []frameItem, from origin) error {
	c.extend()
	if err := c.f.send(frame{Kind: frameGet, Items: items}); err != nil {
		return err
	}
	for answers := 0; ; answers++ {
		fr, err := c.f.read()
		if err != nil {
			return err
		}
		if fr.Kind == frameEnd {
			return nil
		}
		if fr.Kind != frameEnv || answers >= len(items) {
			return errors.New("more answers than questions")
		}
		c.extend()
		if err := c.take(ctx, fr.Raw, from); err == nil {
			c.got++
		} else if c.r.peers.cutOff(string(c.p), time.Now()) {
			return errCutOff
		}
	}
}

func (c *session) take(ctx context.Context, raw []byte, from origin) error {
	_, e, err := c.r.take(ctx, raw, from, true)
	if c.r.verdict(err) == wire.Reject {
		c.r.strike(c.p, err)
	}
	if err != nil && !errors.Is(err, ErrUnsaved) {
		return err
	}
	// Neighbours of ours may lack it too and sit behind us: tell them, within a
	// budget, so that a healed partition does not wait for their next turn.
	if e.Header.Lane != wire.LaneMail && c.r.relay.Allow() {
		if err := c.r.spread(ctx, e); err != nil {
			c.r.log.Debug("spread after catch-up", "err", err)
		}
	}
	return nil
}

// lacking selects the listed items that this device would take: what it does not
// know, then what it knows without its parts.
func (r *Router) lacking(items []frameItem) []frameItem {
	r.mu.Lock()
	defer r.mu.Unlock()
	var need, parts []frameItem
	for _, it := range items {
		if !r.ledger.has(wire.Item{ID: it.ID, Level: it.Level}) {
			need = append(need, it)
		} else if k := r.ledger.known[it.ID]; k != nil && !k.parts {
			parts = append(parts, it)
		}
	}
	return append(need, parts...)
}

// laneOrder is trust, then the lanes as the node registered them.
func (r *Router) laneOrder() []wire.Lane {
	order := []wire.Lane{wire.LaneTrust}
	for _, l := range r.cfg.Lanes {
		if l.Lane != wire.LaneTrust {
			order = append(order, l.Lane)
		}
	}
	return order
}

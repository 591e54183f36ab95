package gossip

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"

	"github.com/kreidfeuer/kreidfeuer/gossip/agenda"
	"github.com/kreidfeuer/kreidfeuer/gossip/recon"
	"github.com/kreidfeuer/kreidfeuer/gossip/stream"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// serve answers the protocols that neighbours call until ctx ends, and returns
// after the last answer.
func (r *Router) serve(ctx context.Context) {
	var running sync.WaitGroup
	var mu sync.Mutex // guards ended, so that none begins after it
	ended := false
	for name, answer := range map[protocol.ID]func(context.Context, network.Stream){
		wire.ProtocolCatchUp: r.serveCatchUp, wire.ProtocolDraft: r.serveDraft,
	} {
		r.host.SetStreamHandler(name, func(s network.Stream) {
			mu.Lock()
			if ended {
				mu.Unlock()
				_ = s.Reset()
				return
			}
			running.Add(1)
			mu.Unlock()
			defer running.Done()
			defer context.AfterFunc(ctx, func() { _ = s.Reset() })()
			answer(ctx, s)
		})
	}
	<-ctx.Done()
	r.host.RemoveStreamHandler(wire.ProtocolCatchUp)
	r.host.RemoveStreamHandler(wire.ProtocolDraft)
	mu.Lock()
	ended = true
	mu.Unlock()
	running.Wait()
}

// served is a session that a neighbour began.
type served struct {
	peer  peer.ID
	begun time.Time
	s     network.Stream
}

// admitServing counts sessions, so that neighbours cannot pile them up. When all
// places are taken, one of whoever had most of them lately gives way to who had less; it is
// carried on with later.
func (r *Router) admitServing(s network.Stream) (*served, bool) {
	p, now := s.Conn().RemotePeer(), time.Now()
	if r.peers.CutOff(string(p), now) || !r.peers.Begin(string(p), now) {
		return nil, false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	own := 0
	for v := range r.serving {
		if v.peer == p {
			own++
		}
	}
	if own >= servePeer || len(r.serving) >= serveTotal && !r.makePlace(p, now) {
		return nil, false
	}
	v := &served{p, now, s}
	r.serving[v] = struct{}{}
	return v, true
}

// makePlace ends a session of whoever had most time lately, if p had less. The
// caller holds r.mu.
func (r *Router) makePlace(p peer.ID, now time.Time) bool {
	held := map[peer.ID]time.Duration{p: r.peers.Hold(string(p), 0, now)}
	for v := range r.serving {
		if _, ok := held[v.peer]; !ok {
			held[v.peer] = r.peers.Hold(string(v.peer), 0, now)
		}
		held[v.peer] += now.Sub(v.begun)
	}
	var most *served
	for v := range r.serving {
		if now.Sub(v.begun) >= serveTurn && held[v.peer] > held[p] && (most == nil || held[v.peer] > held[most.peer]) {
			most = v
		}
	}
	if most == nil {
		return false
	}
	_ = most.s.Reset()
	delete(r.serving, most)
	return true
}

func (r *Router) doneServing(v *served) {
	now := time.Now()
	r.peers.Hold(string(v.peer), now.Sub(v.begun), now)
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.serving, v)
}

// serveCatchUp answers one neighbour's session.
func (r *Router) serveCatchUp(ctx context.Context, s network.Stream) {
	v, ok := r.admitServing(s)
	if !ok {
		_ = s.Reset()
		return
	}
	defer r.doneServing(v)
	r.meet(v.peer) // it may know us before we know it
	if mesh, catchUp := r.believes(v.peer); mesh && !catchUp {
		r.wonder(v.peer)
	}
	r.near.Served(v.peer, +1)
	defer r.near.Served(v.peer, -1)
	a := &answering{r: r, p: v.peer, f: stream.New(newPaced(s), syncFrame)}
	if err := a.run(ctx); err != nil {
		r.log.Debug("serve catch-up", "peer", v.peer, "err", err)
		_ = s.Reset()
		return
	}
	_ = s.Close()
}

// answering is the answering side of a session.
type answering struct {
	r *Router
	p peer.ID
	f *stream.Framer

	place wire.Place       // that is compared
	begun time.Time        // the comparison
	x     *recon.Session   // nil: none, or over
	have  []wire.Item      // what the comparison has found so far
	left  []stream.Offered // to be offered
}

func (a *answering) run(ctx context.Context) error {
	hello, err := a.f.Want(stream.Hello)
	if err != nil {
		return err
	}
	a.r.greet(a.p, hello)
	if err := a.f.Send(a.r.hello()); err != nil {
		return err
	}
	for {
		q, err := a.f.Read()
		if err != nil {
			return err
		}
		switch q.Kind {
		case stream.End:
			return nil
		case stream.Recon:
			err = a.compare(ctx, q)
		case stream.Next:
			err = a.next(q)
		case stream.Offer:
			err = a.takeOffer(ctx, q)
		case stream.Get:
			err = a.give(ctx, q)
		default:
			err = fmt.Errorf("unexpected frame of kind %d", q.Kind)
		}
		if err != nil {
			return err
		}
	}
}

// compare answers a message of a comparison. Another place begins another one.
func (a *answering) compare(ctx context.Context, q stream.Frame) error {
	p, err := q.Place()
	if err != nil {
		return err
	}
	if a.x == nil || p != a.place {
		if !a.r.carries(p) {
			return fmt.Errorf("comparison of lane %s of domain %s, which is not carried", p.Lane, p.Domain.Short())
		}
		a.r.mu.Lock()
		a.x, a.begun = recon.Answer(a.r.ledger.Set(p), a.r.limits(p.Domain)), time.Now()
		a.r.mu.Unlock()
		a.place, a.have, a.left = p, nil, nil
	}
	if err := a.r.peers.Rounds(string(a.p), time.Now()).Wait(ctx); err != nil {
		return err
	}
	out, have, _, done, err := a.x.Step(q.Raw)
	if err != nil {
		return err
	}
	if a.have = append(a.have, have...); done {
		a.r.compared(a.p, p, a.begun, a.have)
		a.left, a.have, a.x = a.r.offers(a.have), nil, nil
	}
	return a.f.Send(stream.About(p, stream.Frame{Kind: stream.Recon, Raw: out}))
}

func (r *Router) carries(p wire.Place) bool {
	_, lane := r.lanes[p.Lane]
	return lane && slices.Contains(r.pool.Domains(), p.Domain)
}

// next offers what the asking side lacks, the most urgent first.
func (a *answering) next(q stream.Frame) error {
	p, err := q.Place()
	if err != nil {
		return err
	}
	if p != a.place || a.x != nil {
		return errors.New("asked for offers of a lane that was not compared")
	}
	n := min(len(a.left), stream.MaxOffer)
	fr := stream.About(p, stream.Frame{Kind: stream.Offer, Items: stream.PackOffer(a.left[:n]), More: n < len(a.left)})
	a.left = a.left[n:]
	return a.f.Send(fr)
}

// takeOffer notes what the asking side has; a session of our own pulls it.
func (a *answering) takeOffer(ctx context.Context, q stream.Frame) error {
	p, err := q.Place()
	if err != nil {
		return err
	}
	list, err := stream.UnpackOffer(q.Items)
	if err != nil {
		return err
	}
	if err := a.r.peers.Rounds(string(a.p), time.Now()).Wait(ctx); err != nil {
		return err
	}
	if a.r.carries(p) {
		a.r.near.Offered(a.p, agenda.Offer{Place: p, List: a.r.lacking(list)}, q.More, time.Now())
	}
	return nil
}

// lacking selects what this device would take of an offer.
func (r *Router) lacking(list []stream.Offered) []stream.Offered {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.DeleteFunc(list, func(o stream.Offered) bool { return !r.lacks(&o) })
}

// give sends what was asked for and is here, at the pace that a neighbour is
// served at. The asking side has the chains already, unless it says otherwise.
func (a *answering) give(ctx context.Context, q stream.Frame) error {
	ids, err := stream.UnpackGet(q.Items)
	if err != nil {
		return err
	}
	waited := false
	for _, id := range ids {
		raw, err := a.r.transmitted(ctx, id, q.More)
		if _, known := a.r.Known(id); err != nil && known && !waited {
			waited = true // what gossip has just brought may be on its way to the disk
			if err := a.r.written(ctx); err != nil {
				return err
			}
			raw, err = a.r.transmitted(ctx, id, q.More)
		}
		if err != nil { // gone since it was offered; or to have the disk look for nothing
			if err := a.r.peers.Given(string(a.p), time.Now()).WaitN(ctx, stream.SizeUnit); err != nil {
				return err
			}
			continue
		}
		if err := a.r.peers.Given(string(a.p), time.Now()).WaitN(ctx, len(raw)); err != nil {
			return err
		}
		if err := a.f.WriteEnvelope(raw); err != nil {
			return err
		}
	}
	return a.f.Send(stream.Frame{Kind: stream.End})
}

func (r *Router) hello() stream.Frame {
	return stream.Frame{Kind: stream.Hello, Time: seconds(r.cfg.Now()), Domains: r.pool.Domains()}
}

func (r *Router) greet(p peer.ID, hello stream.Frame) {
	r.near.Carries(p, slices.DeleteFunc(r.pool.Domains(), func(d wire.ID) bool { return !slices.Contains(hello.Domains, d) }))
	if r.cfg.OnHello != nil && hello.Time <= wire.MaxTime {
		r.cfg.OnHello(p, time.Unix(int64(hello.Time), 0), r.cfg.Now())
	}
}

package catchup

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/kreidfeuer/kreidfeuer/gossip/agenda"
	"github.com/kreidfeuer/kreidfeuer/gossip/recon"
	"github.com/kreidfeuer/kreidfeuer/gossip/stream"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// answering is the answering side of a session.
type answering struct {
	s *Sessions
	p peer.ID
	f *stream.Framer

	place wire.Place       // that is compared
	begun time.Time        // the comparison
	x     *recon.Session   // nil: none, or over
	have  found            // so far, by the comparison
	left  []stream.Offered // to be offered
}

func (a *answering) run(ctx context.Context) error {
	hello, err := a.f.Want(stream.Hello)
	if err != nil {
		return err
	}
	a.s.greet(a.p, hello)
	if err := a.f.Send(a.s.hello()); err != nil {
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
		if !a.s.carries(p) {
			return fmt.Errorf("comparison of lane %s of domain %s, which is not carried", p.Lane, p.Domain.Short())
		}
		a.x, a.begun = a.s.cfg.Stock.Answer(p)
		a.place, a.have, a.left = p, found{}, nil
	}
	if err := a.s.cfg.Peers.Rounds(string(a.p), time.Now()).Wait(ctx); err != nil {
		return err
	}
	out, have, _, done, err := a.x.Step(q.Raw)
	if err != nil {
		return err
	}
	if a.s.note(&a.have, have); done {
		a.s.compared(a.p, p, a.begun, &a.have)
		a.left, a.have, a.x = a.s.offers(a.have.items()), found{}, nil
	}
	return a.f.Send(stream.About(p, stream.Frame{Kind: stream.Recon, Raw: out}))
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
	if err := a.s.cfg.Peers.Rounds(string(a.p), time.Now()).Wait(ctx); err != nil {
		return err
	}
	if a.s.carries(p) {
		list = slices.DeleteFunc(list, func(o stream.Offered) bool { return !a.s.cfg.Stock.Lacks(&o) })
		a.s.cfg.Near.Offered(a.p, agenda.Offer{Place: p, List: list}, q.More, time.Now())
	}
	return nil
}

// give sends what was asked for and is here, at the pace that a neighbour is
// served at. The asking side has the chains already, unless it says otherwise.
func (a *answering) give(ctx context.Context, q stream.Frame) error {
	ids, err := stream.UnpackGet(q.Items)
	if err != nil {
		return err
	}
	for raw, err := range a.s.cfg.Stock.Give(ctx, ids, q.More) {
		if err != nil {
			return err
		}
		if raw == nil { // gone since it was offered; or to have the disk look for nothing
			if err := a.s.cfg.Peers.Given(string(a.p), time.Now()).WaitN(ctx, stream.SizeUnit); err != nil {
				return err
			}
			continue
		}
		if err := a.s.cfg.Peers.Given(string(a.p), time.Now()).WaitN(ctx, len(raw)); err != nil {
			return err
		}
		if err := a.f.WriteEnvelope(raw); err != nil {
			return err
		}
	}
	return a.f.Send(stream.Frame{Kind: stream.End})
}

func (s *Sessions) carries(p wire.Place) bool {
	return slices.Contains(s.cfg.Lanes, p.Lane) && slices.Contains(s.cfg.Pool.Domains(), p.Domain)
}

// compared passes on what a comparison has found, unless it has found too much to be kept.
func (s *Sessions) compared(p peer.ID, place wire.Place, at time.Time, lacks *found) {
	if lacks.count < maxHave {
		s.cfg.Stock.Compared(p, place, at, lacks.items())
	}
}

func (s *Sessions) greet(p peer.ID, hello stream.Frame) {
	s.cfg.Near.Carries(p, slices.DeleteFunc(s.cfg.Pool.Domains(), func(d wire.ID) bool { return !slices.Contains(hello.Domains, d) }))
	if s.cfg.OnHello != nil && hello.Time <= wire.MaxTime {
		s.cfg.OnHello(p, time.Unix(int64(hello.Time), 0), s.cfg.Now())
	}
}

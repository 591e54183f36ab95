package catchup

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/kreidfeuer/kreidfeuer/gossip/agenda"
	"github.com/kreidfeuer/kreidfeuer/gossip/stream"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// open opens a session and does what is to be done in it.
func (s *Sessions) open(ctx context.Context, p peer.ID, do func(c *session) error) (int, error) {
	opening, opened := context.WithTimeout(ctx, openTime)
	defer opened()
	// A limited connection is good enough: pubsub would not use it.
	st, err := s.cfg.Host.NewStream(network.WithAllowLimitedConn(opening, "catch-up"), p, wire.ProtocolCatchUp)
	if err != nil {
		return 0, fmt.Errorf("open stream: %w", err)
	}
	defer context.AfterFunc(ctx, func() { _ = st.Reset() })()
	c := s.session(p, newPaced(st))
	if err := do(c); err != nil {
		_ = st.Reset()
		if st.Conn().IsClosed() && s.cfg.Host.Network().Connectedness(p) == network.Connected {
			err = fmt.Errorf("%w: %w", agenda.ErrMoved, err)
		}
		return c.got, err
	}
	_ = st.Close() // both sides have said that it is over; who closes first cancels the other
	return c.got, nil
}

// session is the asking side.
type session struct {
	s      *Sessions
	p      peer.ID
	f      *stream.Framer
	got    int
	window int                         // bytes to ask for at once
	wait   func(context.Context) error // for the last batch to be durable; nil: none is waited for
	early  bool                        // it asks before it has heard the other side's hello
	theirs []wire.ID                   // domains
	laned  int                         // the lane at which the session is, in order
	aside  bool                        // it takes up offers of that lane and those before it
	hasty  bool                        // it only fetches, and does not wait for whom else the same was asked of
	vain   int                         // items asked for in vain, one after another
	bare   []stream.Offered            // refused because they came without their chain
}

func (s *Sessions) session(p peer.ID, rw io.ReadWriter) *session {
	return &session{s: s, p: p, f: stream.New(rw, maxFrame), window: windowFirst}
}

// hear reads the other side's hello.
func (c *session) hear() error {
	hello, err := c.f.Want(stream.Hello)
	if err != nil {
		return err
	}
	c.s.greet(c.p, hello)
	c.theirs, c.early = hello.Domains, false
	return nil
}

func (c *session) run(ctx context.Context, compare bool) error {
	if err := c.f.Send(c.s.hello()); err != nil {
		return err
	}
	if err := c.hear(); err != nil {
		return err
	}
	c.laned = len(c.s.cfg.Lanes) - 1
	if err := c.detour(ctx); err != nil {
		return err
	}
	for i, lane := range c.s.cfg.Lanes {
		c.laned = i
		for _, domain := range c.s.cfg.Pool.Domains() {
			if !compare || !slices.Contains(c.theirs, domain) {
				continue
			}
			for again := true; again; {
				var err error
				if again, err = c.lane(ctx, wire.Place{Domain: domain, Lane: lane}); err != nil {
					return err
				}
			}
		}
		if err := c.detour(ctx); err != nil {
			return err
		}
		if compare {
			c.s.cfg.Near.Complete(c.p, lane, time.Now())
		}
	}
	if err := c.durable(ctx); err != nil {
		return err
	}
	return c.f.Send(stream.Frame{Kind: stream.End})
}

// urgent reports whether a detour is due: the neighbour offers something of this
// lane or those before it.
func (c *session) urgent() bool {
	return !c.aside && c.s.cfg.Near.HasOffer(c.p, c.s.cfg.Lanes[:c.laned+1])
}

// detour does what has become due meanwhile: it offers news, and takes up what the
// neighbour offers of this lane and those before it.
func (c *session) detour(ctx context.Context) error {
	if err := c.offerFresh(); err != nil {
		return err
	}
	bare := c.bare // of the lane that is left for it
	c.aside, c.bare = true, nil
	defer func() { c.aside, c.bare = false, bare }()
	for {
		o, ok := c.s.cfg.Near.TakeOffer(c.p, c.s.cfg.Lanes[:c.laned+1])
		if !ok {
			return nil
		}
		if err := c.pull(ctx, o.Place, o.List, false); err != nil {
			return err
		}
	}
}

// lane compares one lane of a domain, offers what the neighbour lacks and pulls
// what this device lacks. It reports whether there may be more than one comparison covers.
func (c *session) lane(ctx context.Context, p wire.Place) (again bool, err error) {
	have, need, err := c.compare(p)
	if err != nil {
		return false, fmt.Errorf("compare lane %s: %w", p.Lane, err)
	}
	if offers := c.s.offers(have.items()); len(offers) > 0 {
		n := min(len(offers), stream.MaxOffer)
		if err := c.f.Send(stream.About(p, stream.Frame{Kind: stream.Offer, Items: stream.PackOffer(offers[:n]), More: n < len(offers)})); err != nil {
			return false, err
		}
	}
	before, offers := c.got, 0
	for more := need > 0; more && offers < maxHave; {
		if err := c.f.Send(stream.About(p, stream.Frame{Kind: stream.Next})); err != nil {
			return false, err
		}
		fr, err := c.f.Want(stream.Offer)
		if err != nil {
			return false, err
		}
		list, err := stream.UnpackOffer(fr.Items)
		if err != nil {
			return false, err
		}
		if err := c.pull(ctx, p, list, false); err != nil {
			return false, err
		}
		more = fr.More && len(list) > 0
		offers += len(list)
	}
	return need > maxHave && c.got-before > maxHave/2, nil
}

// compare finds out in what a lane differs: what this device has and the
// neighbour lacks, and how many it is the other way round.
func (c *session) compare(p wire.Place) (have *found, need int, err error) {
	x, begun := c.s.cfg.Stock.Ask(p)
	have = &found{}
	defer func() {
		if err == nil {
			c.s.compared(c.p, p, begun, have)
		}
	}()
	var in []byte
	for { // recon bounds the messages
		out, h, n, done, err := x.Step(in)
		if c.s.note(have, h); err != nil {
			return nil, 0, err
		}
		if need += len(n); done && len(out) == 0 {
			return have, need, nil
		}
		if err := c.f.Send(stream.About(p, stream.Frame{Kind: stream.Recon, Raw: out})); err != nil {
			return nil, 0, err
		}
		fr, err := c.f.Want(stream.Recon)
		if err != nil {
			return nil, 0, err
		}
		if in = fr.Raw; done {
			return have, need, nil
		}
	}
}

// offerFresh offers the news that waits for the neighbour.
func (c *session) offerFresh() error {
	fresh := c.s.cfg.Near.TakeFresh(c.p, time.Now())
	byPlace := map[wire.Place][]wire.Item{}
	for _, n := range fresh {
		if slices.Contains(c.theirs, n.Place.Domain) {
			byPlace[n.Place] = append(byPlace[n.Place], wire.Item{ID: n.ID})
		}
	}
	for _, lane := range c.s.cfg.Lanes {
		for place, list := range byPlace {
			if place.Lane != lane {
				continue
			}
			for chunk := range slices.Chunk(c.s.offers(list), stream.MaxOffer) {
				if err := c.f.Send(stream.About(place, stream.Frame{Kind: stream.Offer, Items: stream.PackOffer(chunk)})); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// durable waits until everything taken in is on the disk, or held for it.
func (c *session) durable(ctx context.Context) error {
	if c.wait == nil {
		return nil
	}
	return c.wait(ctx)
}

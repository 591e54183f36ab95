package gossip

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/kreidfeuer/kreidfeuer/gossip/agenda"
	"github.com/kreidfeuer/kreidfeuer/gossip/ledger"
	"github.com/kreidfeuer/kreidfeuer/gossip/recon"
	"github.com/kreidfeuer/kreidfeuer/gossip/stream"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// openTime bounds the opening of a stream: some round trips of a bad link.
const openTime = time.Minute

// CatchUp compares every lane with a neighbour and fetches what this device
// lacks, trust first, then the lanes in their order, the most urgent first. What the
// neighbour lacks is offered to it. It returns how many envelopes were accepted.
func (r *Router) CatchUp(ctx context.Context, p peer.ID) (int, error) {
	return r.converse(ctx, p, true)
}

// converse holds a session: it offers news, takes up offers, and compares if asked to.
func (r *Router) converse(ctx context.Context, p peer.ID, compare bool) (int, error) {
	return r.converseAs(ctx, p, func(c *session) error { return c.run(ctx, compare) })
}

// converseAs opens a session and does what is to be done in it.
func (r *Router) converseAs(ctx context.Context, p peer.ID, do func(c *session) error) (int, error) {
	opening, opened := context.WithTimeout(ctx, openTime)
	defer opened()
	// A limited connection is good enough: pubsub would not use it.
	s, err := r.host.NewStream(network.WithAllowLimitedConn(opening, "catch-up"), p, wire.ProtocolCatchUp)
	if err != nil {
		return 0, fmt.Errorf("open stream: %w", err)
	}
	defer context.AfterFunc(ctx, func() { _ = s.Reset() })()
	c := &session{r: r, p: p, f: stream.New(newPaced(s), syncFrame), order: r.laneOrder(), window: windowFirst}
	if err := do(c); err != nil {
		_ = s.Reset()
		if s.Conn().IsClosed() && r.host.Network().Connectedness(p) == network.Connected {
			err = fmt.Errorf("%w: %w", agenda.ErrMoved, err)
		}
		return c.got, err
	}
	_ = s.Close() // both sides have said that it is over; who closes first cancels the other
	return c.got, nil
}

// session is the asking side.
type session struct {
	r      *Router
	p      peer.ID
	f      *stream.Framer
	order  []wire.Lane
	got    int
	window int              // bytes to ask for at once
	wait   <-chan error     // told when the last batch is durable; nil: none is waited for
	early  bool             // it asks before it has heard the other side's hello
	theirs []wire.ID        // domains
	laned  int              // the lane at which the session is, in order
	aside  bool             // it takes up offers of that lane and those before it
	hasty  bool             // it does not wait for whom else the same was asked of
	vain   int              // items asked for in vain, one after another
	bare   []stream.Offered // refused because they came without their chain
}

// hear reads the other side's hello.
func (c *session) hear() error {
	hello, err := c.f.Want(stream.Hello)
	if err != nil {
		return err
	}
	c.r.greet(c.p, hello)
	c.theirs, c.early = hello.Domains, false
	return nil
}

func (c *session) run(ctx context.Context, compare bool) error {
	if err := c.f.Send(c.r.hello()); err != nil {
		return err
	}
	if err := c.hear(); err != nil {
		return err
	}
	c.laned = len(c.order) - 1
	if err := c.detour(ctx); err != nil {
		return err
	}
	for i, lane := range c.order {
		c.laned = i
		for _, domain := range c.r.pool.Domains() {
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
			c.r.near.Complete(c.p, lane, time.Now())
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
	return !c.aside && c.r.near.HasOffer(c.p, c.order[:c.laned+1])
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
		o, ok := c.r.near.TakeOffer(c.p, c.order[:c.laned+1])
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
	if offers := c.r.offers(have); len(offers) > 0 {
		n := min(len(offers), stream.MaxOffer)
		if err := c.f.Send(stream.About(p, stream.Frame{Kind: stream.Offer, Items: stream.PackOffer(offers[:n]), More: n < len(offers)})); err != nil {
			return false, err
		}
	}
	before, offers := c.got, 0
	for more := need > 0; more && offers < haveMax; {
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
	return need > haveMax && c.got-before > haveMax/2, nil
}

// compare finds out in what a lane differs: what this device has and the
// neighbour lacks, and how many it is the other way round.
func (c *session) compare(p wire.Place) (have []wire.Item, need int, err error) {
	c.r.mu.Lock()
	x, begun := recon.Ask(c.r.ledger.Set(p), c.r.limits(p.Domain)), time.Now()
	c.r.mu.Unlock()
	defer func() {
		if err == nil {
			c.r.compared(c.p, p, begun, have)
		}
	}()
	var in []byte
	for { // recon bounds the messages
		out, h, n, done, err := x.Step(in)
		have, need = append(have, h...), need+len(n)
		if err != nil {
			return nil, 0, err
		}
		if done && len(out) == 0 {
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
	fresh := c.r.near.TakeFresh(c.p, time.Now())
	byPlace := map[wire.Place][]*ledger.Entry{}
	c.r.mu.Lock()
	for _, n := range fresh {
		if e := c.r.ledger.Known(n.ID); e != nil && slices.Contains(c.theirs, n.Place.Domain) {
			byPlace[n.Place] = append(byPlace[n.Place], e)
		}
	}
	c.r.mu.Unlock()
	for _, lane := range c.order {
		for place, list := range byPlace {
			if place.Lane != lane {
				continue
			}
			for chunk := range slices.Chunk(ranked(list), stream.MaxOffer) {
				if err := c.f.Send(stream.About(place, stream.Frame{Kind: stream.Offer, Items: stream.PackOffer(chunk)})); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// offers describes what this device has, the most urgent first, at most haveMax.
func (r *Router) offers(have []wire.Item) []stream.Offered {
	list := make([]*ledger.Entry, 0, len(have))
	r.mu.Lock()
	for _, it := range have {
		if e := r.ledger.Known(it.ID); e != nil { // else it is remembered and not here
			list = append(list, e)
		}
	}
	r.mu.Unlock()
	return ranked(list)
}

// compareOffers is the order in which what is offered is to be fetched: the most
// urgent first; of trust objects what proves the others. What is below Moderate, which may be a
// hundred thousand, goes by ID: stores keep it in that order, and both ends read and write it
// for half of what any other order costs them.
func compareOffers(a, b *ledger.Entry) int {
	switch {
	case a.Lane == wire.LaneTrust:
		return cmp.Or(cmp.Compare(len(a.Accounts), len(b.Accounts)), ledger.CompareRank(a, b))
	case a.Priority == b.Priority && a.Priority < wire.PriorityModerate:
		return a.ID.Compare(b.ID)
	}
	return ledger.CompareRank(a, b)
}

func ranked(list []*ledger.Entry) []stream.Offered {
	slices.SortFunc(list, compareOffers)
	offers := make([]stream.Offered, 0, min(len(list), haveMax))
	for i, e := range list[:min(len(list), haveMax)] {
		if i == 0 || list[i-1] != e {
			offers = append(offers, stream.Describe(e.ID, e.Grade(), e.Size))
		}
	}
	return offers
}

// limits bounds a comparison: what ended longer ago than the grace is not
// compared, by a clock that is sure.
func (r *Router) limits(domain wire.ID) recon.Limits {
	now := r.cfg.Now()
	if r.clock(domain, now).Doubtful() {
		return recon.Limits{}
	}
	return recon.Limits{Oldest: seconds(now.Add(-graceAfterExpiry))}
}

package catchup

import (
	"context"
	"errors"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/agenda"
	"github.com/kreidfeuer/kreidfeuer/gossip/stream"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

var (
	errCutOff = errors.New("neighbour was cut off")
	errVain   = errors.New("it offers what it does not give, or what is not taken here")
)

// get is a request that is on its way.
type get struct {
	items  []stream.Offered
	chains bool
}

// pull asks for what is offered and lacking, in the order of the offer. Two
// requests are on their way at a time, so that the link does not stand still while what came
// is verified and written; more are not, so that what a device holds in memory is bounded, and
// so that what is urgent waits for one of them at most.
func (c *session) pull(ctx context.Context, p wire.Place, list []stream.Offered, chains bool) (err error) {
	var flying []get
	waited := time.Duration(0) // for other neighbours; for one list no longer than for one of them
	defer func() {
		for _, g := range flying {
			c.s.cfg.Near.Settle(c.p, g.items, nil, true, c.s.cfg.Pool.Version(), time.Now())
		}
	}()
	for {
		waiting, urgent := false, c.urgent()
		for len(flying) < 2 && len(list) > 0 && !waiting && !urgent {
			var batch []stream.Offered
			if batch, list, waiting = c.pick(list, c.hasty || waited >= agenda.ClaimTime); len(batch) == 0 {
				break
			}
			flying = append(flying, get{batch, chains})
			if err := c.f.Send(stream.About(p, stream.Frame{Kind: stream.Get, Items: stream.PackGet(batch), More: chains})); err != nil {
				return err
			}
		}
		switch {
		case len(flying) > 0:
			g := flying[0]
			raws, err := c.receive(g)
			if err != nil {
				return err
			}
			flying = flying[1:]
			if err := c.takeIn(ctx, p, g, raws); err != nil {
				return err
			}
		case urgent:
			if err := c.detour(ctx); err != nil {
				return err
			}
		case waiting:
			if err := sleep(ctx, agenda.ClaimTime/20); err != nil {
				return err
			}
			waited += agenda.ClaimTime / 20
		default:
			return c.withChains(ctx, p, chains)
		}
	}
}

// withChains asks once more for what was refused because its issuer is unknown here.
func (c *session) withChains(ctx context.Context, p wire.Place, chains bool) error {
	again := c.bare
	c.bare = nil
	if chains || len(again) == 0 {
		return nil
	}
	return c.pull(ctx, p, again, true)
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// pick takes the next batch from the front of a list: what is lacking, as much as
// should arrive within windowTime. waiting says that what is left was asked of other
// neighbours a moment ago.
func (c *session) pick(list []stream.Offered, impatient bool) (batch, rest []stream.Offered, waiting bool) {
	now, version := time.Now(), c.s.cfg.Pool.Version()
	bytes := 0
	for i := range list {
		o := &list[i]
		if len(batch) == stream.MaxGet || len(batch) > 0 && bytes+o.Bytes() > c.window {
			return batch, append(rest, list[i:]...), false
		}
		if !c.s.cfg.Stock.Lacks(o) {
			continue
		}
		switch take, wait := c.s.cfg.Near.Claim(c.p, o, version, impatient, now); {
		case take:
			batch, bytes = append(batch, *o), bytes+o.Bytes()
		case wait:
			rest = append(rest, *o)
		}
	}
	return batch, rest, len(rest) > 0
}

// receive reads the answer to a request, and learns how fast the link is.
func (c *session) receive(g get) (raws [][]byte, err error) {
	if c.early {
		if err := c.hear(); err != nil {
			return nil, err
		}
	}
	begun, bytes := time.Now(), 0
	for {
		fr, err := c.f.Read()
		if err != nil {
			return nil, err
		}
		if fr.Kind == stream.End {
			break
		}
		if fr.Kind != stream.Envelope || len(raws) >= len(g.items) {
			return nil, ErrUnasked
		}
		raws, bytes = append(raws, fr.Raw), bytes+len(fr.Raw)
	}
	switch took := time.Since(begun); {
	case took < windowTime/2:
		c.window = min(2*c.window, batchBytes)
	case took > windowTime: // what came shows what fits
		c.window = max(min(c.window/2, int(int64(bytes)*int64(windowTime)/int64(took))), stream.SizeUnit)
	}
	return raws, nil
}

// takeIn has a batch judged and written. It returns as soon as that is under way and the
// batch before is durable.
func (c *session) takeIn(ctx context.Context, p wire.Place, g get, raws [][]byte) error {
	items := g.items
	results, durable, err := c.s.cfg.Stock.Take(ctx, Given{By: c.p, Place: p, Asked: items, Raws: raws})
	if durable != nil {
		before := c.wait
		if c.wait = durable; before != nil && err == nil {
			err = before(ctx)
		}
	}
	ours := err != nil // the trouble
	version := c.s.cfg.Pool.Version()
	var inVain []stream.Offered
	taken, broke, bare, given := 0, false, map[wire.ID]bool{}, map[wire.ID]bool{}
	for _, res := range results {
		given[res.ID] = true
		switch {
		case res.Err == nil:
			c.got++
		case errors.Is(res.Err, ErrUnasked):
			err = ErrUnasked
		case errors.Is(res.Err, &wire.Refusal{Reason: wire.ReasonUnknownIssuer}):
			bare[res.ID] = true
		}
	}
	for i := range items {
		switch o := &items[i]; {
		case !c.s.cfg.Stock.Lacks(o):
			taken++
		case bare[o.ID] && !g.chains:
			c.bare = append(c.bare, *o)
		case ours:
		case given[o.ID]:
			inVain = append(inVain, *o)
		default:
			broke = true
		}
	}
	c.s.cfg.Near.Settle(c.p, items, inVain, broke, version, time.Now())
	if c.vain += len(items); taken > 0 {
		c.vain = 0
		c.s.cfg.Near.Brought(c.p, time.Now())
	} else if c.vain > vainRow && err == nil {
		err = errVain
	}
	if err == nil && c.s.cfg.Peers.CutOff(string(c.p), time.Now()) {
		err = errCutOff
	}
	if err != nil || c.hasty { // nobody tries again if it fails: the news would be lost
		return err
	}
	return c.offerFresh()
}

package catchup

import (
	"context"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/agenda"
	"github.com/kreidfeuer/kreidfeuer/gossip/stream"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// pull asks for what is offered and lacking, in the order of the offer. Two
// requests are on their way at a time, so that the link does not stand still while what came
// is verified and written; more are not, so that what is urgent waits for one of them at most.
// Of an answer no more is held than should arrive within windowTime and one envelope,
// whatever comes: what is larger, as with chains or by a lie about sizes, is verified and written in parts.
func (c *session) pull(ctx context.Context, p wire.Place, list []stream.Offered, chains bool) (err error) {
	var flying []*get
	waited := time.Duration(0) // for other neighbours; for one list no longer than for one of them
	defer func() {
		for _, g := range flying {
			if len(g.left) > 0 {
				c.s.cfg.Near.Settle(c.p, g.left, nil, true, c.s.cfg.Pool.Version(), time.Now())
			}
		}
	}()
	for {
		waiting, urgent := false, c.urgent()
		for len(flying) < 2 && len(list) > 0 && !waiting && !urgent {
			var batch []stream.Offered
			if batch, list, waiting = c.pick(list, c.hasty || waited >= agenda.ClaimTime); len(batch) == 0 {
				break
			}
			flying = append(flying, asking(batch, chains))
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
			if err := c.takeIn(ctx, p, g, raws); err != nil {
				return err
			}
			if g.ended {
				flying = flying[1:]
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

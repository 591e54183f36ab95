package catchup

import (
	"context"
	"errors"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/stream"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

var (
	errCutOff = errors.New("neighbour was cut off")
	errVain   = errors.New("it offers what it does not give, or what is not taken here")
)

// get is a request that is on its way.
type get struct {
	items    []stream.Offered // asked for
	left     []stream.Offered // those that nothing has become of yet
	chains   bool
	promised int  // bytes, by the offer
	came     int  // envelopes of the answer
	ended    bool // the answer
}

func asking(items []stream.Offered, chains bool) *get {
	g := &get{items: items, left: items, chains: chains}
	for i := range items {
		g.promised += items[i].Bytes()
	}
	return g
}

// settled are the items of which it is known what became: those that were given, and all
// when the answer has ended.
func (g *get) settled(given map[wire.ID]bool) (items []stream.Offered) {
	if g.ended {
		items, g.left = g.left, nil
		return items
	}
	var left []stream.Offered
	for _, o := range g.left {
		if given[o.ID] {
			items = append(items, o)
		} else {
			left = append(left, o)
		}
	}
	g.left = left
	return items
}

// receive reads the answer to a request: to its end, or as much of it as is held at once. It
// learns by each part how fast the link is.
func (c *session) receive(g *get) (raws [][]byte, err error) {
	if c.early {
		if err := c.hear(); err != nil {
			return nil, err
		}
	}
	begun, bytes := time.Now(), 0
	for most := max(g.promised, c.window); bytes <= most; {
		fr, err := c.f.Read()
		if err != nil {
			return nil, err
		}
		if fr.Kind == stream.End {
			g.ended = true
			break
		}
		if fr.Kind != stream.Envelope || g.came >= len(g.items) {
			return nil, ErrUnasked
		}
		raws, bytes = append(raws, fr.Raw), bytes+len(fr.Raw)
		g.came++
	}
	if bytes > 0 || g.came == 0 { // an end alone that is late was lost on its way
		c.window = window(c.window, g.promised, bytes, time.Since(begun))
	}
	return raws, nil
}

// window is what to ask for at once by what came of an answer, and how long that took. Less
// than half of what was promised, as sizes are rounded, does not show that more would fit.
func window(old, promised, bytes int, took time.Duration) int {
	switch {
	case took > windowTime: // what came shows what fits
		return max(min(old/2, int(int64(bytes)*int64(windowTime)/int64(took))), stream.SizeUnit)
	case took < windowTime/2 && 2*bytes >= promised:
		return min(2*old, batchBytes)
	}
	return old
}

// takeIn has what came of an answer judged and written. It returns as soon as that is under
// way and what came before is durable.
func (c *session) takeIn(ctx context.Context, p wire.Place, g *get, raws [][]byte) error {
	results, durable, err := c.s.cfg.Stock.Take(ctx, Given{By: c.p, Place: p, Asked: g.items, Raws: raws})
	if durable != nil {
		before := c.wait
		if c.wait = durable; before != nil && err == nil {
			err = before(ctx)
		}
	}
	ours := err != nil // the trouble
	bare, given := map[wire.ID]bool{}, map[wire.ID]bool{}
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
	if c.settle(g, given, bare, ours) && err == nil {
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

// settle notes what became of items that were asked for. It reports whether too much was
// asked for in vain.
func (c *session) settle(g *get, given, bare map[wire.ID]bool, ours bool) (vain bool) {
	var inVain []stream.Offered
	items, taken, broke := g.settled(given), 0, false
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
	c.s.cfg.Near.Settle(c.p, items, inVain, broke, c.s.cfg.Pool.Version(), time.Now())
	if c.vain += len(items); taken > 0 {
		c.vain = 0
		c.s.cfg.Near.Brought(c.p, time.Now())
		return false
	}
	return c.vain > vainRow
}

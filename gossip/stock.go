package gossip

import (
	"context"
	"iter"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/kreidfeuer/kreidfeuer/gossip/catchup"
	"github.com/kreidfeuer/kreidfeuer/gossip/ledger"
	"github.com/kreidfeuer/kreidfeuer/gossip/recon"
	"github.com/kreidfeuer/kreidfeuer/gossip/stream"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// stock is the router as catch-up sees it: what is held here, and the one way in.
type stock struct{ r *Router }

var _ catchup.Stock = stock{}

// Ask implements catchup.Stock.
func (k stock) Ask(p wire.Place) (*recon.Session, time.Time) { return k.begin(p, recon.Ask) }

// Answer implements catchup.Stock.
func (k stock) Answer(p wire.Place) (*recon.Session, time.Time) { return k.begin(p, recon.Answer) }

// begin notes the time under the lock: what is learned after it is not in the comparison.
func (k stock) begin(p wire.Place, side func(*recon.Set, recon.Limits) *recon.Session) (*recon.Session, time.Time) {
	r := k.r
	r.mu.Lock()
	defer r.mu.Unlock()
	return side(r.ledger.Set(p), r.limits(p.Domain)), time.Now()
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

// Compared implements catchup.Stock.
func (k stock) Compared(p peer.ID, place wire.Place, at time.Time, lacks []wire.Item) {
	k.r.compared(p, place, at, lacks)
}

// Known implements catchup.Stock.
func (k stock) Known(items []wire.Item) []*ledger.Entry {
	k.r.mu.Lock()
	defer k.r.mu.Unlock()
	list := make([]*ledger.Entry, 0, len(items))
	for _, it := range items {
		if e := k.r.ledger.Known(it.ID); e != nil { // else it is remembered and not here
			list = append(list, e)
		}
	}
	return list
}

// Lacks implements catchup.Stock.
func (k stock) Lacks(o *stream.Offered) bool {
	k.r.mu.Lock()
	defer k.r.mu.Unlock()
	return k.r.ledger.Wants(o.ID, o.Grade, k.r.limit)
}

// Give implements catchup.Stock.
func (k stock) Give(ctx context.Context, ids []wire.ID, chains bool) iter.Seq2[[]byte, error] {
	r := k.r
	return func(yield func([]byte, error) bool) {
		waited := false
		for _, id := range ids {
			raw, err := r.transmitted(ctx, id, chains)
			if _, known := r.Known(id); err != nil && known && !waited {
				waited = true // what gossip has just brought may be on its way to the disk
				if err := r.written(ctx); err != nil {
					yield(nil, err)
					return
				}
				raw, err = r.transmitted(ctx, id, chains)
			}
			if err != nil {
				raw = nil
			}
			if !yield(raw, nil) {
				return
			}
		}
	}
}

// laned are the lanes in the order in which they catch up: trust, then as the node
// registered them.
func laned(lanes []Lane) []wire.Lane {
	order := []wire.Lane{wire.LaneTrust}
	for _, l := range lanes {
		if l.Lane != wire.LaneTrust {
			order = append(order, l.Lane)
		}
	}
	return order
}

package gossip

import (
	"context"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// pending is a judged envelope on its way to the disk.
type pending struct {
	*judged
	done chan<- error // told once it is durable; nil if nobody waits
}

// offer queues a judged envelope without waiting. A full queue means "forget
// it": the ledger gives it up, and catch-up brings it again.
func (r *Router) offer(j *judged, done chan<- error) bool {
	select {
	case r.queue <- pending{j, done}:
		return true
	default:
		r.unremember(pending{judged: j})
		r.stats.busy.Add(1)
		return false
	}
}

// commit is the one writer: it groups what is queued, makes it durable with one
// call, then tells who waits. It ends when ctx does, after what was queued.
func (r *Router) commit(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			r.drain()
			return
		case first := <-r.queue:
			r.write(r.group(first))
		}
	}
}

// group takes what waits in the queue, up to commitGroup.
func (r *Router) group(first pending) []pending {
	batch := []pending{first}
	for len(batch) < commitGroup {
		select {
		case p := <-r.queue:
			batch = append(batch, p)
		default:
			return batch
		}
	}
	return batch
}

func (r *Router) drain() {
	for {
		select {
		case first := <-r.queue:
			r.write(r.group(first))
		default:
			return
		}
	}
}

// write stores a batch. If the store fails, the ledger gives the envelopes up:
// nothing counts as accepted that a restart would lose, so neighbours offer it
// again when there is room. What they contain is shown all the same: see OnUnsaved.
func (r *Router) write(batch []pending) {
	var records []Record
	var gone []wire.ID
	for _, p := range batch {
		records = append(records, p.records...)
		for _, e := range p.evicted {
			gone = append(gone, e.ID)
		}
	}
	// Not the context of Run: an envelope that was accepted is still written
	// when the device is told to stop.
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	err := r.store.Put(ctx, records, gone)
	if err != nil {
		r.log.Error("store envelopes", "count", len(records), "err", err)
		r.unremember(batch...)
		if r.cfg.OnUnsaved != nil {
			r.cfg.OnUnsaved(records, err)
		}
	}
	for _, p := range batch {
		if p.done != nil {
			p.done <- err
		}
	}
}

// unremember takes back what judge entered: whoever offers it again is heard, and
// what gave way to it is still in the store.
func (r *Router) unremember(batch ...pending) {
	r.memo.clear()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range batch {
		for _, e := range p.entries {
			r.ledger.remove(e)
			r.slots.release(e)
		}
		for _, e := range p.evicted {
			r.ledger.restore(e, r.limit)
		}
	}
}

// sweep removes what ended longer ago than the grace.
func (r *Router) sweep(ctx context.Context, now time.Time) {
	r.mu.Lock()
	ended := r.ledger.sweep(seconds(now.Add(-graceAfterExpiry)))
	r.mu.Unlock()
	if len(ended) == 0 {
		return
	}
	ids := make([]wire.ID, 0, len(ended))
	for _, e := range ended {
		ids = append(ids, e.ID)
	}
	if err := r.store.Put(ctx, nil, ids); err != nil {
		r.log.Error("delete ended envelopes", "count", len(ids), "err", err)
	}
}

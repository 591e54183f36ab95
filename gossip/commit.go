package gossip

import (
	"context"
	"errors"
	"fmt"
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
	again := time.NewTicker(retryEvery)
	defer again.Stop()
	for {
		select {
		case <-ctx.Done():
			r.drain()
			return
		case first := <-r.queue:
			r.write(r.group(first))
		case <-again.C:
			r.tryAgain()
		}
	}
}

// written waits until what was accepted before is on the disk, or held for it.
func (r *Router) written(ctx context.Context) error {
	done := make(chan error, 1)
	select {
	case r.queue <- pending{&judged{}, done}:
	case <-ctx.Done():
		return ctx.Err()
	}
	return awaitWritten(ctx, done)
}

// awaitWritten waits until what was queued is on the disk, or held for it.
func awaitWritten(ctx context.Context, done <-chan error) error {
	select {
	case err := <-done:
		if err != nil && !errors.Is(err, ErrUnsaved) {
			return err
		}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// group takes what waits in the queue, up to commitGroup records or little more.
func (r *Router) group(first pending) []pending {
	batch := []pending{first}
	for n := len(first.records); n < commitGroup; {
		select {
		case p := <-r.queue:
			batch = append(batch, p)
			n += len(p.records)
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
			r.tryAgain()
			return
		}
	}
}

// write stores a batch. What the store does not take is shown all the same, by
// its Put, and held in memory until it does.
func (r *Router) write(batch []pending) {
	r.writing.Lock()
	defer r.writing.Unlock()
	batch = r.withGrounds(batch)
	r.dropGone(batch)
	err := r.put(batch)
	if err != nil {
		r.log.Error("store envelopes", "batches", len(batch), "err", err)
		err = fmt.Errorf("%w: %w", ErrUnsaved, err)
	}
	for _, p := range batch {
		if p.done != nil {
			p.done <- err
		}
	}
	for _, p := range batch {
		r.announce(p.records)
	}
	if err != nil {
		r.hold(batch)
	} else {
		r.retry()
	}
}

// dropGone leaves out of a batch what has given way since it was judged, or was
// released: else the store would delete it first and keep it after.
func (r *Router) dropGone(batch []pending) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range batch {
		batch[i].judged = r.kept(batch[i].judged)
	}
}

// kept is what is still known of j, and not written as the grounds of something else. The
// caller holds r.mu.
func (r *Router) kept(j *judged) *judged {
	kept := &judged{gone: j.gone}
	for i, e := range j.entries {
		if r.ledger.Known(e.ID) == e && !e.Written {
			kept.entries, kept.records = append(kept.entries, e), append(kept.records, j.records[i])
		}
	}
	return kept
}

// tryAgain writes what is held.
func (r *Router) tryAgain() {
	r.writing.Lock()
	defer r.writing.Unlock()
	r.retry()
}

// unremember takes back what judge entered: whoever offers it again is heard, and
// what gave way to it is still in the store.
func (r *Router) unremember(batch ...pending) {
	r.memo.clear()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range batch {
		for _, e := range p.entries {
			r.ledger.Remove(e)
		}
		for _, e := range p.gone {
			r.ledger.Restore(e, r.limit)
		}
	}
}

// sweep removes what ended longer ago than the grace, by a clock without doubt:
// a device that believes itself ten years ahead must not throw everything away.
func (r *Router) sweep(ctx context.Context, now time.Time) {
	sure := map[wire.ID]bool{}
	for _, d := range r.pool.Domains() {
		sure[d] = !r.clock(d, now).Doubtful()
	}
	r.mu.Lock()
	ended, memos := r.ledger.Sweep(seconds(now.Add(-graceAfterExpiry)), func(domain wire.ID) bool { return sure[domain] })
	r.proofs.sweep(func(id wire.ID) bool { return r.ledger.Known(id) != nil })
	r.mu.Unlock()
	r.keepMemos(ctx, nil, memos)
	if len(ended) == 0 {
		return
	}
	ids := make([]wire.ID, 0, len(ended))
	for _, e := range ended {
		ids = append(ids, e.ID)
	}
	r.writing.Lock()
	defer r.writing.Unlock()
	if err := r.store.Put(ctx, nil, ids); err != nil {
		r.log.Error("delete ended envelopes", "count", len(ids), "err", err)
	}
}

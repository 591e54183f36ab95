package gossip

import (
	"context"
	"crypto/rand"
	"errors"

	"github.com/kreidfeuer/kreidfeuer/gossip/stream"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// result is what became of one envelope of a batch.
type result struct {
	id       wire.ID        // zero if it could not be read
	envelope *wire.Envelope // nil if it could not be read
	err      error
}

// takeAll ingests a batch: the signatures are verified together, then each envelope
// is judged as if it had come alone, and all are handed to the writer. It returns when the batch
// before this one is durable: so one is verified while the other is written, and a disk that is
// slow slows the neighbour down. The error is this device's own trouble.
func (c *session) takeAll(ctx context.Context, raws [][]byte, asked []stream.Offered, from origin) ([]result, error) {
	r, now := c.r, c.r.cfg.Now()
	results := make([]result, len(raws))
	wanted := make(map[wire.ID]bool, len(asked))
	for i := range asked {
		wanted[asked[i].ID] = true
	}
	envelopes := make([]*wire.Envelope, 0, len(raws))
	for i, raw := range raws {
		e, err := wire.Decode(raw)
		if err != nil {
			results[i].err = err
			r.strikeIf(c.p, err)
			continue
		}
		if results[i].id = e.ID(); !wanted[e.ID()] {
			results[i].err = errUnasked
			continue
		}
		envelopes = append(envelopes, e)
	}
	r.pool.Prefetch(envelopes, rand.Reader)
	var accepted []*judged
	judge := func(e *wire.Envelope, res *result) {
		j, err := r.judgeEnvelope(e, from, now)
		if res.err = err; err == nil {
			accepted = append(accepted, j)
		}
	}
	next := 0
	for i := range results {
		if results[i].err != nil {
			continue
		}
		results[i].envelope = envelopes[next]
		next++
		judge(results[i].envelope, &results[i])
	}
	// Of trust objects one may prove another that came before it.
	for progress := from.lane == wire.LaneTrust; progress; {
		progress = false
		for i := range results {
			if res := &results[i]; isReason(res.err, wire.ReasonUnknownIssuer) {
				judge(res.envelope, res)
				progress = progress || res.err == nil
			}
		}
	}
	for i := range results {
		if results[i].envelope != nil {
			r.strikeIf(c.p, results[i].err)
		}
	}
	return results, c.commit(ctx, accepted)
}

// commit queues accepted envelopes, to be written together, and waits for those of
// the batch before.
func (c *session) commit(ctx context.Context, accepted []*judged) error {
	if len(accepted) == 0 {
		return nil
	}
	all := &judged{}
	for _, j := range accepted {
		all.records, all.entries, all.gone = append(all.records, j.records...), append(all.entries, j.entries...), append(all.gone, j.gone...)
	}
	before, done := c.wait, make(chan error, 1)
	select {
	case c.r.queue <- pending{all, done}:
	case <-ctx.Done():
		c.r.unremember(pending{judged: all})
		return ctx.Err()
	}
	c.wait = done
	return awaitWritten(ctx, before)
}

// durable waits until everything taken in is on the disk, or held for it.
func (c *session) durable(ctx context.Context) error { return awaitWritten(ctx, c.wait) }

func awaitWritten(ctx context.Context, done <-chan error) error {
	if done == nil {
		return nil
	}
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

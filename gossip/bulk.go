package gossip

import (
	"context"
	"crypto/rand"

	"github.com/kreidfeuer/kreidfeuer/gossip/catchup"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Take ingests a batch: the signatures are verified together, then each envelope
// is judged as if it had come alone, and all are handed to the writer.
func (k stock) Take(ctx context.Context, g catchup.Given) ([]catchup.Result, func(context.Context) error, error) {
	r, now := k.r, k.r.cfg.Now()
	from := origin{peer: string(g.By), means: MeansCatchUp, lane: g.Place.Lane, domain: g.Place.Domain, asked: true}
	results := make([]catchup.Result, len(g.Raws))
	all := make([]*wire.Envelope, len(g.Raws)) // nil: it could not be read, or was not asked for
	wanted := make(map[wire.ID]bool, len(g.Asked))
	for i := range g.Asked {
		wanted[g.Asked[i].ID] = true
	}
	envelopes := make([]*wire.Envelope, 0, len(g.Raws))
	for i, raw := range g.Raws {
		e, err := wire.Decode(raw)
		if err != nil {
			results[i].Err = err
			r.strikeIf(g.By, err)
			continue
		}
		if results[i].ID = e.ID(); !wanted[e.ID()] {
			results[i].Err = catchup.ErrUnasked
			continue
		}
		all[i], envelopes = e, append(envelopes, e)
	}
	r.pool.Prefetch(envelopes, rand.Reader)
	var accepted []*judged
	judge := func(i int) {
		j, err := r.judgeEnvelope(all[i], from, now)
		if results[i].Err = err; err == nil {
			accepted = append(accepted, j)
		}
	}
	for i, e := range all {
		if e != nil {
			judge(i)
		}
	}
	// Of trust objects one may prove another that came before it.
	for progress := from.lane == wire.LaneTrust; progress; {
		progress = false
		for i := range results {
			if isReason(results[i].Err, wire.ReasonUnknownIssuer) {
				judge(i)
				progress = progress || results[i].Err == nil
			}
		}
	}
	for i, e := range all {
		if e != nil {
			r.strikeIf(g.By, results[i].Err)
		}
	}
	durable, err := r.enqueue(ctx, accepted)
	return results, durable, err
}

// enqueue queues accepted envelopes, to be written together, and returns how to wait for that.
func (r *Router) enqueue(ctx context.Context, accepted []*judged) (durable func(context.Context) error, err error) {
	if len(accepted) == 0 {
		return nil, nil
	}
	all := &judged{}
	for _, j := range accepted {
		all.records, all.entries, all.gone = append(all.records, j.records...), append(all.entries, j.entries...), append(all.gone, j.gone...)
	}
	done := make(chan error, 1)
	select {
	case r.queue <- pending{all, done}:
	case <-ctx.Done():
		r.unremember(pending{judged: all})
		return nil, ctx.Err()
	}
	return func(ctx context.Context) error { return awaitWritten(ctx, done) }, nil
}

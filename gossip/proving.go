package gossip

import (
	"bytes"
	"context"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// isProvable reports whether certificates that are not known here may change a
// refusal: of the issuer, of a signer, or of who vouches for one.
func isProvable(err error) bool {
	return isReason(err, wire.ReasonUnknownIssuer) || isReason(err, wire.ReasonRevoked)
}

// awaitProof holds what gossip brought if its chain would prove it.
func (r *Router) awaitProof(raw []byte, from origin, why error) {
	if from.lane == wire.LaneTrust || !isProvable(why) {
		return
	}
	e, err := wire.Decode(bytes.Clone(raw))
	if err != nil || len(e.Chain) > 0 { // what a chain does not prove is left to catch-up
		return
	}
	now := time.Now()
	b := &bare{id: wire.MessageID(raw), raw: bytes.Clone(raw), envelope: e, from: from, since: now, askAt: now, sources: []peer.ID{peer.ID(from.peer)}}
	for _, p := range r.unproven.hold(b) {
		r.near.Again(p, time.Now())
	}
	r.unproven.look()
}

// seekProof looks after what is unproven until ctx ends.
func (r *Router) seekProof(ctx context.Context) {
	next, around := time.NewTimer(time.Hour), time.Time{}
	defer next.Stop()
	defer r.unproven.asking.Wait()
	for {
		select {
		case <-ctx.Done():
			return
		case <-r.unproven.wake:
		case <-next.C:
		}
		now := time.Now()
		left := r.stillUnproven(ctx, now)
		if r.askForProof(ctx, left, now) && now.Sub(around) >= proofAround {
			around = now
			r.askAround()
		}
		at := now.Add(time.Hour)
		if r.unproven.sweep(now) {
			at = now.Add(unprovenTime)
		}
		for _, b := range left {
			for _, t := range []time.Time{b.askAt, b.since.Add(unprovenTime)} {
				if t.After(now) && t.Before(at) {
					at = t
				}
			}
		}
		if pause(ctx, proofPause); ctx.Err() != nil {
			return
		}
		next.Reset(time.Until(at))
	}
}

// stillUnproven settles what can be settled and returns the rest.
func (r *Router) stillUnproven(ctx context.Context, now time.Time) (left []*bare) {
	passed := map[wire.ID]bool{} // to the mesh, and with all parts
	for _, b := range r.unproven.list() {
		if r.judgeAgain(ctx, b, passed) || now.Sub(b.since) >= unprovenTime {
			r.unproven.drop(b)
		} else {
			left = append(left, b)
		}
	}
	return left
}

// judgeAgain judges an envelope if trust has changed or it is known by now, and reports
// whether that settles it. Whoever leaves out some parts makes many forms of one envelope: of
// those that bring nothing new here the first is passed on, and the first with all parts.
func (r *Router) judgeAgain(ctx context.Context, b *bare, passed map[wire.ID]bool) bool {
	version := r.pool.Version()
	if _, known := r.Known(b.envelope.ID()); b.version == version && !known {
		return false
	}
	b.version = version
	from := b.from
	from.asked = true // it was counted when it came
	_, _, err := r.take(ctx, b.raw, from, false)
	if isReason(err, wire.ReasonSeen) {
		if whole, done := passed[b.envelope.ID()]; done && (whole || missingPart(b.envelope)) {
			return true
		}
		err = r.vouch(b.envelope)
	}
	p := peer.ID(from.peer)
	switch {
	case err == nil:
		r.stats.accepted.Add(1)
		passed[b.envelope.ID()] = !missingPart(b.envelope)
		r.passOn(ctx, b)
	case isProvable(err):
		return false
	case isReason(err, wire.ReasonBusy):
		r.near.Again(p, time.Now())
	default:
		r.strikeIf(p, err)
	}
	return true
}

// vouch judges the bytes of an envelope that is known by other bytes: passing on a
// damaged copy would be this device's fault.
func (r *Router) vouch(e *wire.Envelope) error {
	v, err := r.pool.Verify(e)
	if err != nil {
		return err
	}
	if level, known := r.Known(e.ID()); !known || levelOf(e, v) < level {
		return wire.Refuse(wire.ReasonSeen, "envelope %s is known at level %d", e.ID().Short(), level)
	}
	_, err = r.lanes[e.Header.Lane].Check(e, v)
	return err
}

// proven marks a message that was ignored when it came from a neighbour, and is accepted now.
type proven struct{ from peer.ID }

// passOn sends the mesh what was ignored when it came: gossipsub takes the same bytes
// once more if they are published here.
func (r *Router) passOn(ctx context.Context, b *bare) {
	r.topicMu.Lock()
	t := r.topics[wire.Topic(b.from.domain, b.from.lane)]
	r.topicMu.Unlock()
	if t == nil {
		return
	}
	if err := t.topic.Publish(ctx, b.raw, pubsub.WithValidatorData(proven{peer.ID(b.from.peer)})); err != nil {
		r.log.Debug("pass on what was unproven", "id", b.envelope.ID(), "err", err)
	}
}

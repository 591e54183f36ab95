package gossip

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/kreidfeuer/kreidfeuer/gossip/stream"
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
		for _, b := range left {
			for _, t := range []time.Time{b.askAt, b.since.Add(unprovenTime)} {
				if t.After(now) && t.Before(at) {
					at = t
				}
			}
		}
		if sleep(ctx, proofPause) != nil {
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

// passOn sends the mesh what was ignored when it came: gossipsub sends the same bytes
// once more if they are published here.
func (r *Router) passOn(ctx context.Context, b *bare) {
	r.topicMu.Lock()
	t := r.topics[wire.Topic(b.from.domain, b.from.lane)]
	r.topicMu.Unlock()
	if t == nil {
		return
	}
	if err := t.topic.Publish(ctx, b.raw); err != nil {
		r.log.Debug("pass on what was unproven", "id", b.envelope.ID(), "err", err)
	}
}

// askForProof asks those who have some envelopes for the whole of them. It reports
// whether there is one that nobody proves who is known to have it.
func (r *Router) askForProof(ctx context.Context, list []*bare, now time.Time) (unanswered bool) {
	requests := map[request][]*bare{}
	for _, b := range list {
		sources := r.unproven.sourcesOf(b)
		due := !now.Before(b.askAt) || b.asked > 0 && !r.unproven.isAsked(sources[b.asked-1])
		switch {
		case b.asked < len(sources) && (due || b.compared):
			q := request{sources[b.asked], wire.Place{Domain: b.from.domain, Lane: b.from.lane}}
			requests[q] = append(requests[q], b)
		case now.Before(b.askAt):
		case !b.compared:
			b.compared, b.askAt = true, now.Add(proofPatience)
			for _, p := range sources {
				r.near.Again(p, time.Now())
			}
		default:
			unanswered, b.askAt = true, now.Add(proofAround)
		}
	}
	for q, bares := range requests {
		if r.unproven.isAsked(q.of) || !r.peers.Prove(string(q.of), now) {
			for _, b := range bares {
				b.askAt = now.Add(proofPatience / 4)
				if now.Sub(b.since) >= proofPatience {
					b.asked++ // another one, or a comparison: it may be busy for as long as it likes
				}
			}
			continue
		}
		list := make([]stream.Offered, 0, len(bares))
		for _, b := range bares {
			b.asked, b.askAt = b.asked+1, now.Add(proofPatience)
			list = append(list, wholeOf(b.envelope))
		}
		r.askWhole(ctx, q, list)
	}
	return unanswered
}

// request is what a neighbour is asked for at once.
type request struct {
	of    peer.ID
	place wire.Place
}

// askWhole asks a neighbour for envelopes with their chains, by a session of their own:
// another one may be busy for minutes.
func (r *Router) askWhole(ctx context.Context, q request, list []stream.Offered) {
	r.unproven.ask(q.of, func() {
		ctx, cancel := context.WithTimeout(ctx, unprovenTime)
		defer cancel()
		_, err := r.converseAs(ctx, q.of, func(c *session) error {
			if err := c.f.Write(c.r.hello()); err != nil { // it leaves with the request
				return err
			}
			c.early, c.aside = true, true // for nothing else
			if err := c.pull(ctx, q.place, list, true); err != nil {
				return err
			}
			return errors.Join(c.durable(ctx), c.f.Send(stream.Frame{Kind: stream.End}))
		})
		if err != nil && ctx.Err() == nil {
			r.log.Debug("ask for what proves an envelope", "peer", q.of, "err", err)
		}
	})
}

// wholeOf describes an envelope at the highest grade that it can have.
func wholeOf(e *wire.Envelope) stream.Offered {
	return stream.Describe(e.ID(), wire.Level(2*len(e.Signers)+1), uint64(e.StoredSize()))
}

// askAround compares with some neighbour, a little earlier than in turn.
func (r *Router) askAround() {
	if peers := r.host.Network().Peers(); len(peers) > 0 {
		r.near.InTurn(peers[rand.IntN(len(peers))], time.Now())
	}
}

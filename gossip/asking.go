package gossip

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/kreidfeuer/kreidfeuer/gossip/stream"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Who is asked for the proof of an envelope may be mute, and Sybils are the first to have it
// if they like. So nobody is waited for long, further ones are asked meanwhile, and whether one
// was first counts for nothing: every second one is chosen by chance, the others by what they
// did before and whether this device dialled them, which Sybils cannot arrange alone.
//
// Only who sent or announced an envelope is asked for it, once. So inventions
// cause sessions with those alone who claim to have them.
const (
	// proofPatience is how long nobody else is asked for an envelope, and how long one who is
	// asked counts as asked: four trips there and back, at least what a busy device
	// takes, at most what keeps a warning from waiting.
	proofPatience     = 500 * time.Millisecond
	proofPatienceMost = time.Second

	// proofAtOnce is how many are asked at once for one envelope after that.
	proofAtOnce = 3

	// proofAsks bounds those asked for one envelope: what a chain does not prove here is not
	// proven by that of others.
	proofAsks = 32

	// proofCompared bounds those compared with when nobody who was asked proves it.
	proofCompared = 8
)

// asked is a neighbour that was asked for an envelope, and until when it counts.
type asked struct {
	of    peer.ID
	until time.Time
}

// request is what a neighbour is asked for at once.
type request struct {
	of    peer.ID
	place wire.Place
}

// asking is a round of asking for what is unproven.
type asking struct {
	r        *Router
	now      time.Time
	requests map[request][]*bare
	chosen   map[peer.ID]*wire.Place // whom for what; nil: who cannot be asked now
}

// askForProof asks those who have some envelopes for the whole of them. It reports
// whether there is one that nobody proves who is known to have it.
func (r *Router) askForProof(ctx context.Context, list []*bare, now time.Time) (unanswered bool) {
	a := &asking{r: r, now: now, requests: map[request][]*bare{}, chosen: map[peer.ID]*wire.Place{}}
	for _, b := range list {
		sources := r.unproven.sourcesOf(b)
		switch waits := a.ask(b, sources); {
		case waits || now.Before(b.since.Add(proofPatience)):
		case b.around.IsZero():
			b.around = now.Add(proofPatienceMost)
			rand.Shuffle(len(sources), func(i, j int) { sources[i], sources[j] = sources[j], sources[i] })
			for _, p := range sources[:min(len(sources), proofCompared)] {
				r.near.Again(p, a.now)
			}
		case !now.Before(b.around):
			unanswered, b.around = true, now.Add(proofAround)
		}
	}
	for q, bares := range a.requests {
		list := make([]stream.Offered, 0, len(bares))
		for _, b := range bares {
			list = append(list, wholeOf(b.envelope))
		}
		r.askWhole(ctx, q, list)
	}
	return unanswered
}

// ask chooses who is asked for an envelope now, if anybody, and says when to look again. It
// reports whether somebody is waited for.
func (a *asking) ask(b *bare, sources []peer.ID) (waits bool) {
	r, waiting, most := a.r, 0, 1
	b.askAt = a.now.Add(proofPatience) // there may be somebody by then who was busy
	if more := b.since.Add(proofPatience); a.now.Before(more) {
		b.askAt = more
	} else {
		most = proofAtOnce
	}
	for _, s := range b.asks {
		if s.until.After(a.now) && r.unproven.isAsked(s.of) {
			waiting, b.askAt = waiting+1, earliest(b.askAt, s.until)
		}
	}
	left := slices.DeleteFunc(sources, func(p peer.ID) bool {
		return slices.ContainsFunc(b.asks, func(s asked) bool { return s.of == p })
	})
	for ; waiting < most && len(b.asks) < proofAsks; waiting++ {
		p, ok := a.choose(left, wire.Place{Domain: b.from.domain, Lane: b.from.lane}, len(b.asks)%2 == 1)
		if !ok {
			break
		}
		left = slices.DeleteFunc(left, func(q peer.ID) bool { return q == p })
		s := asked{p, a.now.Add(r.patience(p))}
		b.asks, b.askAt = append(b.asks, s), earliest(b.askAt, s.until)
		q := request{p, *a.chosen[p]}
		a.requests[q] = append(a.requests[q], b)
	}
	return waiting > 0
}

// choose chooses one to be asked about a place, by chance or the best, of those who can be
// asked now.
func (a *asking) choose(left []peer.ID, place wire.Place, chance bool) (peer.ID, bool) {
	rand.Shuffle(len(left), func(i, j int) { left[i], left[j] = left[j], left[i] })
	if !chance {
		slices.SortStableFunc(left, func(p, q peer.ID) int { return cmp.Compare(a.r.provenness(q), a.r.provenness(p)) })
	}
	for _, p := range left {
		if a.may(p, place) {
			return p, true
		}
	}
	return "", false
}

// may reports whether a neighbour can be asked about a place in this round.
func (a *asking) may(p peer.ID, place wire.Place) bool {
	chosen, known := a.chosen[p]
	if !known {
		if a.r.host.Network().Connectedness(p) != network.NotConnected && !a.r.unproven.isAsked(p) && a.r.peers.Prove(string(p), a.now) {
			chosen = &place
		}
		a.chosen[p] = chosen
	}
	return chosen != nil && *chosen == place
}

// provenness ranks neighbours by what they did when they were last asked, and then by who
// dialled whom.
func (r *Router) provenness(p peer.ID) int {
	rank := 2 * r.peers.Proven(string(p))
	if slices.ContainsFunc(r.host.Network().ConnsToPeer(p), func(c network.Conn) bool { return c.Stat().Direction == network.DirOutbound }) {
		rank++
	}
	return rank
}

// patience is how long one that is asked counts as asked.
func (r *Router) patience(p peer.ID) time.Duration {
	return min(max(4*r.trip(p), proofPatience), proofPatienceMost)
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// askWhole asks a neighbour for envelopes with their chains, by a session of their own:
// another one may be busy for minutes.
func (r *Router) askWhole(ctx context.Context, q request, list []stream.Offered) {
	r.unproven.ask(q.of, func() {
		ctx, cancel := context.WithTimeout(ctx, unprovenTime)
		defer cancel()
		got, err := r.sessions.Fetch(ctx, q.of, q.place, list)
		unknown := slices.ContainsFunc(list, func(o stream.Offered) bool { _, known := r.Known(o.ID); return !known })
		if got > 0 || err != nil || unknown { // else another one was quicker
			r.peers.DidProve(string(q.of), got > 0, time.Now())
		}
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

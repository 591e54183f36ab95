package gossip

import (
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/kreidfeuer/kreidfeuer/gossip/catchup"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Nine tenths of a gossiped warning are the certificates that prove it, which the
// trust lane has usually brought everybody before. They are left out where that can
// be expected, and sent along in doubt: bytes are cheap, a warning that waits for its
// proof is not.
//
// Who publishes leaves the chain out if, for each object of it,
//   - it is kept here, so that comparisons tell neighbours of it;
//   - it has been known here for chainSettles, or since before this start: gossip and
//     catch-up have carried it on since;
//   - every neighbour that carries the domain or hears the topic has compared the trust
//     lane with us since we learned it, and so has been offered it if it lacked it;
//   - nobody was found to lack it within chainReaches: who did may stand for a village
//     that was cut off, which it tells now.
//
// All is left out or nothing, and a publisher without neighbours, who can judge
// nobody, leaves out nothing. Trust objects always keep their chain, and catch-up leaves it
// out as before, because it brings the trust lane first.
//
// Neighbours that were not told when a warning was published are compared with a little
// later, so that the next one can go without.
//
// What a device does that lacks a certificate of what it receives stands in unproven.go.

const (
	// chainSettles is how long after a certificate came the chain goes along: what the
	// trust lane brings hop by hop is through a large mesh in seconds, over slow links in one or two minutes.
	chainSettles = 2 * time.Minute

	// chainReaches is how long after a neighbour was told of a certificate that it
	// lacked the chain goes along: what it takes to tell those behind it, some
	// dozen hops of half a second, and a few slow ones.
	chainReaches = 30 * time.Second

	// chainTells is when neighbours that were not told are compared with: once the warning
	// has left the link.
	chainTells = 10 * time.Second
)

// proof is what a publisher knows of one object of a chain.
type proof struct {
	kept    bool      // here, in the trust lane
	learned time.Time // zero: before this start
	lacked  time.Time // when a neighbour that was told of it for the first time lacked it; zero: none did
}

// isExpected reports whether neighbours, who were last told what we know at the given
// times (zero: not yet), and the mesh behind them can be expected to have all of a chain.
func isExpected(chain []proof, told []time.Time, now time.Time) bool {
	if len(told) == 0 {
		return false
	}
	for _, o := range chain {
		if !o.kept || !o.learned.IsZero() && now.Sub(o.learned) < chainSettles || !o.lacked.IsZero() && now.Sub(o.lacked) < chainReaches {
			return false
		}
		if slices.ContainsFunc(told, func(t time.Time) bool { return !t.After(o.learned) }) {
			return false
		}
	}
	return true
}

// proofs remember since when certificates and root versions are known that came since
// the start, and when neighbours lacked one.
type proofs struct {
	mu  sync.Mutex
	all map[wire.ID]proof
}

func newProofs() *proofs { return &proofs{all: map[wire.ID]proof{}} }

func (p *proofs) of(id wire.ID) proof {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.all[id]
}

// learn notes that an object is new here.
func (p *proofs) learn(id wire.ID, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	o := p.all[id]
	o.learned = now
	p.all[id] = o
}

// lack notes that a neighbour lacked some objects, which it was told of before, if at all, at
// the given time. Who was told of one before and lacks it still has had its chance.
func (p *proofs) lack(ids []wire.ID, before, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, id := range ids {
		if o := p.all[id]; !before.After(o.learned) {
			o.lacked = now
			p.all[id] = o
		}
	}
}

// sweep forgets what is not kept any more.
func (p *proofs) sweep(kept func(wire.ID) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	maps.DeleteFunc(p.all, func(id wire.ID, _ proof) bool { return !kept(id) })
}

// isProof reports whether chains carry objects of a type.
func isProof(t wire.Type) bool { return t == wire.TypeRoot || t == wire.TypeCertificate }

// leavesOut decides whether an envelope is published without its chain, to the mesh of
// a topic that the given peers hear.
func (r *Router) leavesOut(e *wire.Envelope, hear []peer.ID) bool {
	if e.Header.Lane == wire.LaneTrust {
		return false
	}
	var chain []proof
	for _, raw := range r.pool.ChainFor(e) {
		o, err := wire.Decode(raw)
		if err != nil {
			return false
		}
		_, kept := r.Known(o.ID())
		known := r.proofs.of(o.ID()) // in this order: who enters it notes both at once
		known.kept = kept
		chain = append(chain, known)
	}
	told := r.near.ToldOf(e.Domain(), hear)
	if isExpected(chain, slices.Collect(maps.Values(told)), time.Now()) {
		return true
	}
	r.tellLater(told, chain)
	return false
}

// compared notes that a comparison of a place which began at a time has told a
// neighbour of what it lacks.
func (r *Router) compared(p peer.ID, place wire.Place, begun time.Time, lacks []wire.Item) {
	if place.Lane != wire.LaneTrust {
		return
	}
	var proofs []wire.ID
	r.mu.Lock()
	for _, it := range lacks {
		if e := r.ledger.Known(it.ID); e != nil && isProof(e.Kind) {
			proofs = append(proofs, it.ID)
		}
	}
	r.mu.Unlock()
	before := r.near.Told(p, place.Domain, begun)
	r.proofs.lack(proofs, before, time.Now())
}

// tellLater has those compared with that were not told of all objects of a chain.
func (r *Router) tellLater(told map[peer.ID]time.Time, chain []proof) {
	for p, at := range told {
		if slices.ContainsFunc(chain, func(o proof) bool { return !at.After(o.learned) }) {
			r.near.Later(p, catchup.Jitter(chainTells), time.Now())
		}
	}
}

package gossip

import (
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/ledger"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// A certificate proves others from the moment it is judged, and is written a little
// later: on the way to the disk a warning may overtake what it rests on. A power cut in between
// left a warning that was told and that nobody could prove after the restart, so that the device
// was silent about it until a neighbour brought the rest. So nothing is written before its grounds.

// withGrounds puts before a batch the trust objects that it rests on and that are neither
// in it nor in the store. The caller holds r.writing.
func (r *Router) withGrounds(batch []pending) []pending {
	r.mu.Lock()
	defer r.mu.Unlock()
	here := map[wire.ID]bool{}
	for _, p := range batch {
		for _, e := range p.entries {
			here[e.ID] = true
		}
	}
	first := &judged{}
	for _, p := range batch {
		for i := range p.records {
			r.addGrounds(first, &p.records[i], here)
		}
	}
	if len(first.records) == 0 {
		return batch
	}
	return append([]pending{{judged: first}}, batch...)
}

// addGrounds appends to j what a record rests on and is not here. The caller holds r.mu.
func (r *Router) addGrounds(j *judged, rec *Record, here map[wire.ID]bool) {
	if r.standsAlone(rec.Envelope, here) {
		return
	}
	for _, raw := range r.pool.ChainFor(rec.Envelope) {
		e, err := wire.Decode(raw)
		if err != nil || here[e.ID()] || r.isWritten(e.ID()) {
			continue
		}
		n, level := r.ledger.Known(e.ID()), levelOf(e, identity.Verified{})
		if n == nil { // it was judged this moment
			var gone []*ledger.Entry
			n = r.entryOf(e, level, nil)
			if gone, err = r.charge(n); err != nil {
				continue // used and not kept
			}
			j.gone = append(j.gone, gone...)
			r.proofs.learn(n.ID, time.Now())
		}
		if n.Level != level {
			continue // the pool has another form of it
		}
		e.Chain, e.Parts = nil, nil
		here[n.ID] = true
		j.entries = append(j.entries, n)
		j.records = append(j.records, Record{Envelope: e, Level: level, Author: n.Author, Received: rec.Received, Means: rec.Means, From: rec.From})
	}
}

// standsAlone reports whether all that e names is here or written: then so is what that
// rests on in turn. The caller holds r.mu.
func (r *Router) standsAlone(e *wire.Envelope, here map[wire.ID]bool) bool {
	holds := func(id wire.ID) bool { return here[id] || r.isWritten(id) }
	if e.Header.Issuer != nil && !holds(*e.Header.Issuer) {
		return false
	}
	for i := range e.Signers {
		if id, ok := e.Signers[i].Ref.Certificate(); ok && !holds(id) {
			return false
		}
	}
	return true
}

// isWritten reports whether the store has an envelope. The caller holds r.mu.
func (r *Router) isWritten(id wire.ID) bool {
	e := r.ledger.Known(id)
	return e != nil && e.Written
}

// noteWritten notes that the store has a batch.
func (r *Router) noteWritten(batch []pending) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, p := range batch {
		for _, e := range p.entries {
			e.Written = true
		}
	}
}

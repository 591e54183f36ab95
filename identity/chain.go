package identity

import (
	"errors"
	"slices"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// maxProof bounds the objects looked at to prove one envelope: the known ones
// of long-lived units may be more than a chain carries.
const maxProof = 8 * wire.MaxChain

// AddChain adds e's chain and returns what was new, for storing. It stops at
// the first object that fails, so at most one signature fails; one that is held
// with other signatures does not fail because those it brings do not suffice here. An object that is
// not on the path of a signer or of the issuing unit is ReasonUnprotected: else
// the chain would carry anything past the quotas.
func (p *Pool) AddChain(e *wire.Envelope) (added []*wire.Envelope, err error) {
	if len(e.Chain) == 0 {
		return nil, nil
	}
	version, key := p.Version(), proofKey(e)
	if p.proven.has(version, key, e.Chain) {
		return nil, nil
	}
	links, err := p.readChain(e)
	if err != nil {
		return nil, err
	}
	p.proven.add(version, key, links)
	for _, l := range slices.Backward(links) { // root versions before a pinned one are known by their hash, latest first
		if !l.known && l.env.Header.Type == wire.TypeRoot && p.isBefore(l.env) {
			if _, changed, err := p.add(l.env); err == nil && changed {
				added = append(added, l.env.Stored())
			}
		}
	}
	for _, l := range links {
		if l.known || p.isBefore(l.env) {
			continue
		}
		_, changed, err := p.add(l.env)
		if err != nil {
			if isIgnored(err) && p.holds(l.id) {
				continue // with other signatures, which suffice here
			}
			return added, err
		}
		if changed {
			added = append(added, l.env.Stored())
		}
	}
	return added, nil
}

func isIgnored(err error) bool {
	var r *wire.Refusal
	return errors.As(err, &r) && r.Reason.Verdict() == wire.Ignore
}

func (p *Pool) holds(certificate wire.ID) bool {
	_, ok := p.Certificate(certificate)
	return ok
}

// link is one object of a chain.
type link struct {
	id    wire.ID
	env   *wire.Envelope
	known bool   // held, certificates with exactly these signatures
	raw   string // of a known certificate, as held
}

// readChain decodes what is not known and holds every object on the path.
func (p *Pool) readChain(e *wire.Envelope) ([]link, error) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	d, err := p.domainOf(e)
	if err != nil {
		return nil, err
	}
	links := make([]link, len(e.Chain))
	for i, b := range e.Chain {
		l := &links[i]
		if l.id, l.known = d.raw[string(b)]; l.known {
			l.env, l.raw = d.certs[l.id].env, d.certs[l.id].raw
		} else if l.env, err = decodeLink(b, d.id); err != nil {
			return nil, err
		}
		l.id = l.env.ID()
		if _, ok := d.roots.find(l.id); ok {
			l.known = true
		}
		if slices.ContainsFunc(links[:i], func(o link) bool { return o.id == l.id }) {
			return nil, wire.Refuse(wire.ReasonUnprotected, "chain object %d is there twice", i)
		}
	}
	return links, d.onPath(e, links)
}

func decodeLink(b []byte, domain wire.ID) (*wire.Envelope, error) {
	e, err := wire.Decode(b)
	if err != nil {
		return nil, err
	}
	if t := e.Header.Type; t != wire.TypeRoot && t != wire.TypeCertificate || e.Domain() != domain || len(e.Chain) > 0 {
		return nil, wire.Refuse(wire.ReasonUnprotected, "a chain holds certificates and root versions of the envelope's domain, not a %s of %s", t, e.Domain().Short())
	}
	return e, nil
}

// onPath walks from e down what it rests on and refuses links it does not meet.
func (d *domain) onPath(e *wire.Envelope, links []link) error {
	missing, met := len(links), make([]bool, len(links))
	seen := map[wire.ID]bool{}
	next := RestsOn(e, nil)
	for len(next) > 0 && missing > 0 && len(seen) < maxProof {
		id := next[len(next)-1]
		next = next[:len(next)-1]
		if seen[id] {
			continue
		}
		seen[id] = true
		if i := slices.IndexFunc(links, func(l link) bool { return l.id == id }); i >= 0 {
			met[i] = true
			missing--
			next = RestsOn(links[i].env, next)
		} else if env := d.envelope(id); env != nil {
			next = RestsOn(env, next)
		}
	}
	if missing > 0 {
		return wire.Refuse(wire.ReasonUnprotected, "chain object %d is on the path of no signer", slices.Index(met, false))
	}
	return nil
}

// RestsOn appends what an envelope names as its proof: its issuer, and its signers' certificates.
func RestsOn(e *wire.Envelope, ids []wire.ID) []wire.ID {
	if e.Header.Issuer != nil {
		ids = append(ids, *e.Header.Issuer)
	}
	for i := range e.Signers {
		if id, ok := e.Signers[i].Ref.Certificate(); ok {
			ids = append(ids, id)
		}
	}
	return ids
}

// envelope returns a certificate or a root version in the line.
func (d *domain) envelope(id wire.ID) *wire.Envelope {
	if h, ok := d.certs[id]; ok {
		return h.env
	}
	if f, ok := d.roots.find(id); ok {
		return f.env
	}
	return nil
}

// isBefore reports whether e is a root version older than the oldest known one.
func (p *Pool) isBefore(e *wire.Envelope) bool {
	p.mu.RLock()
	defer p.mu.RUnlock()
	d, err := p.domainOf(e)
	return err == nil && e.Header.Type == wire.TypeRoot && e.Header.Sequence < d.roots.line[0].Version
}

// ChainFor returns the encoded certificates and root versions that prove e, in
// the canonical order: each after what it rests on, issuers before signers. The
// genesis is left out: whoever trusts the domain has it, or a later version. Of
// more than [wire.MaxChain] the first are left to sync. The slices must not be
// modified.
func (p *Pool) ChainFor(e *wire.Envelope) [][]byte {
	p.mu.RLock()
	defer p.mu.RUnlock()
	d, err := p.domainOf(e)
	if err != nil {
		return nil
	}
	w := proof{domain: d, seen: map[wire.ID]bool{}}
	for _, id := range RestsOn(e, nil) {
		w.visit(id)
	}
	if extra := len(w.chain) - wire.MaxChain; extra > 0 {
		return w.chain[extra:]
	}
	return w.chain
}

type proof struct {
	domain *domain
	seen   map[wire.ID]bool
	chain  [][]byte
}

func (w *proof) visit(id wire.ID) {
	if w.seen[id] || len(w.seen) >= maxProof {
		return
	}
	w.seen[id] = true
	raw := ""
	if h, ok := w.domain.certs[id]; ok {
		raw = h.raw
	} else if f, ok := w.domain.roots.find(id); ok && f.passOn && f.Version > 1 {
		raw = f.raw
	}
	if raw == "" {
		return
	}
	for _, next := range RestsOn(w.domain.envelope(id), nil) {
		w.visit(next)
	}
	w.chain = append(w.chain, []byte(raw))
}

package identity

import (
	"slices"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// panel is who signs an envelope, as far as it can be known without verifying
// a signature: the issuing unit or root, and a seat for each signer.
type panel struct {
	root   *Root // issuer, if it is the root
	unit   *held // issuer, if it is a unit
	needed int
	seats  []seat
}

// seat is one signer.
type seat struct {
	held      *held // nil: a root key
	key       PublicKey
	unitKey   bool
	withdrawn bool // by a revocation that does not spare the envelope
	unfit     bool // may not sign this certificate; see judgeCertificate
}

// fromAbove is the strength of persons certified by the level above their unit:
// they count towards any number of needed signatures.
const fromAbove = wire.MaxSigners

// convene resolves the issuer and the signers of an envelope.
func (d *domain) convene(e *wire.Envelope) (panel, error) {
	if e.Header.Authority == "" {
		return d.conveneRoot(e)
	}
	h := &e.Header
	unit, ok := d.certs[h.IssuerID()]
	if !ok {
		return panel{}, wire.Refuse(wire.ReasonUnknownIssuer, "certificate %s of unit %q", h.IssuerID().Short(), h.Authority)
	}
	if unit.cert.Kind != KindUnit || unit.cert.Authority != h.Authority {
		return panel{}, wire.Refuse(wire.ReasonBadSigner, "authority %q under the certificate of %q", h.Authority, unit.cert.Authority)
	}
	if err := d.current(unit.cert, h.Created); err != nil {
		return panel{}, err
	}
	if err := d.closed(unit.cert, h.Created); err != nil {
		return panel{}, err
	}
	p := panel{unit: unit, needed: int(unit.cert.Scope.Needed), seats: make([]seat, len(e.Signers))}
	for i := range e.Signers {
		if err := d.seat(&p, &p.seats[i], e, &e.Signers[i]); err != nil {
			return panel{}, err
		}
	}
	return p, nil
}

// conveneRoot resolves an envelope of the root itself: every signer is one of
// that version's keys.
func (d *domain) conveneRoot(e *wire.Envelope) (panel, error) {
	root, err := d.roots.counts(e.Header.IssuerID())
	if err != nil {
		return panel{}, err
	}
	if created := e.Header.Created; created < root.Created || created >= root.Expires {
		return panel{}, wire.Refuse(wire.ReasonCertExpired, "created outside root version %d", root.Version)
	}
	p := panel{root: root, needed: int(root.Threshold), seats: make([]seat, len(e.Signers))}
	for i, s := range e.Signers {
		key, ok := rootKey(s)
		if !ok || !has(root.Keys, key) {
			return panel{}, wire.Refuse(wire.ReasonBadSigner, "signature %d is not by a key of root version %d", i+1, root.Version)
		}
		p.seats[i].key = key
	}
	return p, nil
}

// seat resolves one signer of a unit: the unit's key, or one of its persons.
func (d *domain) seat(p *panel, s *seat, e *wire.Envelope, signer *wire.Signer) error {
	id, ok := signer.Ref.Certificate()
	if !ok {
		return wire.Refuse(wire.ReasonBadSigner, "a signer of %q is a key without certificate", e.Header.Authority)
	}
	if s.held, ok = d.certs[id]; !ok {
		return wire.Refuse(wire.ReasonUnknownIssuer, "certificate %s of a signer of %q", id.Short(), e.Header.Authority)
	}
	c := s.held.cert
	s.key, s.unitKey = c.Key, s.held == p.unit
	if !s.unitKey && (c.Kind == KindUnit || c.Authority != e.Header.Authority) {
		return wire.Refuse(wire.ReasonBadSigner, "%s %q of %q signs for %q", c.Kind, c.Person, c.Authority, e.Header.Authority)
	}
	if s.unitKey && signer.Role == wire.RoleEmergency {
		return wire.Refuse(wire.ReasonBadSigner, "a unit key signs in an emergency role")
	}
	if err := d.current(c, e.Header.Created); err != nil {
		return err
	}
	s.withdrawn = d.withdraws(c, e)
	return nil
}

// current holds that a certificate is valid at a time.
func (d *domain) current(c *Certificate, t uint64) error {
	if !c.ValidAt(t) {
		return wire.Refuse(wire.ReasonCertExpired, "created %d outside the validity of %s, %d to %d", t, c.ID.Short(), c.Created, c.Expires)
	}
	return nil
}

// votes reports whether the seat counts where k persons are needed.
func (s *seat) votes(k int) bool {
	return s.held != nil && !s.unitKey && !s.withdrawn && !s.unfit && (k <= 1 || s.held.strength >= k)
}

// sameHuman reports whether two seats must not count twice: certificates of one
// person, or one key under two names.
func (s *seat) sameHuman(o *seat) bool {
	return s.key == o.key || s.held.cert.subject() == o.held.cert.subject()
}

// count is the number of distinct persons who count where k are needed.
func (p *panel) count(k int) int {
	n := 0
next:
	for i := range p.seats {
		if !p.seats[i].votes(k) {
			continue
		}
		for j := range i {
			if p.seats[j].votes(k) && p.seats[i].sameHuman(&p.seats[j]) {
				continue next
			}
		}
		n++
	}
	return n
}

// verify verifies every signature and stops at the first that fails.
func (p *panel) verify(e *wire.Envelope, genuine *signatures) error {
	for i := range p.seats {
		if err := genuine.verify(e, i, p.seats[i].key); err != nil {
			return err
		}
	}
	return nil
}

// short explains why a quorum is missed in the way that is fair to the sender:
// too few signatures could be seen, a withdrawal or a missing vouching could not.
func (p *panel) short(have, want int) error {
	for i := range p.seats {
		if s := &p.seats[i]; s.withdrawn {
			return wire.Refuse(wire.ReasonRevoked, "%d of %d needed signatures count, one is withdrawn", have, want)
		}
	}
	if len(p.seats) < want {
		return wire.Refuse(wire.ReasonBadQuorum, "%d of %d needed signatures", len(p.seats), want)
	}
	able := slices.DeleteFunc(slices.Clone(p.seats), func(s seat) bool { return s.unitKey || s.unfit })
	if len(able) < want { // whoever else has signed, nobody's vouching could make them enough
		return wire.Refuse(wire.ReasonBadQuorum, "%d of %d needed signatures count: the unit's key, or a signer without the right to delegate, does not", have, want)
	}
	return wire.Refuse(wire.ReasonUnknownIssuer, "%d of %d needed signatures count: %d persons of the unit must vouch for a signer", have, want, want)
}

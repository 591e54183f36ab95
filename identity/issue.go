package identity

import (
	"fmt"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// NewCertificate makes an unsigned certificate and refuses what verification
// would refuse whoever signs. Of c's Origin, the ID and By are filled in; a zero
// Issuer is the adopted root version. Then add signatures with [Pool.Sign];
// [Pool.Verify] says whether they suffice.
func (p *Pool) NewCertificate(c Certificate) (*wire.Envelope, error) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	d, ok := p.domains[c.Domain]
	if !ok {
		return nil, wire.Refuse(wire.ReasonUnknownDomain, "domain %s is not pinned", c.Domain.Short())
	}
	if c.Issuer.IsZero() {
		c.Issuer = d.roots.adopted().ID
	}
	issuer, certified := d.certs[c.Issuer]
	c.By = ""
	if certified {
		c.By = issuer.cert.Authority
	}
	e, err := newTrustObject(c.header(wire.TypeCertificate), &c.Subject)
	if err != nil {
		return nil, err
	}
	made, err := ParseCertificate(e)
	if err != nil {
		return nil, err
	}
	return e, d.couldIssue(made, e)
}

// couldIssue judges all but the signers.
func (d *domain) couldIssue(c *Certificate, e *wire.Envelope) error {
	p, err := d.convene(e)
	switch {
	case err != nil:
		return err
	case p.root != nil && c.Expires > p.root.Expires:
		return p.judgeByRoot(c)
	case p.root != nil:
		return nil
	case p.unit.cert.Scope.Depth == 0:
		return wire.Refuse(wire.ReasonNotContain, "%q may not certify anybody: its depth is 0", c.By)
	}
	return c.within(p.unit.cert)
}

// Sign adds key's signature to a certificate, revocation list, beacon or
// station, as author if it is the first. ref names the signer: its certificate
// or, for root keys, the key. It refuses signers who cannot sign there, and keys
// that are not ref's.
func (p *Pool) Sign(e *wire.Envelope, ref wire.Ref, key PrivateKey) (*wire.Envelope, error) {
	role := wire.RoleApprover
	if len(e.Signers) == 0 || e.Author().Ref == ref {
		role = wire.RoleAuthor
	}
	o, err := parse(e)
	if err != nil {
		return nil, err
	}
	if o.cert == nil && o.slot == nil {
		return nil, fmt.Errorf("sign %s: not an object this signs", e.Header.Type)
	}
	signed := key.Sign(e, ref, role)
	p.mu.RLock()
	defer p.mu.RUnlock()
	d, err := p.domainOf(e)
	if err != nil {
		return nil, err
	}
	if err := d.maySign(o, signed, ref, key.Public()); err != nil {
		return nil, fmt.Errorf("sign %s: %w", e.Header.Type, err)
	}
	return signed, nil
}

// maySign holds that ref's seat is fit, whatever is still missing.
func (d *domain) maySign(o object, e *wire.Envelope, ref wire.Ref, key PublicKey) error {
	p, err := d.convene(e)
	if err != nil {
		return err
	}
	for i, s := range p.seats {
		if e.Signers[i].Ref != ref {
			continue
		}
		switch {
		case s.key != key:
			return wire.Refuse(wire.ReasonBadSigner, "the private key is %s, the signer's is %s", key, s.key)
		case s.withdrawn:
			return wire.Refuse(wire.ReasonRevoked, "the signer's key is withdrawn")
		case o.cert != nil && s.held != nil && !s.unitKey && !s.held.cert.mayCertify(o.cert):
			return wire.Refuse(wire.ReasonNotContain, "the signer may not delegate this: depth or scope do not cover it")
		case o.cert != nil && s.unitKey && p.needed > 1 && o.cert.By != o.cert.Authority:
			return wire.Refuse(wire.ReasonBadQuorum, "%q needs %d persons to sign this, its unit key does not count", o.cert.By, p.needed)
		case o.slot != nil && len(p.seats) == 1 && p.root == nil:
			return p.judgeSlot(o.slot)
		}
	}
	return nil
}

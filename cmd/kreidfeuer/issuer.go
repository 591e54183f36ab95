package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// issuing is the unit or root that signs, and what is known around it.
type issuing struct {
	pool   *identity.Pool
	domain wire.ID
	issuer wire.ID
	cert   *identity.Certificate // nil: the root
	root   *identity.Root        // nil: a unit
}

// openIssuer reads --issuer and takes it into the pool of --trust. A root there
// is trusted for this command: whoever signs with its keys knows it.
func openIssuer(e *shell.Env, c *cli.Context) (*issuing, error) {
	name := c.String("issuer")
	if name == "" {
		return nil, exit.Errorf(exit.Usage, "who issues?").Hintf("--issuer FILE with the issuing unit's certificate, or the root")
	}
	es, err := readObjectFile(e, name)
	if err != nil {
		return nil, err
	}
	pool, err := openTrust(e, c)
	if err != nil {
		return nil, err
	}
	last := es[len(es)-1]
	i := &issuing{pool: pool, domain: last.Domain(), issuer: last.ID()}
	switch last.Header.Type {
	case wire.TypeRoot:
		if _, known := pool.Status(i.domain); !known {
			if err := pool.Pin(last, last.ID().String()); err != nil {
				return nil, trustFailure(fmt.Errorf("%s: %w", shell.InputName(name), err))
			}
		} else if err := admit(pool, last, name); err != nil {
			return nil, err
		}
		status, _ := pool.Status(i.domain)
		i.root, i.issuer = status.Adopted, status.Adopted.ID
	case wire.TypeCertificate:
		for _, o := range es {
			if err := admit(pool, o, name); err != nil {
				return nil, err
			}
		}
		i.cert, _ = pool.Certificate(last.ID())
		if i.cert == nil || i.cert.Kind != identity.KindUnit {
			return nil, exit.Errorf(exit.Trust, "%s is the certificate of a person; units issue certificates", shell.InputName(name)).
				Hintf("--issuer names the unit's certificate, --key the keys of its officers")
		}
	default:
		return nil, exit.Errorf(exit.Usage, "%s holds a %s, want a unit's certificate or a root", shell.InputName(name), last.Header.Type)
	}
	return i, nil
}

func (i *issuing) expires() uint64 {
	if i.root != nil {
		return i.root.Expires
	}
	return i.cert.Expires
}

// authority is the path of the unit; empty: the root.
func (i *issuing) authority() string {
	if i.root != nil {
		return ""
	}
	return i.cert.Authority
}

// origin is the envelope around a trust object that the unit or root issues.
func (i *issuing) origin(seq uint64, prev *wire.ID, created, expires uint64) identity.Origin {
	return identity.Origin{Domain: i.domain, Issuer: i.issuer, By: i.authority(), Sequence: seq, Previous: prev,
		Created: created, Expires: expires}
}

// signerRef finds by what right a key signs for a unit: as root key, as the
// unit's own key, or by the person's certificate that lasts longest.
func (i *issuing) signerRef(s *signer, at uint64) (wire.Ref, error) {
	public := s.key.Public()
	if i.root != nil {
		for _, k := range i.root.Keys {
			if k == public {
				return public.Ref(), nil
			}
		}
		return wire.Ref{}, exit.Errorf(exit.Trust, "%s is no key of root version %d", s.path, i.root.Version)
	}
	if i.cert.Key == public {
		return i.cert.Ref(), nil
	}
	return personRef(i.pool, i.cert, s, at)
}

// personRef finds the certificate of a unit's officer for a key.
func personRef(pool *identity.Pool, unit *identity.Certificate, s *signer, at uint64) (wire.Ref, error) {
	var best *identity.Certificate
	status, _ := pool.Status(unit.Domain)
	for _, held := range status.Certificates {
		c := held.Certificate
		if c.Key == s.key.Public() && c.Kind != identity.KindUnit && c.Authority == unit.Authority && c.ValidAt(at) &&
			(best == nil || c.Expires > best.Expires) {
			best = c
		}
	}
	if best == nil {
		return wire.Ref{}, exit.Errorf(exit.Trust, "no certificate of %s for %q is known here, or none is valid now", s.path, unit.Authority).
			Hintf("add the officer's certificate, or a bundle with it, with --trust FILE")
	}
	return best.Ref(), nil
}

// issuerOf finds the issuer of an object that is not finished yet; the object's
// chain is taken in.
func issuerOf(pool *identity.Pool, o *wire.Envelope) (*issuing, error) {
	if _, err := pool.AddChain(o); err != nil {
		return nil, trustFailure(err)
	}
	i := &issuing{pool: pool, domain: o.Domain(), issuer: o.Header.IssuerID()}
	if o.Header.Authority == "" {
		status, ok := pool.Status(i.domain)
		if ok && status.Adopted.ID == i.issuer {
			i.root = status.Adopted
			return i, nil
		}
	} else if cert, ok := pool.Certificate(i.issuer); ok {
		i.cert = cert
		return i, nil
	}
	return nil, trustFailure(wire.Refuse(wire.ReasonUnknownIssuer, "the issuer %s is not known here", i.issuer.Short()))
}

package trust

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/armor"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/keyfile"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// Issuing is the unit or root that signs, and what is known around it.
type Issuing struct {
	Pool   *identity.Pool
	Domain wire.ID
	Issuer wire.ID
	Cert   *identity.Certificate // nil: the root
	Root   *identity.Root        // nil: a unit
}

// OpenIssuer reads --issuer and takes it into the pool of --trust. A root there
// is trusted for this command: whoever signs with its keys knows it.
func OpenIssuer(e *shell.Env, c *cli.Context) (*Issuing, error) {
	name := c.String("issuer")
	if name == "" {
		return nil, exit.Errorf(exit.Usage, "who issues?").Hintf("--issuer FILE with the issuing unit's certificate, or the root")
	}
	es, err := armor.ReadFile(e, name)
	if err != nil {
		return nil, err
	}
	pool, err := Open(e, c)
	if err != nil {
		return nil, err
	}
	last := es[len(es)-1]
	i := &Issuing{Pool: pool, Domain: last.Domain(), Issuer: last.ID()}
	switch last.Header.Type {
	case wire.TypeRoot:
		if _, known := pool.Status(i.Domain); !known {
			if err := pool.Pin(last, last.ID().String()); err != nil {
				return nil, Failure(fmt.Errorf("%s: %w", shell.InputName(name), err))
			}
		} else if err := Admit(pool, last, name); err != nil {
			return nil, err
		}
		status, _ := pool.Status(i.Domain)
		i.Root, i.Issuer = status.Adopted, status.Adopted.ID
	case wire.TypeCertificate:
		for _, o := range es {
			if err := Admit(pool, o, name); err != nil {
				return nil, err
			}
		}
		i.Cert, _ = pool.Certificate(last.ID())
		if i.Cert == nil || i.Cert.Kind != identity.KindUnit {
			return nil, exit.Errorf(exit.Trust, "%s is the certificate of a person; units issue certificates", shell.InputName(name)).
				Hintf("--issuer names the unit's certificate, --key the keys of its officers")
		}
	default:
		return nil, exit.Errorf(exit.Usage, "%s holds a %s, want a unit's certificate or a root", shell.InputName(name), last.Header.Type)
	}
	return i, nil
}

// Expires is when what it signs by ends, in seconds UTC.
func (i *Issuing) Expires() uint64 {
	if i.Root != nil {
		return i.Root.Expires
	}
	return i.Cert.Expires
}

// Authority is the path of the unit; empty: the root.
func (i *Issuing) Authority() string {
	if i.Root != nil {
		return ""
	}
	return i.Cert.Authority
}

// Origin is the envelope around a trust object that the unit or root issues.
func (i *Issuing) Origin(seq uint64, prev *wire.ID, created, expires uint64) identity.Origin {
	return identity.Origin{Domain: i.Domain, Issuer: i.Issuer, By: i.Authority(), Sequence: seq, Previous: prev,
		Created: created, Expires: expires}
}

// SignerRef finds by what right a key signs for a unit: as root key, as the
// unit's own key, or by the person's certificate that lasts longest.
func (i *Issuing) SignerRef(s *keyfile.Signer, at uint64) (wire.Ref, error) {
	public := s.Key.Public()
	if i.Root != nil {
		for _, k := range i.Root.Keys {
			if k == public {
				return public.Ref(), nil
			}
		}
		return wire.Ref{}, exit.Errorf(exit.Trust, "%s is no key of root version %d", s.Path, i.Root.Version)
	}
	if i.Cert.Key == public {
		return i.Cert.Ref(), nil
	}
	return personRef(i.Pool, i.Cert, s, at)
}

// personRef finds the certificate of a unit's officer for a key.
func personRef(pool *identity.Pool, unit *identity.Certificate, s *keyfile.Signer, at uint64) (wire.Ref, error) {
	var best *identity.Certificate
	status, _ := pool.Status(unit.Domain)
	for _, held := range status.Certificates {
		c := held.Certificate
		if c.Key == s.Key.Public() && c.Kind != identity.KindUnit && c.Authority == unit.Authority && c.ValidAt(at) &&
			(best == nil || c.Expires > best.Expires) {
			best = c
		}
	}
	if best == nil {
		return wire.Ref{}, exit.Errorf(exit.Trust, "no certificate of %s for %q is known here, or none is valid now", s.Path, unit.Authority).
			Hintf("add the officer's certificate, or a bundle with it, with --trust FILE")
	}
	return best.Ref(), nil
}

// IssuerOf finds the issuer of an object that is not finished yet; the object's
// chain is taken in.
func IssuerOf(pool *identity.Pool, o *wire.Envelope) (*Issuing, error) {
	if _, err := pool.AddChain(o); err != nil {
		return nil, Failure(err)
	}
	i := &Issuing{Pool: pool, Domain: o.Domain(), Issuer: o.Header.IssuerID()}
	if o.Header.Authority == "" {
		status, ok := pool.Status(i.Domain)
		if ok && status.Adopted.ID == i.Issuer {
			i.Root = status.Adopted
			return i, nil
		}
	} else if cert, ok := pool.Certificate(i.Issuer); ok {
		i.Cert = cert
		return i, nil
	}
	return nil, Failure(wire.Refuse(wire.ReasonUnknownIssuer, "the issuer %s is not known here", i.Issuer.Short()))
}

package main

import (
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

func certGrantCommand(e *env) *cli.Command {
	return document(&cli.Command{
		Name:      "grant",
		Usage:     "turn a request into a certificate",
		ArgsUsage: "REQUEST",
		Description: "The issuer is the unit above the subject, or the subject's own unit for its persons;\n" +
			"its officers sign with their keys, or the root's holders for units directly below the\n" +
			"root. Where several must sign, each --key adds one; those who are elsewhere add theirs\n" +
			"with cert sign. The certificate permits what the issuer may, as far as no flag asks for\n" +
			"less; nothing can exceed the issuer.\n\n" +
			"Before you sign, compare the request's key with its holder by telephone.\n\n" +
			"Examples:\n" +
			"  kreidfeuer cert grant rp.request.pem --issuer root.pem --area Rheinland-Pfalz --key root-1.key --key root-2.key\n" +
			"  kreidfeuer cert grant lst.request.pem --issuer kreis.pem --area \"ARS 07131\" --key weber.key --key braun.key",
		Flags: append(append(passphraseFlags(),
			&cli.StringFlag{Name: "issuer", Usage: "the issuing unit's certificate, or the root, in `FILE`"},
			&cli.StringSliceFlag{Name: "key", Usage: "sign with the key in `FILE`; may be repeated, the first is the author"},
			trustFlag(),
			&cli.StringFlag{Name: "valid", Usage: "for `TIME`: 90d, 1y", DefaultText: "1y, or until the issuer's end"},
			&cli.StringFlag{Name: "out", Aliases: []string{"o"}, Usage: "write the certificate to `FILE`", DefaultText: "standard output"},
		), scopeFlags()...),
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 1, 1, "the request's file"); err != nil {
				return err
			}
			return e.grantCert(c, c.Args().First())
		},
	}, exitOK, exitUsage, exitTrust, exitSystem, exitAborted)
}

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
func (e *env) openIssuer(c *cli.Context) (*issuing, error) {
	name := c.String("issuer")
	if name == "" {
		return nil, failf(exitUsage, "who issues?").hintf("--issuer FILE with the issuing unit's certificate, or the root")
	}
	es, err := e.readObjectFile(name)
	if err != nil {
		return nil, err
	}
	pool, err := e.openTrust(c)
	if err != nil {
		return nil, err
	}
	last := es[len(es)-1]
	i := &issuing{pool: pool, domain: last.Domain(), issuer: last.ID()}
	switch last.Header.Type {
	case wire.TypeRoot:
		if _, known := pool.Status(i.domain); !known {
			if err := pool.Pin(last, last.ID().String()); err != nil {
				return nil, trustFailure(fmt.Errorf("%s: %w", inputName(name), err))
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
			return nil, failf(exitTrust, "%s is the certificate of a person; units issue certificates", inputName(name)).
				hintf("--issuer names the unit's certificate, --key the keys of its officers")
		}
	default:
		return nil, failf(exitUsage, "%s holds a %s, want a unit's certificate or a root", inputName(name), last.Header.Type)
	}
	return i, nil
}

func (i *issuing) expires() uint64 {
	if i.root != nil {
		return i.root.Expires
	}
	return i.cert.Expires
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
		return wire.Ref{}, failf(exitTrust, "%s is no key of root version %d", s.path, i.root.Version)
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
		return wire.Ref{}, failf(exitTrust, "no certificate of %s for %q is known here, or none is valid now", s.path, unit.Authority).
			hintf("add the officer's certificate, or a bundle with it, with --trust FILE")
	}
	return best.Ref(), nil
}

func (e *env) grantCert(c *cli.Context, name string) error {
	data, err := e.readInput(name)
	if err != nil {
		return err
	}
	req, err := parseRequest(data)
	if err != nil {
		return failf(exitUsage, "%s is no request: %w", inputName(name), err)
	}
	if err := req.check(); err != nil {
		return failf(exitUsage, "%s: %w", inputName(name), err)
	}
	i, err := e.openIssuer(c)
	if err != nil {
		return err
	}
	spec := identity.Certificate{Subject: req.subject()}
	if spec.Scope, err = grantedScope(c, i.cert, req.Kind, req.Authority); err != nil {
		return err
	}
	spec.Domain, spec.Issuer, spec.Created = i.domain, i.issuer, e.unix()
	if spec.Expires, err = grantedEnd(c, i, spec.Created); err != nil {
		return err
	}
	e.notef("unit     %s\nperson   %s\nname     %s\nkey      %s\npermits  %s", req.Authority, req.Person, req.Name, req.Key, spec.Scope.String())
	signers, err := e.openKeys(c, identity.PurposeRoot, identity.PurposeUnit, identity.PurposePerson)
	if err != nil {
		return err
	}
	if len(signers) == 0 {
		return failf(exitUsage, "no key to sign with").hintf("--key FILE")
	}
	cert, err := e.authorTrust(c, i, signers, func(_ *signerState, seq uint64, prev *wire.ID) (*wire.Envelope, error) {
		spec.Sequence, spec.Previous = seq, prev
		return i.pool.NewCertificate(spec)
	})
	if err != nil {
		return err
	}
	return e.finishTrust(c, i.pool, cert, c.String("out"))
}

func grantedEnd(c *cli.Context, i *issuing, created uint64) (uint64, error) {
	if !c.IsSet("valid") {
		return min(created+365*24*3600, i.expires()), nil
	}
	end, err := validity(c.String("valid"), created)
	if err == nil && end > i.expires() {
		err = failf(exitTrust, "--valid %s ends %s, the issuer's own validity %s", c.String("valid"), stamp(end), stamp(i.expires())).
			hintf("ask for less, or renew the issuer's certificate first")
	}
	return end, err
}

// authorTrust makes an object of lane trust and has all signers sign it. The
// first is the author, whose chain it continues.
func (e *env) authorTrust(c *cli.Context, i *issuing, signers []*signer, build func(*signerState, uint64, *wire.ID) (*wire.Envelope, error)) (*wire.Envelope, error) {
	author := signers[0]
	known, err := e.knownHead(c, i.domain, author.key.Public(), wire.LaneTrust)
	if err != nil {
		return nil, err
	}
	return author.author(wire.LaneTrust, known, func(st *signerState, seq uint64, prev *wire.ID) (*wire.Envelope, error) {
		o, err := build(st, seq, prev)
		if err != nil {
			return nil, trustFailure(err)
		}
		for _, s := range signers {
			ref, err := i.signerRef(s, o.Header.Created)
			if err != nil {
				return nil, err
			}
			if o, err = i.pool.Sign(o, ref, s.key); err != nil {
				return nil, trustFailure(fmt.Errorf("%s: %w", s.path, err))
			}
		}
		return o, nil
	})
}

// knownHead asks the running device for the end of a key's chain.
func (e *env) knownHead(c *cli.Context, domain wire.ID, key identity.PublicKey, lane wire.Lane) (identity.Head, error) {
	dev, err := e.connected(c)
	if err != nil || dev == nil {
		return identity.Head{}, err
	}
	return dev.Head(c.Context, domain, key, lane)
}

// finishTrust writes a signed object with its chain and says whether it is
// complete. One that lacks signatures is written too: others add theirs.
func (e *env) finishTrust(c *cli.Context, pool *identity.Pool, o *wire.Envelope, out string) error {
	_, err := pool.Verify(o)
	short := errors.Is(err, &wire.Refusal{Reason: wire.ReasonBadQuorum})
	if err != nil && !short {
		return trustFailure(err)
	}
	o.Chain = pool.ChainFor(o)
	b, err := armor(o)
	if err != nil {
		return err
	}
	if err := e.writeOutput(out, b); err != nil {
		return err
	}
	what := o.Header.Type.String()
	if short {
		e.notef("The %s is NOT finished: further persons must sign it with kreidfeuer cert sign. It has %d signatures.", what, len(o.Signers))
	} else {
		e.notef("The %s is complete: %s", what, identity.Fingerprint(o.ID()))
	}
	return nil
}

func certSignCommand(e *env) *cli.Command {
	return document(&cli.Command{
		Name:      "sign",
		Usage:     "add an officer's signature to a certificate or revocation list",
		ArgsUsage: "FILE",
		Description: "Prints what is signed before it asks for the passphrase. The file is replaced by the\n" +
			"one with the signature added, unless --out names another.",
		Flags: append(passphraseFlags(),
			&cli.StringSliceFlag{Name: "key", Usage: "sign with the key in `FILE`; may be repeated"},
			trustFlag(),
			&cli.StringFlag{Name: "out", Aliases: []string{"o"}, Usage: "write to `FILE`", DefaultText: "the file itself"},
		),
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 1, 1, "the certificate's file"); err != nil {
				return err
			}
			return e.cosign(c, c.Args().First())
		},
	}, exitOK, exitUsage, exitTrust, exitSystem, exitAborted)
}

func (e *env) cosign(c *cli.Context, name string) error {
	if len(c.StringSlice("key")) == 0 {
		return failf(exitUsage, "no key to sign with").hintf("--key FILE")
	}
	es, err := e.readObjectFile(name)
	if err != nil {
		return err
	}
	o := es[0]
	if t := o.Header.Type; len(es) != 1 || t != wire.TypeCertificate && t != wire.TypeRevocation {
		return failf(exitUsage, "%s holds %s, want one certificate or revocation list", inputName(name), contents(es)).
			hintf("kreidfeuer root sign signs roots")
	}
	pool, err := e.openTrust(c)
	if err != nil {
		return err
	}
	i, err := issuerOf(pool, o)
	if err != nil {
		return err
	}
	if err := e.printObject(e.stderr, pool, o); err != nil {
		return err
	}
	signers, err := e.openKeys(c, identity.PurposeRoot, identity.PurposeUnit, identity.PurposePerson)
	if err != nil {
		return err
	}
	for _, s := range signers {
		ref, err := i.signerRef(s, o.Header.Created)
		if err != nil {
			return err
		}
		if o, err = pool.Sign(o, ref, s.key); err != nil {
			return trustFailure(fmt.Errorf("%s: %w", s.path, err))
		}
	}
	out := c.String("out")
	if out == "" {
		out = name
	}
	return e.finishTrust(c, pool, o, out)
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

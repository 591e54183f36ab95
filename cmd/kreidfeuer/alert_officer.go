package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/armor"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/device"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/keyfile"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/trust"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert/compose"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/client"
)

// officer is a person about to sign alerts: the certificates that give the
// right, found by the public half of the key. The key itself is opened last,
// after the person has seen what is signed.
type officer struct {
	env  *shell.Env
	c    *cli.Context
	pool *identity.Pool
	dev  *client.Client // nil: no device runs here
	key  string         // file
	cert *identity.Certificate
	unit *identity.Certificate
}

// openOfficer finds who signs with --key, and by what right.
func openOfficer(e *shell.Env, c *cli.Context) (*officer, error) {
	o := &officer{env: e, c: c, key: c.String("key")}
	if o.key == "" {
		return nil, exit.Errorf(exit.Usage, "no key to sign with").Hintf("--key FILE names the officer's key; it is never kept by the device")
	}
	data, err := e.ReadInput(o.key)
	if err != nil {
		return nil, err
	}
	header, err := identity.ReadKeyHeader(data)
	if err != nil {
		return nil, exit.Errorf(exit.Usage, "%s: %w", o.key, err)
	}
	if header.Purpose != identity.PurposePerson {
		return nil, exit.Errorf(exit.Trust, "%s is a %s key; warnings are signed by officers", o.key, header.Purpose).
			Hintf("kreidfeuer cert request --person makes an officer's key")
	}
	if o.pool, err = trust.Open(e, c); err != nil {
		return nil, err
	}
	if o.dev, err = device.Running(e, c); err != nil {
		return nil, err
	}
	if err := o.findCertificate(header.Public, c.String("cert")); err != nil {
		return nil, err
	}
	return o, o.findUnit()
}

// findCertificate takes the certificate that is named, or else the key's that
// lasts longest: of this device's pins, or of the running device.
func (o *officer) findCertificate(key identity.PublicKey, name string) error {
	if name != "" {
		return o.namedCertificate(key, name)
	}
	find := func(c *identity.Certificate) bool { return c.Key == key && c.Kind == identity.KindPerson }
	if o.cert = o.latest(find); o.cert == nil {
		if err := o.learn("", func(c apitype.Certificate) bool { return c.Key == key.String() }); err != nil {
			return err
		}
		o.cert = o.latest(find)
	}
	if o.cert == nil {
		return exit.Errorf(exit.Trust, "no certificate of %s is known here that is valid at %s", o.key, shell.Stamp(o.env.Unix())).
			Hintf("kreidfeuer cert import takes it in, or name it with --cert FILE; is this machine's clock right?")
	}
	return nil
}

func (o *officer) namedCertificate(key identity.PublicKey, name string) error {
	id, err := wire.ParseID(name)
	if err == nil {
		if err := o.learn("", func(c apitype.Certificate) bool { return c.ID == name }); err != nil {
			return err
		}
	} else {
		file, err := armor.Read(o.env, name, wire.TypeCertificate)
		if err != nil {
			return err
		}
		if err := trust.Admit(o.pool, file, name); err != nil {
			return err
		}
		id = file.ID()
	}
	cert, ok := o.pool.Certificate(id)
	switch {
	case !ok:
		return exit.Errorf(exit.Trust, "certificate %s is not known here", id.Short()).Hintf("name its file with --cert FILE")
	case cert.Key != key || cert.Kind != identity.KindPerson:
		return exit.Errorf(exit.Trust, "certificate %s is not that of the officer's key %s", id.Short(), o.key)
	}
	o.cert = cert
	return nil
}

// findUnit takes the unit's certificate that lasts longest.
func (o *officer) findUnit() error {
	find := func(c *identity.Certificate) bool {
		return c.Kind == identity.KindUnit && c.Authority == o.cert.Authority && c.Domain == o.cert.Domain
	}
	if o.unit = o.latest(find); o.unit == nil {
		if err := o.learn(o.cert.Authority, func(c apitype.Certificate) bool { return c.Kind == identity.KindUnit.String() }); err != nil {
			return err
		}
		o.unit = o.latest(find)
	}
	if o.unit == nil {
		return exit.Errorf(exit.Trust, "no certificate of the unit %q is known here that is valid at %s", o.cert.Authority, shell.Stamp(o.env.Unix())).
			Hintf("kreidfeuer cert import takes it in")
	}
	return nil
}

// latest is the certificate that lasts longest among those valid now.
func (o *officer) latest(match func(*identity.Certificate) bool) *identity.Certificate {
	var best *identity.Certificate
	for _, domain := range o.pool.Domains() {
		status, _ := o.pool.Status(domain)
		for _, held := range status.Certificates {
			c := held.Certificate
			if match(c) && c.ValidAt(o.env.Unix()) && held.Revocation == nil && (best == nil || c.Expires > best.Expires) {
				best = c
			}
		}
	}
	return best
}

// learn takes over certificates that the running device knows, with their chains.
func (o *officer) learn(authority string, want func(apitype.Certificate) bool) error {
	if o.dev == nil {
		return nil
	}
	for c, err := range o.dev.Certificates(o.c.Context, apitype.TrustFilter{Authority: authority}) {
		if err != nil {
			return device.Error(err)
		}
		if !want(c) {
			continue
		}
		if err := o.fetch(o.c.Context, c.ID); err != nil {
			return err
		}
	}
	return nil
}

func (o *officer) fetch(ctx context.Context, id string) error {
	b, err := o.dev.Envelope(ctx, id)
	if errors.Is(err, apitype.ErrNotFound) {
		return nil // what was pinned from files is not in the store
	}
	if err != nil {
		return device.Error(err)
	}
	object, err := wire.Decode(b)
	if err != nil {
		return fmt.Errorf("read the device's certificate %s: %w", id, err)
	}
	return trust.Admit(o.pool, object, id)
}

// author is the officer's unit as the author of an alert written now.
func (o *officer) author() compose.Author {
	return compose.Author{Domain: o.unit.Domain, Authority: o.unit.Authority, Name: o.unit.Name,
		Now: o.env.Unix(), Offset: o.env.Offset()}
}

// open asks for the passphrase. What the file claimed of itself must hold.
func (o *officer) open() (*keyfile.Signer, error) {
	s, err := keyfile.Open(o.env, keyfile.PassphrasesOf(o.env, o.c), o.key, identity.PurposePerson)
	if err != nil {
		return nil, err
	}
	if s.Key.Public() != o.cert.Key {
		return nil, exit.Errorf(exit.Trust, "%s is not the key of certificate %s", o.key, o.cert.ID.Short())
	}
	return s, nil
}

// is reports whether the officer is the same person as another certificate's.
func (o *officer) is(c *identity.Certificate) bool {
	return c.Authority == o.cert.Authority && c.Person == o.cert.Person && c.Domain == o.cert.Domain
}

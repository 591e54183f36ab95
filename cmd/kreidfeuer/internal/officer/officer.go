// Package officer finds by what right a person signs warnings, and signs and sends them.
package officer

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

// Officer is a person about to sign alerts: the certificates that give the
// right, found by the public half of the key. The key itself is opened last,
// after the person has seen what is signed.
type Officer struct {
	Env  *shell.Env
	C    *cli.Context
	Pool *identity.Pool
	Dev  *client.Client // nil: no device runs here
	key  string         // file
	Cert *identity.Certificate
	Unit *identity.Certificate
}

// Open finds who signs with --key, and by what right.
func Open(e *shell.Env, c *cli.Context) (*Officer, error) {
	o := &Officer{Env: e, C: c, key: c.String("key")}
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
	if o.Pool, err = trust.Open(e, c); err != nil {
		return nil, err
	}
	if o.Dev, err = device.Running(e, c); err != nil {
		return nil, err
	}
	if err := o.findCertificate(header.Public, c.String("cert")); err != nil {
		return nil, err
	}
	return o, o.findUnit()
}

// findCertificate takes the certificate that is named, or else the key's that
// lasts longest: of this device's pins, or of the running device.
func (o *Officer) findCertificate(key identity.PublicKey, name string) error {
	if name != "" {
		return o.namedCertificate(key, name)
	}
	find := func(c *identity.Certificate) bool { return c.Key == key && c.Kind == identity.KindPerson }
	if o.Cert = o.Latest(find); o.Cert == nil {
		if err := o.Learn("", func(c apitype.Certificate) bool { return c.Key == key.String() }); err != nil {
			return err
		}
		o.Cert = o.Latest(find)
	}
	if o.Cert == nil {
		return exit.Errorf(exit.Trust, "no certificate of %s is known here that is valid at %s", o.key, shell.Stamp(o.Env.Unix())).
			Hintf("kreidfeuer cert import takes it in, or name it with --cert FILE; is this machine's clock right?")
	}
	return nil
}

func (o *Officer) namedCertificate(key identity.PublicKey, name string) error {
	id, err := wire.ParseID(name)
	if err == nil {
		if err := o.Learn("", func(c apitype.Certificate) bool { return c.ID == name }); err != nil {
			return err
		}
	} else {
		file, err := armor.Read(o.Env, name, wire.TypeCertificate)
		if err != nil {
			return err
		}
		if err := trust.Admit(o.Pool, file, name); err != nil {
			return err
		}
		id = file.ID()
	}
	cert, ok := o.Pool.Certificate(id)
	switch {
	case !ok:
		return exit.Errorf(exit.Trust, "certificate %s is not known here", id.Short()).Hintf("name its file with --cert FILE")
	case cert.Key != key || cert.Kind != identity.KindPerson:
		return exit.Errorf(exit.Trust, "certificate %s is not that of the officer's key %s", id.Short(), o.key)
	}
	o.Cert = cert
	return nil
}

// findUnit takes the unit's certificate that lasts longest.
func (o *Officer) findUnit() error {
	find := func(c *identity.Certificate) bool {
		return c.Kind == identity.KindUnit && c.Authority == o.Cert.Authority && c.Domain == o.Cert.Domain
	}
	if o.Unit = o.Latest(find); o.Unit == nil {
		if err := o.Learn(o.Cert.Authority, func(c apitype.Certificate) bool { return c.Kind == identity.KindUnit.String() }); err != nil {
			return err
		}
		o.Unit = o.Latest(find)
	}
	if o.Unit == nil {
		return exit.Errorf(exit.Trust, "no certificate of the unit %q is known here that is valid at %s", o.Cert.Authority, shell.Stamp(o.Env.Unix())).
			Hintf("kreidfeuer cert import takes it in")
	}
	return nil
}

// Latest is the certificate that lasts longest among those valid now.
func (o *Officer) Latest(match func(*identity.Certificate) bool) *identity.Certificate {
	var best *identity.Certificate
	for _, domain := range o.Pool.Domains() {
		status, _ := o.Pool.Status(domain)
		for _, held := range status.Certificates {
			c := held.Certificate
			if match(c) && c.ValidAt(o.Env.Unix()) && held.Revocation == nil && (best == nil || c.Expires > best.Expires) {
				best = c
			}
		}
	}
	return best
}

// Learn takes over certificates that the running device knows, with their chains.
func (o *Officer) Learn(authority string, want func(apitype.Certificate) bool) error {
	if o.Dev == nil {
		return nil
	}
	for c, err := range o.Dev.Certificates(o.C.Context, apitype.TrustFilter{Authority: authority}) {
		if err != nil {
			return device.Error(err)
		}
		if !want(c) {
			continue
		}
		if err := o.Fetch(o.C.Context, c.ID); err != nil {
			return err
		}
	}
	return nil
}

// Fetch takes over the certificate with this ID from the running device, with its chain.
func (o *Officer) Fetch(ctx context.Context, id string) error {
	b, err := o.Dev.Envelope(ctx, id)
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
	return trust.Admit(o.Pool, object, id)
}

// Author is the officer's unit as the author of an alert written now.
func (o *Officer) Author() compose.Author {
	return compose.Author{Domain: o.Unit.Domain, Authority: o.Unit.Authority, Name: o.Unit.Name,
		Now: o.Env.Unix(), Offset: o.Env.Offset()}
}

// Open asks for the passphrase. What the file claimed of itself must hold.
func (o *Officer) Open() (*keyfile.Signer, error) {
	s, err := keyfile.Open(o.Env, keyfile.PassphrasesOf(o.Env, o.C), o.key, identity.PurposePerson)
	if err != nil {
		return nil, err
	}
	if s.Key.Public() != o.Cert.Key {
		return nil, exit.Errorf(exit.Trust, "%s is not the key of certificate %s", o.key, o.Cert.ID.Short())
	}
	return s, nil
}

// Is reports whether the officer is the same person as another certificate's.
func (o *Officer) Is(c *identity.Certificate) bool {
	return c.Authority == o.Cert.Authority && c.Person == o.Cert.Person && c.Domain == o.Cert.Domain
}

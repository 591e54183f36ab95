package beacon

import (
	"slices"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/armor"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/device"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/keyfile"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/officer"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/trust"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/client"
)

// beaconer gives signs of life with one open key.
type beaconer struct {
	*trust.Issuing
	env    *shell.Env
	c      *cli.Context
	dev    *client.Client
	signer *keyfile.Signer
	ends   uint64 // validity of what the key signs by
}

func openBeaconer(e *shell.Env, c *cli.Context) (*beaconer, error) {
	b := &beaconer{env: e, c: c}
	path := c.String("key")
	if path == "" {
		return nil, exit.Errorf(exit.Usage, "no key to sign with").Hintf("--key FILE")
	}
	data, err := e.ReadInput(path)
	if err != nil {
		return nil, err
	}
	header, err := identity.ReadKeyHeader(data)
	if err != nil {
		return nil, exit.Errorf(exit.Usage, "%s: %w", path, err)
	}
	if b.dev, err = device.Client(e, c); err != nil {
		return nil, err
	}
	if _, err := b.dev.Status(c.Context); err != nil {
		return nil, device.Error(err)
	}
	switch header.Purpose {
	case identity.PurposePerson:
		err = b.asOfficer()
	case identity.PurposeUnit:
		err = b.asUnit(header.Public)
	case identity.PurposeRoot:
		err = b.asRoot(header.Public)
	default:
		err = exit.Errorf(exit.Trust, "%s is a %s key; officers, units and roots give signs of life", path, header.Purpose)
	}
	if err != nil {
		return nil, err
	}
	b.signer, err = keyfile.Open(e, keyfile.PassphrasesOf(e, c), path, header.Purpose)
	return b, err
}

func (b *beaconer) asOfficer() error {
	o, err := officer.Open(b.env, b.c)
	if err == nil {
		b.Issuing, b.ends = issuing(o), min(o.Cert.Expires, o.Unit.Expires)
	}
	return err
}

// asUnit finds the unit's certificate as an officer's is found: in the file of
// --cert, in what is pinned, or with the running device.
func (b *beaconer) asUnit(key identity.PublicKey) error {
	pool, err := trust.Open(b.env, b.c)
	if err != nil {
		return err
	}
	o := &officer.Officer{Env: b.env, C: b.c, Pool: pool, Dev: b.dev}
	if name := b.c.String("cert"); name != "" {
		if err := take(o, name); err != nil {
			return err
		}
	}
	find := func(c *identity.Certificate) bool { return c.Key == key && c.Kind == identity.KindUnit }
	if o.Unit = o.Latest(find); o.Unit == nil {
		if err := o.Learn("", func(c apitype.Certificate) bool { return c.Key == key.String() }); err != nil {
			return err
		}
		o.Unit = o.Latest(find)
	}
	if o.Unit == nil {
		return exit.Errorf(exit.Trust, "no certificate of %s is known here, or none is valid now", b.c.String("key")).
			Hintf("kreidfeuer cert import takes it in, or name it with --cert FILE")
	}
	b.Issuing, b.ends = issuing(o), o.Unit.Expires
	return nil
}

// take adds the certificate of a file, or one by ID that the running device has.
func take(o *officer.Officer, name string) error {
	if _, err := wire.ParseID(name); err == nil {
		return o.Fetch(o.C.Context, name)
	}
	file, err := armor.Read(o.Env, name, wire.TypeCertificate)
	if err != nil {
		return err
	}
	return trust.Admit(o.Pool, file, name)
}

// asRoot takes the root of --issuer, or the pinned one that has the key.
func (b *beaconer) asRoot(key identity.PublicKey) error {
	if b.c.String("issuer") != "" {
		i, err := trust.OpenIssuer(b.env, b.c)
		if err == nil {
			b.Issuing, b.ends = i, i.Expires()
		}
		return err
	}
	pool, err := trust.Open(b.env, b.c)
	if err != nil {
		return err
	}
	for _, id := range pool.Domains() {
		s, _ := pool.Status(id)
		if slices.Contains(s.Adopted.Keys, key) {
			b.Issuing = &trust.Issuing{Pool: pool, Domain: id, Issuer: s.Adopted.ID, Root: s.Adopted}
			b.ends = s.Adopted.Expires
			return nil
		}
	}
	return exit.Errorf(exit.Trust, "%s is a key of no root that is pinned here", b.c.String("key")).Hintf("name the root with --issuer FILE")
}

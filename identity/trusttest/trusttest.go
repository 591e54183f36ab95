// Package trusttest makes trust domains for tests, benchmarks and simulations: a
// [Domain] is a root with the units and persons below it, and the private keys
// of all of them. Everything is derived from a seed.
package trusttest

import (
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// Epoch is when the domains begin: 1 November 2026, seconds UTC.
const Epoch = 1793491200

const (
	day       = 24 * 3600
	rootYears = 10 * 365 * day
)

// Domain is a trust domain with all its keys.
type Domain struct {
	Root     *wire.Envelope
	RootKeys []identity.PrivateKey // 2 of 3
	Pool     *identity.Pool        // holds everything
	Made     []*wire.Envelope      // every trust object, issuers first

	random io.Reader
	chains map[chainKey]identity.Head
}

type chainKey struct {
	key  identity.PublicKey
	lane wire.Lane
}

// Unit is an authority below the root.
type Unit struct {
	Path    string
	Key     identity.PrivateKey
	Cert    *wire.Envelope
	Persons []Person
}

// Person is an officer of a unit, or a gateway.
type Person struct {
	Label string
	Key   identity.PrivateKey
	Cert  *wire.Envelope
}

// Ref names the person as a signer.
func (p Person) Ref() wire.Ref { return wire.CertificateRef(p.Cert.ID()) }

// New makes a domain with a root of three keys, two of which sign.
func New(seed uint64) (*Domain, error) {
	var s [32]byte
	binary.LittleEndian.PutUint64(s[:], seed)
	d := &Domain{Pool: identity.NewPool(), random: rand.NewChaCha8(s), chains: map[chainKey]identity.Head{}}
	keys := identity.RootKeys{Name: fmt.Sprintf("Test domain %d", seed), Threshold: 2}
	for range 3 {
		k, err := d.Key(identity.PurposeRoot)
		if err != nil {
			return nil, err
		}
		d.RootKeys = append(d.RootKeys, k)
		keys.Keys = append(keys.Keys, k.Public())
	}
	root, err := identity.NewGenesis(keys, Epoch, Epoch+rootYears)
	if err != nil {
		return nil, err
	}
	for _, k := range d.RootKeys[:2] {
		if root, err = identity.SignRoot(root, k); err != nil {
			return nil, err
		}
	}
	d.Root = root
	d.Made = append(d.Made, root)
	return d, d.Pool.Pin(root, root.ID().String())
}

// Key makes a key.
func (d *Domain) Key(purpose identity.Purpose) (identity.PrivateKey, error) {
	return identity.GenerateKey(purpose, d.random)
}

// Pinned is a pool that knows the root and nothing else.
func (d *Domain) Pinned() *identity.Pool {
	p := identity.NewPool()
	if err := p.Pin(d.Root, d.Root.ID().String()); err != nil {
		panic(err)
	}
	return p
}

// Signer is a key that signs trust objects, and by what right.
type Signer struct {
	Ref wire.Ref
	Key identity.PrivateKey
}

// RootSigners are two of the root's keys: its threshold.
func (d *Domain) RootSigners() []Signer {
	return []Signer{{d.RootKeys[0].Public().Ref(), d.RootKeys[0]}, {d.RootKeys[1].Public().Ref(), d.RootKeys[1]}}
}

// Signers are the unit's persons.
func (u *Unit) Signers() (all []Signer) {
	for _, p := range u.Persons {
		all = append(all, Signer{p.Ref(), p.Key})
	}
	return all
}

// Scope is everything, in the given areas, with k persons needed.
func Scope(k, depth uint8, areas ...string) identity.Scope {
	s := identity.Scope{
		Severity: wire.PriorityExtreme, Depth: depth, Needed: k, Children: 200, Lifetime: wire.MaxAlertLifetime, Emergency: 4,
		Lanes: identity.LaneSet(wire.LaneTrust, wire.LaneLive, wire.LaneDrill, wire.LaneMail),
	}
	s.Categories = identity.AllCategories
	for _, l := range wire.Lanes {
		s.Quotas = append(s.Quotas, identity.Quota{Lane: l, Count: 20000, Bytes: 64 << 20})
	}
	for _, a := range areas {
		k, err := identity.ParseAreaKey(a)
		if err != nil {
			panic(err)
		}
		s.Areas = append(s.Areas, identity.Area{Keys: []identity.AreaKey{k}})
	}
	return s
}

// Grant certifies a subject: issuer nil is the root. The certificate begins at
// created and ends inside its issuer.
func (d *Domain) Grant(issuer *Unit, sub identity.Subject, created uint64, signers ...Signer) (*wire.Envelope, error) {
	spec := identity.Certificate{Subject: sub, Origin: identity.Origin{Domain: d.Root.ID(), Issuer: d.Root.ID(), Created: created}}
	end := d.Root.Header.Expires
	if issuer != nil {
		spec.Issuer, end = issuer.Cert.ID(), issuer.Cert.Header.Expires
	}
	spec.Expires = min(end, created+365*day)
	author := signers[0].Key.Public()
	spec.Sequence, spec.Previous = d.Next(author, wire.LaneTrust)
	e, err := d.Pool.NewCertificate(spec)
	if err != nil {
		return nil, err
	}
	for _, s := range signers {
		if e, err = d.Pool.Sign(e, s.Ref, s.Key); err != nil {
			return nil, err
		}
	}
	return e, d.Add(author, e)
}

// Add enters a trust object by author into the domain.
func (d *Domain) Add(author identity.PublicKey, e *wire.Envelope) error {
	if _, err := d.Pool.Add(e); err != nil {
		return err
	}
	d.Took(author, e)
	d.Made = append(d.Made, e)
	return nil
}

// Next is the sequence and previous envelope of a key's next one in a lane.
func (d *Domain) Next(key identity.PublicKey, lane wire.Lane) (uint64, *wire.ID) {
	h, ok := d.chains[chainKey{key, lane}]
	if !ok {
		return 1, nil
	}
	return h.Sequence + 1, &h.ID
}

// Took notes that key's last envelope in its lane is e.
func (d *Domain) Took(key identity.PublicKey, e *wire.Envelope) {
	d.chains[chainKey{key, e.Header.Lane}] = identity.Head{Sequence: e.Header.Sequence, ID: e.ID()}
}

// AddUnit makes a unit with persons below issuer (nil: the root). Signers are
// the issuer's persons, or the root's keys; so the persons count.
func (d *Domain) AddUnit(issuer *Unit, path string, scope identity.Scope, persons ...string) (*Unit, error) {
	signers := d.RootSigners()
	if issuer != nil {
		signers = issuer.Signers()
	}
	key, err := d.Key(identity.PurposeUnit)
	if err != nil {
		return nil, err
	}
	u := &Unit{Path: path, Key: key}
	u.Cert, err = d.Grant(issuer, identity.Subject{Kind: identity.KindUnit, Authority: path, Key: key.Public(),
		Name: "Unit " + path, Function: "Leitstelle", Scope: scope}, Epoch, signers...)
	if err != nil {
		return nil, fmt.Errorf("unit %s: %w", path, err)
	}
	for _, label := range persons {
		p, err := d.AddPerson(issuer, u, label, signers...)
		if err != nil {
			return nil, fmt.Errorf("person %s of %s: %w", label, path, err)
		}
		u.Persons = append(u.Persons, p)
	}
	return u, nil
}

// AddPerson certifies a person for unit u by issuer: the unit above (nil: the
// root), or u itself.
func (d *Domain) AddPerson(issuer, u *Unit, label string, signers ...Signer) (Person, error) {
	key, err := d.Key(identity.PurposePerson)
	if err != nil {
		return Person{}, err
	}
	cert, err := identity.ParseCertificate(u.Cert)
	if err != nil {
		return Person{}, err
	}
	e, err := d.Grant(issuer, identity.Subject{Kind: identity.KindPerson, Authority: u.Path, Person: label, Key: key.Public(),
		Name: "Officer " + label, Function: "S3", Scope: cert.Scope}, Epoch, signers...)
	return Person{label, key, e}, err
}

// Tree is the usual domain: Land, Kreis and Leitstelle with two officers each, and
// a neighbouring Kreis.
type Tree struct {
	*Domain
	Land, Kreis, Leitstelle, Neighbour *Unit
}

// NewTree makes the usual domain; k persons are needed everywhere.
func NewTree(seed uint64, k uint8) (*Tree, error) {
	d, err := New(seed)
	if err != nil {
		return nil, err
	}
	t := &Tree{Domain: d}
	for _, step := range []struct {
		into   **Unit
		issuer **Unit
		path   string
		depth  uint8
		area   string
	}{
		{&t.Land, new(*Unit), "rp", 3, "ARS 07"},
		{&t.Kreis, &t.Land, "rp/07131", 2, "ARS 07131"},
		{&t.Neighbour, &t.Land, "rp/07138", 2, "ARS 07138"},
		{&t.Leitstelle, &t.Kreis, "rp/07131/lst", 1, "ARS 07131"},
	} {
		if *step.into, err = d.AddUnit(*step.issuer, step.path, Scope(k, step.depth, step.area), "a", "b"); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// Sign makes an envelope of unit u with the given content, signed by its
// persons in order, the first as author, and with its chain attached.
func (d *Domain) Sign(u *Unit, h wire.Header, payload []byte, parts [][]byte, persons ...Person) (*wire.Envelope, error) {
	return d.SignAs(wire.RoleAuthor, u, h, payload, parts, persons...)
}

// SignAs is Sign with another role of the first person, as of one in an emergency.
func (d *Domain) SignAs(first wire.Role, u *Unit, h wire.Header, payload []byte, parts [][]byte, persons ...Person) (*wire.Envelope, error) {
	domain, issuer := d.Root.ID(), u.Cert.ID()
	author := persons[0].Key.Public()
	h.Domain, h.Authority, h.Issuer = &domain, u.Path, &issuer
	h.Sequence, h.Previous = d.Next(author, h.Lane)
	e, err := wire.New(h, payload)
	if err != nil {
		return nil, err
	}
	for i, p := range persons {
		role := wire.RoleApprover
		if i == 0 {
			role = first
		}
		e = p.Key.Sign(e, p.Ref(), role)
	}
	d.Took(author, e)
	e.Parts, e.Chain = parts, d.Pool.ChainFor(e)
	return e, nil
}

package identity

import (
	"bytes"
	"encoding/binary"
	"errors"
	"slices"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Times of the test world, seconds UTC.
const (
	t0   = uint64(1_800_000_000)
	day  = uint64(24 * 3600)
	year = 365 * day
)

// world is a trust domain made for tests: root 2-of-3 with recovery 2-of-3,
// Land rp, Kreis rp/07131 and its Leitstelle rp/07131/lst, two officers in each,
// two needed everywhere. All keys follow from names.
type world struct {
	t       testing.TB
	pool    *Pool
	genesis *wire.Envelope
	domain  wire.ID
	heads   map[PublicKey]Head // of lane trust
	all     []*wire.Envelope   // everything issued, in order
}

func testKey(t testing.TB, purpose Purpose, name string) PrivateKey {
	t.Helper()
	seed := bytes.Repeat([]byte{0x5a}, 32)
	copy(seed, name)
	binary.BigEndian.PutUint32(seed[28:], uint32(len(name)))
	k, err := GenerateKey(purpose, bytes.NewReader(seed))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func rootKeys(t testing.TB, prefix string, n int) (private []PrivateKey, public []PublicKey) {
	for i := range n {
		k := testKey(t, PurposeRoot, prefix+string(rune('1'+i)))
		private, public = append(private, k), append(public, k.Public())
	}
	return private, public
}

func genesisKeys(t testing.TB) RootKeys {
	_, keys := rootKeys(t, "root", 3)
	_, recovery := rootKeys(t, "rescue", 3)
	return RootKeys{Name: "Testland", Keys: keys, Threshold: 2, Recovery: recovery, RecoveryThreshold: 2}
}

func signRoot(t testing.TB, e *wire.Envelope, keys ...PrivateKey) *wire.Envelope {
	t.Helper()
	for _, k := range keys {
		var err error
		if e, err = SignRoot(e, k); err != nil {
			t.Fatal(err)
		}
	}
	return e
}

func ok[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// newWorld makes the domain with its root only.
func newWorld(t testing.TB) *world {
	t.Helper()
	keys, _ := rootKeys(t, "root", 3)
	genesis := signRoot(t, ok[*wire.Envelope](t)(NewGenesis(genesisKeys(t), t0, t0+30*year)), keys[0], keys[1])
	w := &world{t: t, pool: NewPool(), genesis: genesis, domain: genesis.ID(), heads: map[PublicKey]Head{}, all: []*wire.Envelope{genesis}}
	if err := w.pool.Pin(genesis, Fingerprint(w.domain)); err != nil {
		t.Fatal(err)
	}
	return w
}

// fullScope is what the Land may do.
func fullScope(depth uint8) Scope {
	return Scope{Areas: []Area{{Keys: []AreaKey{{Scheme: SchemeARS, Prefix: "07"}}}}, Categories: AllCategories,
		Severity: wire.PriorityExtreme, Lanes: LaneSet(wire.Lanes...), Depth: depth, Needed: 2, Children: 20,
		Lifetime: wire.MaxAlertLifetime, Emergency: 4,
		Quotas: []Quota{{Lane: wire.LaneLive, Count: 100, Bytes: 1 << 20}, {Lane: wire.LaneDrill, Count: 50, Bytes: 1 << 20}}}
}

func scopeAt(ars string, depth uint8) Scope {
	s := fullScope(depth)
	s.Areas = []Area{{Keys: []AreaKey{{Scheme: SchemeARS, Prefix: ars}}}}
	return s
}

// by is a signer: its certificate (nil: a root key) and key.
type by struct {
	cert *Certificate
	key  PrivateKey
}

func (b by) ref() wire.Ref {
	if b.cert == nil {
		return b.key.Public().Ref()
	}
	return b.cert.Ref()
}

// origin makes the next origin of a key.
func (w *world) origin(issuer *Certificate, author PrivateKey, created, expires uint64) Origin {
	o := Origin{Domain: w.domain, Created: created, Expires: expires, Sequence: 1}
	if issuer != nil {
		o.Issuer, o.By = issuer.ID, issuer.Authority
	} else if s, found := w.pool.Status(w.domain); found {
		o.Issuer = s.Adopted.ID
	}
	if head, ok := w.heads[author.Public()]; ok {
		o.Sequence, o.Previous = head.Sequence+1, &head.ID
	}
	return o
}

// sign signs without judging and keeps the sequence.
func (w *world) sign(e *wire.Envelope, signers ...by) *wire.Envelope {
	w.t.Helper()
	for i, s := range signers {
		role := wire.RoleApprover
		if i == 0 {
			role = wire.RoleAuthor
		}
		e = s.key.Sign(e, s.ref(), role)
	}
	w.heads[signers[0].key.Public()] = Head{Sequence: e.Header.Sequence, ID: e.ID()}
	return e
}

// draft makes a certificate envelope without any judgement, as an attacker would.
func (w *world) draft(issuer *Certificate, s Subject, created, expires uint64, signers ...by) *wire.Envelope {
	w.t.Helper()
	o := w.origin(issuer, signers[0].key, created, expires)
	e := ok[*wire.Envelope](w.t)(newTrustObject(o.header(wire.TypeCertificate), &s))
	return w.sign(e, signers...)
}

// grant issues a certificate and adds it.
func (w *world) grant(issuer *Certificate, s Subject, signers ...by) *Certificate {
	w.t.Helper()
	e := w.draft(issuer, s, t0, t0+2*year, signers...)
	w.add(e)
	return ok[*Certificate](w.t)(ParseCertificate(e))
}

func (w *world) add(e *wire.Envelope) Verified {
	w.t.Helper()
	v := ok[Verified](w.t)(w.pool.Add(e))
	w.all = append(w.all, e)
	return v
}

func unitSubject(t testing.TB, authority string, s Scope) Subject {
	return Subject{Kind: KindUnit, Authority: authority, Key: testKey(t, PurposeUnit, authority).Public(), Name: "Unit " + authority, Scope: s}
}

func personSubject(t testing.TB, authority, person string, s Scope) Subject {
	return Subject{Kind: KindPerson, Authority: authority, Person: person,
		Key: testKey(t, PurposePerson, authority+person).Public(), Name: "Person " + person, Function: "Leitstelle", Scope: s}
}

// unit is a unit of the full world with its officers.
type unit struct {
	cert *Certificate
	key  PrivateKey
	a, b by // officers certified by the level above
}

func (u unit) self() by { return by{u.cert, u.key} }

func (w *world) unit(issuer *Certificate, authority, ars string, depth uint8, signers ...by) unit {
	w.t.Helper()
	s := scopeAt(ars, depth)
	u := unit{key: testKey(w.t, PurposeUnit, authority)}
	u.cert = w.grant(issuer, unitSubject(w.t, authority, s), signers...)
	person := func(label string) by {
		return by{w.grant(issuer, personSubject(w.t, authority, label, s), signers...), testKey(w.t, PurposePerson, authority+label)}
	}
	u.a, u.b = person("anna"), person("bernd")
	return u
}

func (w *world) rootSigners() []by {
	keys, _ := rootKeys(w.t, "root", 3)
	return []by{{key: keys[0]}, {key: keys[1]}}
}

// full makes the whole tree.
type tree struct {
	*world
	land, kreis, lst unit
}

func newTree(t testing.TB) *tree {
	t.Helper()
	w := newWorld(t)
	tr := &tree{world: w}
	tr.land = w.unit(nil, "rp", "07", 3, w.rootSigners()...)
	tr.kreis = w.unit(tr.land.cert, "rp/07131", "07131", 2, tr.land.a, tr.land.b)
	tr.lst = w.unit(tr.kreis.cert, "rp/07131/lst", "07131", 1, tr.kreis.a, tr.kreis.b)
	return tr
}

// alert makes a signed alert of a unit; its payload is opaque here.
func (w *world) alert(u *Certificate, created uint64, signers ...by) *wire.Envelope {
	w.t.Helper()
	domain, issuer := w.domain, u.ID
	h := wire.Header{Type: wire.TypeAlert, Domain: &domain, Authority: u.Authority, Issuer: &issuer, Sequence: 1,
		Lane: wire.LaneLive, Created: created, Expires: created + 3600, Priority: wire.PrioritySevere}
	e := ok[*wire.Envelope](w.t)(wire.New(h, []byte{0x80}))
	for i, s := range signers {
		role := wire.RoleApprover
		if i == 0 {
			role = wire.RoleAuthor
		}
		e = s.key.Sign(e, s.ref(), role)
	}
	return e
}

func reason(err error) wire.Reason {
	var r *wire.Refusal
	if errors.As(err, &r) {
		return r.Reason
	}
	if err != nil {
		return wire.Reason("not a refusal: " + err.Error())
	}
	return ""
}

func wantReason(t testing.TB, what string, err error, want wire.Reason) {
	t.Helper()
	if got := reason(err); got != want {
		t.Errorf("%s: got %q (%v), want %q", what, got, err, want)
	}
}

// state is everything a pool says of a domain, for comparing.
func state(t testing.TB, p *Pool, domain wire.ID) []string {
	t.Helper()
	s, found := p.Status(domain)
	if !found {
		return nil
	}
	var out []string
	put := func(kind string, id wire.ID, more string) { out = append(out, kind+" "+id.Short()+" "+more) }
	put("adopted", s.Adopted.ID, "")
	for _, r := range s.Frozen {
		put("frozen", r.ID, "")
	}
	for _, r := range s.Forks {
		put("fork", r.ID, "")
	}
	for _, c := range s.Certificates {
		withdrawn := ""
		if c.Revocation != nil {
			withdrawn = c.Revocation.Kind.String()
		}
		put("certificate", c.ID, string(rune('0'+c.Vouched))+withdrawn)
	}
	for _, l := range s.Revocations {
		put("list", l.ID, "")
	}
	for _, b := range s.Beacons {
		put("beacon", b.ID, "")
	}
	slices.Sort(out)
	return append(out, "floor "+string(rune(s.Floor-t0)))
}

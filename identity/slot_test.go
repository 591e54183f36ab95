package identity

import (
	"strings"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

func (w *world) beacon(u *Certificate, created, expires uint64, signers ...by) *wire.Envelope {
	w.t.Helper()
	o := w.origin(u, signers[0].key, created, expires)
	heads := map[wire.Lane]Head{wire.LaneTrust: {Sequence: 1, ID: w.domain}, wire.LaneLive: {Sequence: 7, ID: w.domain}}
	return w.sign(ok[*wire.Envelope](w.t)(NewBeacon(o, heads, []wire.ID{w.domain, {1, 2}, w.domain})), signers...)
}

func TestOnlyRootAndLandRaiseTheFloor(t *testing.T) {
	w := newTree(t)
	end := t0 + 2*year
	for _, tt := range []struct {
		name    string
		unit    *Certificate
		signers []by
		created uint64
		want    wire.Reason
		floor   uint64
	}{
		{"Land", w.land.cert, []by{w.land.self()}, t0 + 9*day, "", t0 + 9*day},
		{"officer of the Land", w.land.cert, []by{w.land.a}, t0 + 9*day, "", t0 + 9*day},
		{"root", nil, w.rootSigners()[:1], t0 + 9*day, "", t0 + 9*day},
		{"Kreis", w.kreis.cert, []by{w.kreis.self()}, t0 + 9*day, "", t0},
		{"Leitstelle", w.lst.cert, []by{w.lst.a}, t0 + 9*day, "", t0},
		{"the last second of the Land's certificate", w.land.cert, []by{w.land.self()}, end - 1, "", end - 1},
		{"beyond the Land's certificate", w.land.cert, []by{w.land.self()}, end, wire.ReasonCertExpired, t0},
		{"two signers", w.land.cert, []by{w.land.a, w.land.b}, t0 + day, wire.ReasonBadSigner, t0},
	} {
		p := w.copy()
		_, err := p.Add(w.beacon(tt.unit, tt.created, tt.created+day, tt.signers...))
		wantReason(t, tt.name, err, tt.want)
		if got := p.Floor(w.domain); got != tt.floor {
			t.Errorf("%s: floor %d, want %d", tt.name, got-t0, tt.floor-t0)
		}
	}
	eve := by{w.grant(w.land.cert, personSubject(t, "rp", "eve", fullScope(0)), w.land.self()), testKey(t, PurposePerson, "rpeve")}
	if _, err := w.pool.Add(w.beacon(w.land.cert, t0+day, t0+2*day, eve)); err == nil {
		t.Error("a minted officer raised the floor")
	}
}

func TestBeaconForm(t *testing.T) {
	w := newTree(t)
	e := w.beacon(w.land.cert, t0+day, t0+2*day, w.land.self())
	b := ok[*Beacon](t)(ParseBeacon(e))
	if len(b.InForce) != 2 || b.Heads[wire.LaneLive].Sequence != 7 || b.Created != t0+day || b.By != "rp" {
		t.Errorf("beacon %+v", b)
	}
	w.add(e)
	older := w.beacon(w.land.cert, t0+3*day, t0+4*day, w.land.self())
	older.Signers[0].Sig[0] ^= 1
	_, err := w.pool.Add(older)
	wantReason(t, "damaged", err, wire.ReasonBadSigner)
	backwards := beaconPayload{InForce: [][8]byte{{2}, {1}}}
	o := w.origin(w.land.cert, w.land.key, t0, t0+1)
	_, err = ParseBeacon(ok[*wire.Envelope](t)(newTrustObject(o.header(wire.TypeBeacon), backwards)))
	wantReason(t, "out of order", err, wire.ReasonBadPayload)
}

func TestStation(t *testing.T) {
	w := newTree(t)
	station := func(s by) *wire.Envelope {
		o := w.origin(w.lst.cert, s.key, t0+day, t0+year)
		return w.sign(ok[*wire.Envelope](t)(NewStation(o, []byte{0, 36, 8, 1}, "Leitstellentisch 2")), s)
	}
	v := w.add(station(w.lst.a))
	if st, _ := w.pool.Status(w.domain); len(st.Stations) != 1 || st.Stations[0].Name != "Leitstellentisch 2" || v.AuthorKey != w.lst.a.cert.Key {
		t.Errorf("stations %+v", st.Stations)
	}
	_, err := w.pool.Add(station(w.lst.self()))
	wantReason(t, "by the unit key", err, wire.ReasonBadSigner)
	minted := by{w.grant(w.lst.cert, personSubject(t, "rp/07131/lst", "eve", scopeAt("07131", 0)), w.lst.self()), testKey(t, PurposePerson, "rp/07131/lsteve")}
	_, err = w.pool.Add(station(minted))
	wantReason(t, "by a minted officer", err, wire.ReasonUnknownIssuer)
	if _, err := NewStation(w.origin(w.lst.cert, w.lst.a.key, t0, t0+1), nil, "x"); err == nil {
		t.Error("no peer")
	}
	if _, err := NewStation(w.origin(w.lst.cert, w.lst.a.key, t0, t0+1), []byte{1}, strings.Repeat("x", maxText+1)); err == nil {
		t.Error("name too long")
	}
}

func TestSlotsOfOneKey(t *testing.T) {
	w := newTree(t)
	one, two := w.beacon(w.kreis.cert, t0+day, t0+2*day, w.kreis.self()), w.beacon(w.kreis.cert, t0+2*day, t0+3*day, w.kreis.self())
	w.add(one)
	w.add(two)
	_, err := w.pool.Add(one)
	wantReason(t, "older", err, wire.ReasonSuperseded)
	w.heads[w.kreis.key.Public()] = Head{Sequence: two.Header.Sequence - 1, ID: w.domain}
	rival := w.beacon(w.kreis.cert, t0+3*day, t0+4*day, w.kreis.self())
	if !w.pool.Equivocation(two, rival) {
		t.Error("two beacons with one sequence are a fork")
	}
	_, err = w.pool.Add(rival)
	st, _ := w.pool.Status(w.domain)
	lower := two.ID()
	if rival.ID().Compare(lower) < 0 {
		lower = rival.ID()
	}
	if len(st.Beacons) != 1 || st.Beacons[0].ID != lower {
		t.Errorf("of two with one sequence the lower ID stays: %v", err)
	}
}

func TestClock(t *testing.T) {
	for _, tt := range []struct {
		name             string
		c                Clock
		created, expires uint64
		want             Force
	}{
		{"in force", Clock{Now: 2000}, 1000, 3000, InForce},
		{"last second", Clock{Now: 2999}, 1000, 3000, InForce},
		{"expired", Clock{Now: 3000}, 1000, 3000, NotInForce},
		{"author's clock slightly ahead", Clock{Now: 1000}, 1000 + maxSkew, 3000, InForce},
		{"created later", Clock{Now: 1000}, 1001 + maxSkew, 3000, ForceUnknown},
		{"doubted", Clock{Now: 2000, Doubt: true}, 1000, 3000, ForceUnknown},
		{"doubted and late", Clock{Now: 9000, Doubt: true}, 1000, 3000, ForceUnknown},
		{"doubted, but the floor agrees", Clock{Now: 9000, Floor: 3000, Doubt: true}, 1000, 3000, NotInForce},
		{"doubted, the floor is not there yet", Clock{Now: 9000, Floor: 2999, Doubt: true}, 1000, 3000, ForceUnknown},
		{"behind", Clock{Now: 2000, Floor: 2500}, 1000, 3000, ForceUnknown},
		{"behind, floor past the end", Clock{Now: 2000, Floor: 9000}, 1000, 3000, ForceUnknown},
		{"behind and yet past the end", Clock{Now: 4000, Floor: 9000}, 1000, 3000, NotInForce},
		{"floor just met", Clock{Now: 2000, Floor: 2000}, 1000, 3000, InForce},
		{"clock of 1970", Clock{Now: 5, Floor: 2000}, 1000, 3000, ForceUnknown},
	} {
		if got := tt.c.InForce(tt.created, tt.expires); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	if c := (Clock{Now: 1, Floor: 9000}); c.ExpiredFor(100, 0) || !c.Stale(9000) || c.Stale(9001) {
		t.Error("the floor casts doubt on trust objects and expires nothing")
	}
	if c := (Clock{Now: 9000, Floor: 5000, Doubt: true}); !c.ExpiredFor(100, 4900) || c.ExpiredFor(100, 4901) {
		t.Error("doubt brings back what ended before the floor, or the clock alone ends something")
	}
	if c := (Clock{Now: 9000}); !c.ExpiredFor(100, 8900) || c.ExpiredFor(100, 8901) {
		t.Error("48 hours after the end, by a clock without doubt")
	}
}

func TestChainIsStrict(t *testing.T) {
	w := newTree(t)
	stranger := w.unit(w.land.cert, "rp/07132", "07132", 2, w.land.a, w.land.b)
	e := w.alert(w.lst.cert, t0+day, w.lst.a)
	chain := w.pool.ChainFor(e)
	extra, _ := w.pool.Envelope(stranger.cert.ID)
	alien := newTreeNamed(t, "elsewhere")
	foreign, _ := alien.pool.Envelope(alien.land.cert.ID)
	nested, _ := w.pool.Envelope(w.land.cert.ID)
	nested = nested.Stored()
	nested.Chain = [][]byte{{1}}
	broken := append([]byte{}, chain[0]...)
	broken[len(broken)-1] ^= 1
	with := func(c ...[]byte) [][]byte { return append(append([][]byte{}, chain...), c...) }
	for _, tt := range []struct {
		name  string
		chain [][]byte
		want  wire.Reason
	}{
		{"as sent", chain, ""},
		{"empty", nil, ""},
		{"a neighbour's certificate", with(extra.Encode()), wire.ReasonUnprotected},
		{"twice", with(chain[0]), wire.ReasonUnprotected},
		{"an alert", with(e.Encode()), wire.ReasonUnprotected},
		{"another domain's", with(foreign.Encode()), wire.ReasonUnprotected},
		{"with a chain of its own", append([][]byte{nested.EncodeFull()}, chain[1:]...), wire.ReasonUnprotected},
		{"damaged", append([][]byte{broken}, chain[1:]...), wire.ReasonBadSigner},
		{"junk", with([]byte{1, 2, 3}), wire.ReasonMalformed},
		{"wrong order", append([][]byte{chain[len(chain)-1]}, chain[:len(chain)-1]...), wire.ReasonUnknownIssuer},
	} {
		for name, p := range map[string]*Pool{"new": NewPool(), "filled": w.copy()} {
			if name == "new" {
				if err := p.Pin(w.genesis, Fingerprint(w.domain)); err != nil {
					t.Fatal(err)
				}
			}
			if name == "filled" && tt.name == "wrong order" {
				continue
			}
			e := e.Stored()
			e.Chain = tt.chain
			_, err := p.AddChain(e)
			wantReason(t, name+": "+tt.name, err, tt.want)
		}
	}
}

func newTreeNamed(t testing.TB, name string) *tree {
	keys, _ := rootKeys(t, "root", 3)
	r := genesisKeys(t)
	r.Name = name
	genesis := signRoot(t, ok[*wire.Envelope](t)(NewGenesis(r, t0, t0+30*year)), keys[0], keys[1])
	w := &world{t: t, pool: NewPool(), genesis: genesis, domain: genesis.ID(), heads: map[PublicKey]Head{}}
	if err := w.pool.Pin(genesis, Fingerprint(w.domain)); err != nil {
		t.Fatal(err)
	}
	return &tree{world: w, land: w.unit(nil, "rp", "07", 3, w.rootSigners()...)}
}

func TestChainCarriesRootVersions(t *testing.T) {
	w := newWorld(t)
	s := successors{world: w}
	s.keys, _ = rootKeys(t, "root", 3)
	two, own := s.rotated(w.genesis, s.keys, "two")
	w.add(two)
	scope := fullScope(1)
	scope.Needed = 1
	signers := []by{{key: own[0]}, {key: own[1]}}
	e := w.draft(nil, unitSubject(t, "rp", scope), t0+day, t0+year, signers...)
	w.add(e)
	u := ok[*Certificate](t)(ParseCertificate(e))
	p := w.draft(nil, personSubject(t, "rp", "anna", scope), t0+day, t0+year, signers...)
	w.add(p)
	anna := by{ok[*Certificate](t)(ParseCertificate(p)), testKey(t, PurposePerson, "rpanna")}
	a := w.alert(u, t0+2*day, anna)
	a.Chain = w.pool.ChainFor(a)
	device := NewPool()
	if err := device.Pin(w.genesis, Fingerprint(w.domain)); err != nil {
		t.Fatal(err)
	}
	if added, err := device.AddChain(a); err != nil || len(added) != 3 {
		t.Fatalf("%d added, %v", len(added), err)
	}
	if _, err := device.Verify(a); err != nil {
		t.Error(err)
	}
	late := NewPool()
	if err := late.Pin(two, Fingerprint(two.ID())); err != nil {
		t.Fatal(err)
	}
	if _, err := late.AddChain(a); err != nil {
		t.Errorf("with version 2 pinned: %v", err)
	}
	if _, err := late.Verify(a); err != nil {
		t.Error(err)
	}
	if added, err := late.AddChain(a); err != nil || len(added) != 0 {
		t.Errorf("again: %d added, %v", len(added), err)
	}
}

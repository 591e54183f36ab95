package identity

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// revoke makes and signs a list; the caller adds it.
func (w *world) revoke(unit *Certificate, signers []by, entries ...Revocation) *wire.Envelope {
	w.t.Helper()
	o := w.origin(unit, signers[0].key, t0+10*day, t0+year)
	e, err := NewRevocationList(o, entries)
	if err != nil { // an attacker's own tools refuse nothing
		e = ok[*wire.Envelope](w.t)(newTrustObject(o.header(wire.TypeRevocation), revocationPayload{entries}))
	}
	return w.sign(e, signers...)
}

func entry(b by, kind RevocationKind, at uint64) Revocation {
	return Revocation{Key: b.cert.Key, Authority: b.cert.Authority, Kind: kind, At: at}
}

func TestRetiredAndCompromised(t *testing.T) {
	w := newTree(t)
	at := t0 + 5*day
	before, after := w.alert(w.lst.cert, at, w.lst.a, w.lst.b), w.alert(w.lst.cert, at+1, w.lst.a, w.lst.b)
	approvedAfter := w.alert(w.lst.cert, at+1, w.lst.b, w.lst.a)
	last, keep, backdated := w.alert(w.lst.cert, t0+1, w.lst.a), w.alert(w.lst.cert, t0+2, w.lst.a), w.alert(w.lst.cert, t0+3, w.lst.a)

	retired := entry(w.lst.a, Retired, at)
	compromised := entry(w.lst.a, Compromised, at)
	compromised.Last = map[wire.Lane]Head{wire.LaneLive: {Sequence: 1, ID: last.ID()}}
	compromised.Keep = []wire.ID{keep.ID()}
	for _, tt := range []struct {
		name  string
		entry Revocation
		e     *wire.Envelope
		want  wire.Reason
		level wire.Level
	}{
		{"retired, before", retired, before, "", 2},
		{"retired, after", retired, after, wire.ReasonRevoked, 0},
		{"retired approver", retired, approvedAfter, "", 1},
		{"compromised, last", compromised, last, "", 1},
		{"compromised, kept", compromised, keep, "", 1},
		{"compromised, back-dated", compromised, backdated, wire.ReasonRevoked, 0},
		{"compromised, genuine but not named", compromised, before, wire.ReasonRevoked, 0},
		{"compromised approver", compromised, approvedAfter, "", 1},
	} {
		p := w.copy()
		if _, err := p.Add(w.revoke(w.kreis.cert, []by{w.kreis.self()}, tt.entry)); err != nil {
			t.Fatal(err)
		}
		v, err := p.Verify(tt.e)
		wantReason(t, tt.name, err, tt.want)
		if err == nil && v.Level != tt.level {
			t.Errorf("%s: level %d, want %d", tt.name, v.Level, tt.level)
		}
	}
}

// copy is another device that holds everything issued so far.
func (w *world) copy() *Pool {
	w.t.Helper()
	p := NewPool()
	if err := p.Pin(w.genesis, Fingerprint(w.domain)); err != nil {
		w.t.Fatal(err)
	}
	if refused := p.AddAll(w.all); len(refused) > 0 {
		w.t.Fatalf("copy: refused %v", refused)
	}
	return p
}

func TestWhoMayRevokeWhom(t *testing.T) {
	w := newTree(t)
	neighbour := w.unit(w.land.cert, "rp/07132", "07132", 2, w.land.a, w.land.b)
	minted := by{w.grant(w.lst.cert, personSubject(t, "rp/07131/lst", "eve", scopeAt("07131", 0)), w.lst.self()), testKey(t, PurposePerson, "rp/07131/lsteve")}
	unitEntry := Revocation{Key: w.lst.cert.Key, Authority: "rp/07131/lst", Kind: Compromised, At: t0 + day}
	for _, tt := range []struct {
		name    string
		unit    *Certificate
		signers []by
		entry   Revocation
		want    wire.Reason
		effect  bool // on w.lst.b
	}{
		{"level above, unit key", w.kreis.cert, []by{w.kreis.self()}, entry(w.lst.b, Compromised, t0+1), "", true},
		{"level above, one person", w.kreis.cert, []by{w.kreis.b}, entry(w.lst.b, Compromised, t0+1), "", true},
		{"two levels above", w.land.cert, []by{w.land.self()}, entry(w.lst.b, Compromised, t0+1), "", true},
		{"root", nil, w.rootSigners(), entry(w.lst.b, Compromised, t0+1), "", true},
		{"one root key", nil, w.rootSigners()[:1], entry(w.lst.b, Compromised, t0+1), wire.ReasonBadQuorum, false},
		{"own unit key", w.lst.cert, []by{w.lst.self()}, entry(w.lst.b, Compromised, t0+1), "", true},
		{"colleague", w.lst.cert, []by{w.lst.a}, entry(w.lst.b, Compromised, t0+1), "", true},
		{"minted colleague", w.lst.cert, []by{minted}, entry(w.lst.b, Compromised, t0+1), wire.ReasonBadSigner, false},
		{"two signers", w.kreis.cert, []by{w.kreis.a, w.kreis.b}, entry(w.lst.b, Compromised, t0+1), wire.ReasonBadSigner, false},
		{"neighbour", neighbour.cert, []by{neighbour.self()}, entry(w.lst.b, Compromised, t0+1), wire.ReasonNotContain, false},
		{"below", w.lst.cert, []by{w.lst.self()}, entry(w.kreis.b, Compromised, t0+1), wire.ReasonNotContain, false},
		{"a person against the own unit's key", w.lst.cert, []by{w.lst.a}, unitEntry, "", false},
		{"the key under another authority", w.kreis.cert, []by{w.kreis.self()},
			Revocation{Key: w.lst.b.cert.Key, Authority: "rp/07131", Kind: Compromised, At: t0 + 1}, "", false},
	} {
		p := w.copy()
		_, err := p.Add(w.revoke(tt.unit, tt.signers, tt.entry))
		wantReason(t, tt.name, err, tt.want)
		_, err = p.Verify(w.alert(w.lst.cert, t0+day, w.lst.b))
		if (err != nil) != tt.effect {
			t.Errorf("%s: effective %v (%v), want %v", tt.name, err != nil, err, tt.effect)
		}
		if tt.name == "a person against the own unit's key" {
			if _, err := p.Verify(w.draft(w.lst.cert, personSubject(t, "rp/07131/lst", "z", scopeAt("07131", 0)), t0+2*day, t0+3*day, w.lst.self())); err != nil {
				t.Errorf("%s: had an effect: %v", tt.name, err)
			}
		}
	}
}

func TestWithdrawalReachesWhatTheKeySigned(t *testing.T) {
	w := newTree(t)
	beacon := w.sign(ok[*wire.Envelope](t)(NewBeacon(w.origin(w.land.cert, w.land.key, t0+9*day, t0+year), nil, nil)), w.land.self())
	w.add(beacon)
	malice := w.revoke(w.kreis.cert, []by{w.kreis.self()}, entry(w.lst.a, Compromised, t0+1), entry(w.lst.b, Compromised, t0+1))
	w.add(malice) // the stolen Kreis key silences the Leitstelle
	alert := w.alert(w.lst.cert, t0+day, w.lst.a, w.lst.b)
	_, err := w.pool.Verify(alert)
	wantReason(t, "silenced", err, wire.ReasonRevoked)

	version := w.pool.Version()
	kreisKey := Revocation{Key: w.kreis.cert.Key, Authority: "rp/07131", Kind: Compromised, At: t0 + 2*day}
	w.add(w.revoke(w.land.cert, []by{w.land.a}, kreisKey))
	v, err := w.pool.Verify(alert)
	if err != nil || v.Level != 2 || w.pool.Version() == version {
		t.Errorf("the malicious list should be void: level %d, %v", v.Level, err)
	}
	if _, err := w.pool.Add(malice); reason(err) != wire.ReasonRevoked {
		t.Errorf("the malicious list came back: %v", err)
	}
	fresh := unitSubject(t, "rp/07131/new", scopeAt("07131", 1))
	_, err = w.pool.Verify(w.draft(w.kreis.cert, fresh, t0+3*day, t0+year, w.kreis.a, w.kreis.b))
	wantReason(t, "a new certificate under a withdrawn unit's", err, wire.ReasonRevoked)
	if _, err = w.pool.Verify(w.draft(w.kreis.cert, fresh, t0+day, t0+year, w.kreis.a, w.kreis.b)); err != nil {
		t.Errorf("what persons signed before the unit key was withdrawn stays: %v", err)
	}

	if w.pool.Floor(w.domain) != t0+9*day {
		t.Error("the Land's beacon should set the floor")
	}
	landKey := Revocation{Key: w.land.cert.Key, Authority: "rp", Kind: Compromised, At: t0 + 9*day}
	w.add(w.revoke(nil, w.rootSigners(), landKey))
	if got := w.pool.Floor(w.domain); got != t0 {
		t.Errorf("floor %d by a withdrawn beacon", got-t0)
	}

	w.add(w.revoke(nil, w.rootSigners(), landKey, entry(w.land.a, Compromised, t0+1)))
	if _, found := w.pool.Certificate(w.kreis.cert.ID); found {
		t.Error("the Kreis rests on one signature and a withdrawn one")
	}
	_, err = w.pool.Verify(alert)
	wantReason(t, "below a withdrawn certificate", err, wire.ReasonUnknownIssuer)
}

func TestKeptCertificateSurvivesItsSigner(t *testing.T) {
	w := newTree(t)
	r := entry(w.kreis.a, Compromised, t0+1)
	for _, c := range []*Certificate{w.lst.cert, w.lst.a.cert, w.lst.b.cert} {
		r.Keep = append(r.Keep, c.ID)
	}
	w.add(w.revoke(w.land.cert, []by{w.land.self()}, r))
	if _, err := w.pool.Verify(w.alert(w.lst.cert, t0+day, w.lst.a, w.lst.b)); err != nil {
		t.Errorf("named certificates stay good: %v", err)
	}
}

func TestColleaguesWhoAccuseEachOther(t *testing.T) {
	w := newTree(t)
	a := w.revoke(w.lst.cert, []by{w.lst.a}, entry(w.lst.b, Compromised, t0+1))
	b := w.revoke(w.lst.cert, []by{w.lst.b}, entry(w.lst.a, Compromised, t0+1))
	for _, order := range [][]*wire.Envelope{{a, b}, {b, a}} {
		p := w.copy()
		if refused := p.AddAll(order); len(refused) > 0 {
			t.Fatal(refused)
		}
		for _, officer := range []by{w.lst.a, w.lst.b} {
			_, err := p.Verify(w.alert(w.lst.cert, t0+day, officer))
			wantReason(t, "accused", err, wire.ReasonRevoked)
		}
		if _, err := p.Add(w.revoke(w.kreis.cert, []by{w.kreis.self()}, entry(w.lst.a, Compromised, t0+1))); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Verify(w.alert(w.lst.cert, t0+day, w.lst.b)); err != nil {
			t.Errorf("the level above has decided for b: %v", err)
		}
	}
}

func TestRevocationSlot(t *testing.T) {
	w := newTree(t)
	one := w.revoke(w.kreis.cert, []by{w.kreis.self()}, entry(w.lst.a, Compromised, t0+1))
	two := w.revoke(w.kreis.cert, []by{w.kreis.self()}, entry(w.lst.b, Compromised, t0+1))
	w.add(two)
	_, err := w.pool.Add(one)
	wantReason(t, "an older list", err, wire.ReasonSuperseded)
	if _, err := w.pool.Add(two); err != nil {
		t.Errorf("the same list again: %v", err)
	}
	if got := w.pool.Revoked(w.domain, "rp/07131", w.kreis.cert.Key); len(got) != 1 || got[0].Key != w.lst.b.cert.Key {
		t.Errorf("in force: %+v", got)
	}
	if r, found := w.pool.Withdrawn(w.lst.b.cert); !found || r.Kind != Compromised {
		t.Error("the certificate's key is withdrawn")
	}
	if _, found := w.pool.Withdrawn(w.lst.a.cert); found {
		t.Error("what the newer list does not repeat no longer holds")
	}
}

// TestOrderDoesNotMatter adds everything that a busy domain holds in any order.
func TestOrderDoesNotMatter(t *testing.T) {
	w := newTree(t)
	small := scopeAt("07131", 1)
	small.Children = 2
	u := w.grant(w.kreis.cert, unitSubject(t, "rp/07131/small", small), w.kreis.a, w.kreis.b)
	self := by{u, testKey(t, PurposeUnit, "rp/07131/small")}
	for _, label := range []string{"m1", "m2", "m3", "m4"} {
		w.all = append(w.all, w.draft(u, personSubject(t, "rp/07131/small", label, small), t0, t0+year, self))
	}
	for _, label := range []string{"v1", "v2"} {
		w.all = append(w.all, w.draft(w.lst.cert, personSubject(t, "rp/07131/lst", label, scopeAt("07131", 1)), t0, t0+year, w.lst.a, w.lst.b))
	}
	v1 := ok[*Certificate](t)(ParseCertificate(w.all[len(w.all)-2]))
	w.all = append(w.all,
		w.draft(w.lst.cert, personSubject(t, "rp/07131/lst", "v3", scopeAt("07131", 1)), t0, t0+year,
			w.lst.a, by{v1, testKey(t, PurposePerson, "rp/07131/lstv1")}),
		w.revoke(w.lst.cert, []by{w.lst.a}, entry(w.lst.b, Retired, t0+2)),
		w.revoke(w.lst.cert, []by{w.lst.b}, entry(w.lst.a, Compromised, t0+2)),
		w.revoke(w.kreis.cert, []by{w.kreis.self()}, entry(w.lst.a, Retired, t0+2)),
		w.sign(ok[*wire.Envelope](t)(NewBeacon(w.origin(w.land.cert, w.land.key, t0+9*day, t0+year), nil, nil)), w.land.self()))
	run := func(t *rapid.T, order []*wire.Envelope) []string {
		p := NewPool()
		if err := p.Pin(w.genesis, Fingerprint(w.domain)); err != nil {
			t.Fatal(err)
		}
		for version := uint64(0); version != p.Version(); { // what was refused is offered again, as sync does
			version = p.Version()
			p.AddAll(order)
		}
		return state(w.t, p, w.domain)
	}
	rapid.Check(t, func(t *rapid.T) {
		one, other := run(t, w.all), run(t, rapid.Permutation(w.all).Draw(t, "order"))
		if !slices.Equal(one, other) {
			t.Fatalf("order matters:\n%q\n%q", one, other)
		}
	})
}

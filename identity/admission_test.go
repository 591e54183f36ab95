package identity

import (
	"fmt"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// TestStolenUnitKeyMintsNobody: with the Leitstelle's delegating key an attacker
// makes officers, but none who counts, alone or together.
func TestStolenUnitKeyMintsNobody(t *testing.T) {
	w := newTree(t)
	mint := func(label string, signers ...by) by {
		c := w.grant(w.lst.cert, personSubject(t, "rp/07131/lst", label, scopeAt("07131", 1)), signers...)
		return by{c, testKey(t, PurposePerson, "rp/07131/lst"+label)}
	}
	mallory, eve := mint("mallory", w.lst.self()), mint("eve", w.lst.self())
	ring := mint("ring", mallory, eve)                       // vouched for by two minted officers
	helped := mint("helped", w.lst.a, w.lst.self(), mallory) // by one genuine one, the unit and a minted one
	genuine := mint("genuine", w.lst.a, w.lst.b)
	second := mint("second", w.lst.a, genuine)
	for _, tt := range []struct {
		name    string
		signers []by
		level   wire.Level
	}{
		{"two minted", []by{mallory, eve}, 0},
		{"a ring of minted", []by{mallory, eve, ring}, 0},
		{"a genuine and a minted", []by{w.lst.a, mallory}, 1},
		{"a genuine and one of the ring", []by{w.lst.a, ring}, 1},
		{"a genuine and one half vouched for", []by{w.lst.a, helped}, 1},
		{"a genuine and one made by two", []by{w.lst.a, genuine}, 2},
		{"made by one and a made one", []by{w.lst.a, second}, 2},
	} {
		v, err := w.pool.Verify(w.alert(w.lst.cert, t0+day, tt.signers...))
		if err != nil || v.Level != tt.level {
			t.Errorf("%s: level %d, %v; want %d", tt.name, v.Level, err, tt.level)
		}
	}

	below := func(kind string, s Subject, signers ...by) {
		_, err := w.pool.Add(w.draft(w.kreis.cert, s, t0, t0+year, signers...))
		if err == nil {
			t.Errorf("%s was made with one Kreis key", kind)
		}
	}
	below("a unit", unitSubject(t, "rp/07131/fake", scopeAt("07131", 1)), w.kreis.self())
	below("an officer of the Leitstelle", personSubject(t, "rp/07131/lst", "fake", scopeAt("07131", 0)), w.kreis.self())
	below("an officer by one of two", personSubject(t, "rp/07131/lst", "fake", scopeAt("07131", 0)), w.kreis.a)
	below("an officer by one and the unit", personSubject(t, "rp/07131/lst", "fake", scopeAt("07131", 0)), w.kreis.a, w.kreis.self())
}

// TestVouchingOutlivesNoRule: a person made when one signature was enough does
// not count when two are needed.
func TestVouchingOutlivesNoRule(t *testing.T) {
	w := newWorld(t)
	loose := fullScope(2)
	loose.Needed = 1
	key := testKey(t, PurposeUnit, "he")
	old := w.grant(nil, unitSubject(t, "he", loose), w.rootSigners()...)
	anna := by{w.grant(nil, personSubject(t, "he", "anna", loose), w.rootSigners()...), testKey(t, PurposePerson, "heanna")}
	eve := by{w.grant(old, personSubject(t, "he", "eve", loose), anna), testKey(t, PurposePerson, "heeve")}
	bot := by{w.grant(old, personSubject(t, "he", "bot", loose), by{old, key}), testKey(t, PurposePerson, "hebot")}
	strict := w.grant(nil, unitSubject(t, "he", fullScope(2)), w.rootSigners()...)

	for _, tt := range []struct {
		name    string
		unit    *Certificate
		signers []by
		level   wire.Level
	}{
		{"one of one", old, []by{eve}, 1},
		{"one of one by the unit's key", old, []by{bot}, 1},
		{"two of two, one vouched by the other", strict, []by{anna, eve}, 1},
		{"two of two, both vouched by one", strict, []by{eve, bot}, 0},
	} {
		v, err := w.pool.Verify(w.alert(tt.unit, t0+day, tt.signers...))
		if err != nil || v.Level != tt.level {
			t.Errorf("%s: level %d, %v; want %d", tt.name, v.Level, err, tt.level)
		}
	}
	if _, err := w.pool.Add(w.draft(old, unitSubject(t, "he/06411", loose), t0, t0+year, by{old, key})); err == nil {
		t.Error("depth was not used up")
	}
	loose.Depth = 1
	if _, err := w.pool.Add(w.draft(old, unitSubject(t, "he/06411", loose), t0, t0+year, by{old, key})); err != nil {
		t.Errorf("where one signature is needed the unit's key suffices: %v", err)
	}
}

func TestCertificateRefusals(t *testing.T) {
	w := newTree(t)
	inside := func() Subject { return unitSubject(t, "rp/07131/x", scopeAt("07131", 1)) }
	two := []by{w.kreis.a, w.kreis.b}
	var stiff by // a person without the right to delegate
	{
		s := scopeAt("07131", 0)
		stiff = by{w.grant(w.land.cert, personSubject(t, "rp/07131", "stiff", s), w.land.a, w.land.b), testKey(t, PurposePerson, "rp/07131stiff")}
	}
	narrow := scopeAt("07131", 2)
	narrow.Severity = wire.PriorityMinor
	minor := by{w.grant(w.land.cert, personSubject(t, "rp/07131", "minor", narrow), w.land.a, w.land.b), testKey(t, PurposePerson, "rp/07131minor")}

	change := func(f func(s *Subject)) Subject { s := inside(); f(&s); return s }
	for _, tt := range []struct {
		name    string
		s       Subject
		from    uint64
		to      uint64
		signers []by
		want    wire.Reason
	}{
		{"inside", inside(), t0, t0 + year, two, ""},
		{"area", change(func(s *Subject) { s.Scope.Areas[0].Keys[0].Prefix = "07132" }), t0, t0 + year, two, wire.ReasonNotContain},
		{"needed", change(func(s *Subject) { s.Scope.Needed = 1 }), t0, t0 + year, two, wire.ReasonNotContain},
		{"depth", change(func(s *Subject) { s.Scope.Depth = 2 }), t0, t0 + year, two, wire.ReasonNotContain},
		{"longer than the issuer", inside(), t0, t0 + 2*year + 1, two, wire.ReasonNotContain},
		{"earlier than the issuer", inside(), t0 - 1, t0 + year, two, wire.ReasonCertExpired},
		{"not below the issuer", change(func(s *Subject) { s.Authority = "rp/07132" }), t0, t0 + year, two, wire.ReasonNotContain},
		{"two levels below", change(func(s *Subject) { s.Authority = "rp/07131/x/y" }), t0, t0 + year, two, wire.ReasonNotContain},
		{"the issuer itself", change(func(s *Subject) { s.Authority = "rp/07131" }), t0, t0 + year, two, wire.ReasonNotContain},
		{"one signature", inside(), t0, t0 + year, two[:1], wire.ReasonBadQuorum},
		{"the unit's key and one", inside(), t0, t0 + year, []by{w.kreis.a, w.kreis.self()}, wire.ReasonBadQuorum},
		{"a signer who may not delegate", inside(), t0, t0 + year, []by{w.kreis.a, stiff}, wire.ReasonBadQuorum},
		{"a signer who has less", inside(), t0, t0 + year, []by{w.kreis.a, minor}, wire.ReasonBadQuorum},
		{"a signer of another level", inside(), t0, t0 + year, []by{w.kreis.a, w.land.a}, wire.ReasonBadSigner},
		{"gateway that is not import-only", change(func(s *Subject) { s.Kind, s.Person, s.Scope.Depth = KindGateway, "g", 0 }), t0, t0 + year, two, wire.ReasonBadPayload},
		{"unknown kind", change(func(s *Subject) { s.Kind = 9 }), t0, t0 + year, two, wire.ReasonUnsupported},
		{"unit with a person", change(func(s *Subject) { s.Person = "p" }), t0, t0 + year, two, wire.ReasonBadPayload},
		{"key of small order", change(func(s *Subject) { s.Key = PublicKey{0: 1} }), t0, t0 + year, two, wire.ReasonBadPayload},
		{"name with a line break", change(func(s *Subject) { s.Name = "a\nb" }), t0, t0 + year, two, wire.ReasonBadPayload},
		{"name that runs backwards", change(func(s *Subject) { s.Name = "a\u202eb" }), t0, t0 + year, two, wire.ReasonBadPayload},
	} {
		e := w.draft(w.kreis.cert, tt.s, tt.from, tt.to, tt.signers...)
		_, err := w.pool.Verify(e)
		wantReason(t, tt.name, err, tt.want)
		if c, perr := ParseCertificate(e); perr == nil && tt.want == wire.ReasonNotContain {
			if _, err := w.pool.NewCertificate(*c); reason(err) != tt.want {
				t.Errorf("%s: signing refuses with %v", tt.name, err)
			}
		}
	}
	damaged := w.draft(w.kreis.cert, inside(), t0, t0+year, two...)
	damaged.Signers[1].Sig[0] ^= 1
	_, err := w.pool.Add(damaged)
	wantReason(t, "damaged", err, wire.ReasonBadSigner)
}

func TestSignRefusesWhatVerificationWould(t *testing.T) {
	w := newTree(t)
	c := Certificate{Origin: w.origin(w.kreis.cert, w.kreis.a.key, t0, t0+year), Subject: unitSubject(t, "rp/07131/thw", scopeAt("07131", 1))}
	e := ok[*wire.Envelope](t)(w.pool.NewCertificate(c))
	if _, err := w.pool.Sign(e, w.kreis.cert.Ref(), w.kreis.key); reason(unwrap(err)) != wire.ReasonBadQuorum {
		t.Errorf("unit key where two are needed: %v", err)
	}
	if _, err := w.pool.Sign(e, w.kreis.a.ref(), w.kreis.b.key); reason(unwrap(err)) != wire.ReasonBadSigner {
		t.Errorf("wrong private key: %v", err)
	}
	e = ok[*wire.Envelope](t)(w.pool.Sign(e, w.kreis.a.ref(), w.kreis.a.key))
	if _, err := w.pool.Verify(e); reason(err) != wire.ReasonBadQuorum {
		t.Errorf("half signed: %v", err)
	}
	round, err := wire.Decode(e.Encode()) // goes round by file
	if err != nil {
		t.Fatal(err)
	}
	e = ok[*wire.Envelope](t)(w.pool.Sign(round, w.kreis.b.ref(), w.kreis.b.key))
	if _, err := w.pool.Add(e); err != nil {
		t.Errorf("fully signed: %v", err)
	}
	c.Scope.Areas[0].Keys[0].Prefix = ""
	if _, err := w.pool.NewCertificate(c); reason(err) != wire.ReasonNotContain {
		t.Errorf("whole country below a Kreis: %v", err)
	}
}

func unwrap(err error) error {
	if u, ok := err.(interface{ Unwrap() error }); ok {
		return u.Unwrap()
	}
	return err
}

func TestStrongerFormReplacesWeaker(t *testing.T) {
	w := newTree(t)
	s := personSubject(t, "rp/07131/lst", "zoe", scopeAt("07131", 0))
	weak := w.draft(w.lst.cert, s, t0, t0+year, w.lst.a)
	zoe := by{ok[*Certificate](t)(ParseCertificate(weak)), testKey(t, PurposePerson, "rp/07131/lstzoe")}
	strong := w.sign(weak, w.lst.a, w.lst.b)
	level := func() wire.Level {
		return ok[Verified](t)(w.pool.Verify(w.alert(w.lst.cert, t0+day, w.lst.a, zoe))).Level
	}
	w.add(weak)
	if got := level(); got != 1 {
		t.Errorf("weak form: level %d", got)
	}
	before := w.pool.Version()
	w.add(strong)
	if got := level(); got != 2 || w.pool.Version() == before {
		t.Errorf("strong form: level %d, version changed %v", got, w.pool.Version() != before)
	}
	w.add(weak)
	if got := level(); got != 2 {
		t.Errorf("the weak form came back: level %d", got)
	}
}

func TestChildrenAreBounded(t *testing.T) {
	w := newTree(t)
	small := scopeAt("07131", 1)
	small.Children = 3
	u := w.grant(w.kreis.cert, unitSubject(t, "rp/07131/small", small), w.kreis.a, w.kreis.b)
	self := by{u, testKey(t, PurposeUnit, "rp/07131/small")}
	officer := func(label string) by {
		return by{w.grant(w.kreis.cert, personSubject(t, "rp/07131/small", label, small), w.kreis.a, w.kreis.b), testKey(t, PurposePerson, "rp/07131/small"+label)}
	}
	a, b := officer("a"), officer("b")
	mint := func(label string, seq uint64, signers ...by) (*wire.Envelope, error) {
		w.heads[signers[0].key.Public()] = Head{Sequence: seq, ID: w.domain}
		e := w.draft(u, personSubject(t, "rp/07131/small", label, small), t0, t0+year, signers...)
		_, err := w.pool.Add(e)
		return e, err
	}
	var minted []*wire.Envelope
	for i := range 3 {
		e, err := mint(fmt.Sprint("m", i), uint64(100+i), self)
		if err != nil {
			t.Fatal(err)
		}
		minted = append(minted, e)
	}
	if _, err := mint("m3", 200, self); reason(err) != wire.ReasonOverQuota {
		t.Errorf("a fourth subject: %v", err)
	}
	if _, err := mint("m1", 300, self); err != nil {
		t.Errorf("a renewal: %v", err)
	}
	if _, err := mint("counting", 900, a, b); err != nil {
		t.Errorf("minted officers crowd out one who counts: %v", err)
	}
	if _, held := w.pool.Certificate(minted[2].ID()); held {
		t.Error("the last of the minted should have given way")
	}
	for i := range 2 * maxRenewals {
		_, err := mint("m0", uint64(400+i), self)
		if i >= maxRenewals-1 {
			wantReason(t, "too many renewals", err, wire.ReasonOverQuota)
		}
	}
	second := 0
	for i := range 5 * maxRenewals { // certificates of one second do not overlap, and still are bounded
		from := t0 + uint64(i)
		if _, err := w.pool.Add(w.draft(u, personSubject(t, "rp/07131/small", fmt.Sprint("s", i), small), from, from+1, self)); err == nil {
			second++
		}
	}
	if second > 3*maxRenewals {
		t.Errorf("%d short certificates were kept", second)
	}
}

func TestImportOnlyIsInherited(t *testing.T) {
	w := newWorld(t)
	s := fullScope(1)
	s.ImportOnly, s.Needed = true, 1
	w.grant(nil, unitSubject(t, "dwd", s), w.rootSigners()...)
	u := w.grant(nil, unitSubject(t, "dwd", s), w.rootSigners()...)
	key := testKey(t, PurposeUnit, "dwd")
	free := s
	free.ImportOnly = false
	if _, err := w.pool.Add(w.draft(u, personSubject(t, "dwd", "p", free), t0, t0+year, by{u, key})); reason(err) != wire.ReasonNotContain {
		t.Errorf("a person beyond import: %v", err)
	}
	s.Depth = 0
	gate := personSubject(t, "dwd", "gate", s)
	gate.Kind = KindGateway
	g := by{w.grant(u, gate, by{u, key}), testKey(t, PurposePerson, "dwdgate")}
	v := ok[Verified](t)(w.pool.Verify(w.alert(u, t0+day, g)))
	d := Demand{Lane: wire.LaneLive, Areas: []Area{{Keys: []AreaKey{{Scheme: SchemeARS, Prefix: "071"}}}}}
	wantReason(t, "native", v.Permit(d), wire.ReasonImportOnly)
	d.Import = true
	wantReason(t, "import", v.Permit(d), "")
	d.Areas[0].Keys[0].Prefix = "08"
	wantReason(t, "import elsewhere", v.Permit(d), wire.ReasonOutOfScope)
}

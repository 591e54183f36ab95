package identity

import (
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

func TestAlertIsProvenByItsChain(t *testing.T) {
	w := newTree(t)
	e := w.alert(w.lst.cert, t0+day, w.lst.a, w.lst.b)
	e.Chain = w.pool.ChainFor(e)
	t.Logf("chain of %d objects, %d bytes with it, %d without", len(e.Chain), len(e.EncodeFull()), len(e.Encode()))

	device := NewPool()
	if err := device.Pin(w.genesis, Fingerprint(w.domain)); err != nil {
		t.Fatal(err)
	}
	got, err := wire.Decode(e.EncodeFull())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := device.Verify(got); reason(err) != wire.ReasonUnknownIssuer {
		t.Fatalf("without chain: %v", err)
	}
	added, err := device.AddChain(got)
	if err != nil || len(added) != len(e.Chain) {
		t.Fatalf("added %d of %d: %v", len(added), len(e.Chain), err)
	}
	v, err := device.Verify(got)
	if err != nil || v.Level != 2 || v.Needed != 2 || v.Unit.Authority != "rp/07131/lst" || v.Author.Person == "" || len(v.Signers) != 2 {
		t.Fatalf("verified %+v, %v", v, err)
	}
	if again, err := device.AddChain(got); err != nil || len(again) != 0 {
		t.Errorf("the same chain again: %d added, %v", len(again), err)
	}
}

func TestAlertRefusals(t *testing.T) {
	w := newTree(t)
	at := t0 + day
	neighbour := w.unit(w.land.cert, "rp/07132", "07132", 2, w.land.a, w.land.b)
	plain := func() wire.Header { return w.alert(w.lst.cert, at, w.lst.a).Header }
	from := func(h wire.Header, signers ...by) *wire.Envelope {
		e := ok[*wire.Envelope](t)(wire.New(h, []byte{0x80}))
		return w.sign(e, signers...)
	}
	change := func(f func(h *wire.Header)) *wire.Envelope {
		h := plain()
		f(&h)
		return from(h, w.lst.a)
	}
	damaged := func(i int) *wire.Envelope {
		e := w.alert(w.lst.cert, at, w.lst.a, w.lst.b)
		e.Signers[i].Sig[3] ^= 1
		return e
	}
	strange := wire.ID{1, 2, 3}
	emergency := ok[*wire.Envelope](t)(wire.New(plain(), []byte{0x80}))
	for _, tt := range []struct {
		name string
		e    *wire.Envelope
		want wire.Reason
	}{
		{"genuine", w.alert(w.lst.cert, at, w.lst.a), ""},
		{"damaged author", damaged(0), wire.ReasonBadSigner},
		{"damaged approver", damaged(1), wire.ReasonBadSigner},
		{"unit key", w.alert(w.lst.cert, at, w.lst.self()), wire.ReasonBadSigner},
		{"unit key approves", w.alert(w.lst.cert, at, w.lst.a, w.lst.self()), wire.ReasonBadSigner},
		{"officer of the neighbour", w.alert(w.lst.cert, at, neighbour.a), wire.ReasonBadSigner},
		{"officer of the level above", w.alert(w.lst.cert, at, w.kreis.a), wire.ReasonBadSigner},
		{"key without certificate", w.alert(w.lst.cert, at, by{nil, w.lst.a.key}), wire.ReasonBadSigner},
		{"another's key", w.alert(w.lst.cert, at, by{w.lst.a.cert, w.lst.b.key}), wire.ReasonBadSigner},
		{"root key for a unit", w.alert(w.lst.cert, at, w.rootSigners()[0]), wire.ReasonBadSigner},
		{"person's certificate as unit", w.alert(w.lst.a.cert, at, w.lst.a), wire.ReasonBadSigner},
		{"before the certificate", w.alert(w.lst.cert, t0-1, w.lst.a), wire.ReasonCertExpired},
		{"after the certificate", w.alert(w.lst.cert, t0+2*year, w.lst.a), wire.ReasonCertExpired},
		{"year 2099", w.alert(w.lst.cert, 4_070_908_800, w.lst.a), wire.ReasonCertExpired},
		{"other authority", change(func(h *wire.Header) { h.Authority = "rp/07132/lst" }), wire.ReasonBadSigner},
		{"authority above", change(func(h *wire.Header) { h.Authority = "rp/07131" }), wire.ReasonBadSigner},
		{"root", change(func(h *wire.Header) { h.Authority = "" }), wire.ReasonBadSigner},
		{"unknown unit", change(func(h *wire.Header) { h.Issuer = &strange }), wire.ReasonUnknownIssuer},
		{"unknown domain", change(func(h *wire.Header) { h.Domain = &strange }), wire.ReasonUnknownDomain},
		{"unknown signer", w.alert(w.lst.cert, at, by{&Certificate{Origin: Origin{ID: strange}}, w.lst.a.key}), wire.ReasonUnknownIssuer},
		{"emergency", w.lst.a.key.Sign(emergency, w.lst.a.ref(), wire.RoleEmergency), ""},
	} {
		_, err := w.pool.Verify(tt.e)
		wantReason(t, tt.name, err, tt.want)
	}
}

func TestHeaderMustLieInEveryScope(t *testing.T) {
	w := newTree(t)
	narrow := scopeAt("07131", 0)
	narrow.Severity, narrow.Lanes, narrow.Lifetime, narrow.Emergency = wire.PriorityMinor, LaneSet(wire.LaneDrill, wire.LaneLive), 3600, 0
	clara := by{w.grant(w.kreis.cert, personSubject(t, "rp/07131/lst", "clara", narrow), w.kreis.a, w.kreis.b),
		testKey(t, PurposePerson, "rp/07131/lstclara")}
	for _, tt := range []struct {
		name   string
		change func(h *wire.Header)
		role   wire.Role
		want   wire.Reason
	}{
		{"inside", func(h *wire.Header) { h.Priority = wire.PriorityMinor }, wire.RoleAuthor, ""},
		{"severity", func(h *wire.Header) {}, wire.RoleAuthor, wire.ReasonOutOfScope},
		{"lifetime", func(h *wire.Header) { h.Priority, h.Expires = 0, h.Created+3601 }, wire.RoleAuthor, wire.ReasonOutOfScope},
		{"emergency", func(h *wire.Header) { h.Priority = 0 }, wire.RoleEmergency, wire.ReasonOutOfScope},
	} {
		h := w.alert(w.lst.cert, t0+day, clara).Header
		tt.change(&h)
		e := ok[*wire.Envelope](t)(wire.New(h, []byte{0x80}))
		_, err := w.pool.Verify(clara.key.Sign(e, clara.ref(), tt.role))
		wantReason(t, tt.name+" as author", err, tt.want)
		if tt.role == wire.RoleAuthor {
			e = w.lst.a.key.Sign(e, w.lst.a.ref(), wire.RoleAuthor)
			_, err = w.pool.Verify(clara.key.Sign(e, clara.ref(), wire.RoleApprover))
			wantReason(t, tt.name+" as approver", err, tt.want)
		}
	}
}

func TestSamePersonCountsOnce(t *testing.T) {
	w := newTree(t)
	second := personSubject(t, "rp/07131/lst", "anna", scopeAt("07131", 1))
	key := testKey(t, PurposePerson, "anna's second key")
	second.Key = key.Public()
	anna2 := by{w.grant(w.kreis.cert, second, w.kreis.a, w.kreis.b), key}

	alias := personSubject(t, "rp/07131/lst", "alias", scopeAt("07131", 1))
	alias.Key = w.lst.a.key.Public()
	double := by{w.grant(w.kreis.cert, alias, w.kreis.a, w.kreis.b), w.lst.a.key}

	for _, tt := range []struct {
		name    string
		signers []by
		level   wire.Level
		missing int
	}{
		{"one", []by{w.lst.a}, 1, 0},
		{"two", []by{w.lst.a, w.lst.b}, 2, 0},
		{"two keys of one person", []by{w.lst.a, anna2}, 1, 1},
		{"one key of two persons", []by{w.lst.a, double}, 1, 1},
		{"three, two needed", []by{w.lst.a, w.lst.b, anna2}, 2, 1},
	} {
		v, err := w.pool.Verify(w.alert(w.lst.cert, t0+day, tt.signers...))
		if err != nil || v.Level != tt.level || v.Uncounted != tt.missing {
			t.Errorf("%s: level %d, %d uncounted, %v; want %d and %d", tt.name, v.Level, v.Uncounted, err, tt.level, tt.missing)
		}
	}
}

func TestRequireIsFair(t *testing.T) {
	v := Verified{Level: 1}
	wantReason(t, "enough", v.Require(1), "")
	wantReason(t, "too few", v.Require(2), wire.ReasonBadQuorum)
	v.Uncounted = 1
	wantReason(t, "withdrawn here", v.Require(2), wire.ReasonRevoked)
}

func TestEquivocation(t *testing.T) {
	w := newTree(t)
	a := w.alert(w.lst.cert, t0+day, w.lst.a)
	b := w.alert(w.lst.cert, t0+day+1, w.lst.a, w.lst.b)
	if !w.pool.Equivocation(a, b) {
		t.Error("two alerts with one sequence are a fork")
	}
	if w.pool.Equivocation(a, a) || w.pool.Equivocation(a, w.alert(w.lst.cert, t0+day+1, w.lst.b)) {
		t.Error("one envelope, or two authors, are no fork")
	}
	b.Signers[0].Sig[0] ^= 1
	if w.pool.Equivocation(a, b) {
		t.Error("a forged envelope proves nothing")
	}
	h := b.Header
	h.Lane = wire.LaneDrill
	drill := w.lst.a.key.Sign(ok[*wire.Envelope](t)(wire.New(h, []byte{0x80})), w.lst.a.ref(), wire.RoleAuthor)
	if w.pool.Equivocation(a, drill) {
		t.Error("each lane has its own sequence")
	}
}

// BenchmarkVerify compares, in one run and in turns, so that other load weighs on
// both: an alert with one signature and its chain held, and the bare signature.
func BenchmarkVerify(b *testing.B) {
	w := newTree(b)
	e := w.alert(w.lst.cert, t0+day, w.lst.a)
	s := e.Signers[0]
	msg := e.ToBeSigned(s)
	var bare, whole time.Duration
	b.ReportAllocs()
	for b.Loop() {
		start := time.Now()
		if !VerifySignature(w.lst.a.cert.Key, msg, s.Sig[:]) {
			b.Fatal("does not verify")
		}
		middle := time.Now()
		if _, err := w.pool.Verify(e); err != nil {
			b.Fatal(err)
		}
		bare, whole = bare+middle.Sub(start), whole+time.Since(middle)
	}
	b.ReportMetric(float64(bare.Nanoseconds())/float64(b.N), "ns/bare")
	b.ReportMetric(float64(whole.Nanoseconds())/float64(b.N), "ns/verify")
	b.ReportMetric(float64(whole)/float64(bare), "verify/bare")
}

func BenchmarkVerifyWithChainInline(b *testing.B) {
	w := newTree(b)
	e := w.alert(w.lst.cert, t0+day, w.lst.a)
	e.Chain = w.pool.ChainFor(e)
	raw := e.EncodeFull()
	b.ReportAllocs()
	for b.Loop() {
		e, err := wire.Decode(raw)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := w.pool.AddChain(e); err != nil {
			b.Fatal(err)
		}
		if _, err := w.pool.Verify(e); err != nil {
			b.Fatal(err)
		}
	}
}

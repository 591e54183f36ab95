package wire

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

func testEnvelope(t testing.TB, h Header, payload []byte) *Envelope {
	t.Helper()
	e, err := New(h, payload)
	if err != nil {
		t.Fatal(err)
	}
	s := NewSigner(KeyRef([32]byte(testKey(7).Public().(ed25519.PublicKey))), RoleAuthor)
	copy(s.Sig[:], ed25519.Sign(testKey(7), e.ToBeSigned(s)))
	return e.AddSigner(s)
}

func alertHeader() Header {
	domain, issuer := hashID("domain"), hashID("issuer")
	return Header{Type: TypeAlert, Domain: &domain, Authority: "rp/07131/lst", Issuer: &issuer, Sequence: 1,
		Lane: LaneLive, Created: 1800000000, Expires: 1800003600, Priority: PrioritySevere}
}

// TestNewWritesTheSketch: two encoders that share no code agree.
func TestNewWritesTheSketch(t *testing.T) {
	s := sketchOf(TypeAlert, LaneLive)
	h := alertHeader()
	h.Domain, h.Issuer = (*ID)(testDomain[2:]), (*ID)(testIssuer[2:])
	if got := testEnvelope(t, h, s.payload).Encode(); !bytes.Equal(got, s.bytes()) {
		t.Errorf("New writes\n%x, the sketch\n%x", got, s.bytes())
	}
}

// TestFitting: what is sent is never longer than what is taken.
func TestFitting(t *testing.T) {
	e := testEnvelope(t, alertHeader(), []byte{0x80})
	some := func(n, size int) (list [][]byte) {
		for range n {
			list = append(list, make([]byte, size))
		}
		return list
	}
	for _, c := range []struct {
		name         string
		chain, parts [][]byte
		keepsChain   bool
		keepsParts   bool
	}{
		{"all fits", some(9, 500), some(2, 20<<10), true, true},
		{"a chain too much", some(24, 6<<10), some(2, 20<<10), false, true},
		{"a chain for several signatures", some(24, 1<<10), some(1, 60<<10), false, true},
		{"parts that came one by one", some(9, 500), some(2, 60<<10), false, false},
	} {
		e.Chain, e.Parts = c.chain, c.parts
		got, err := Decode(e.EncodeFitting())
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		if got.ID() != e.ID() || len(got.Chain) > 0 != c.keepsChain || len(got.Parts) > 0 != c.keepsParts {
			t.Errorf("%s: %d of the chain, %d parts", c.name, len(got.Chain), len(got.Parts))
		}
	}
}

func TestDecodeWritesTheSameBytes(t *testing.T) {
	h := alertHeader()
	h.Extensions = []Extension{{Label: 300, Value: mustMarshal(1)}, {Label: 17, Value: mustMarshal("later")}}
	for name, e := range map[string]*Envelope{
		"plain":         testEnvelope(t, alertHeader(), []byte{0x80}),
		"extension":     testEnvelope(t, h, []byte{0x80}),
		"empty payload": testEnvelope(t, alertHeader(), nil),
	} {
		e.Chain, e.Parts = [][]byte{{1, 2}}, [][]byte{nil, {0}}
		b := e.EncodeFull()
		got, err := Decode(b)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !bytes.Equal(got.EncodeFull(), b) || got.ID() != e.ID() {
			t.Errorf("%s: not the same bytes again", name)
		}
		if got.Parts[0] != nil || !bytes.Equal(got.Parts[1], []byte{0}) {
			t.Errorf("%s: parts %v, want the first absent", name, got.Parts)
		}
		key, _ := got.Author().Ref.Key()
		if !ed25519.Verify(key[:], got.ToBeSigned(got.Author()), got.Signers[0].Sig[:]) {
			t.Errorf("%s: signature does not verify after decoding", name)
		}
		if stored, err := Decode(e.Encode()); err != nil || stored.Chain != nil || stored.Parts != nil || stored.ID() != e.ID() {
			t.Errorf("%s: stored form %+v, %v", name, stored, err)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	for name, tt := range map[string]struct {
		bend    func(*Header)
		payload int
		want    Reason
	}{
		"known label as extension": {func(h *Header) { h.Extensions = []Extension{{Label: 6, Value: []byte{9}}} }, 0, ReasonMalformed},
		"extension twice":          {func(h *Header) { h.Extensions = []Extension{{16, []byte{1}}, {16, []byte{2}}} }, 0, ReasonMalformed},
		"extension not canonical":  {func(h *Header) { h.Extensions = []Extension{{16, []byte{0x18, 1}}} }, 0, ReasonMalformed},
		"wrong lane":               {func(h *Header) { h.Lane = LaneTrust }, 0, ReasonWrongLane},
		"no lane":                  {func(h *Header) { h.Lane = 0 }, 0, ReasonUnsupported},
		"too large":                {func(*Header) {}, MaxTransmission, ReasonTooLarge},
		"lives too long":           {func(h *Header) { h.Expires += MaxAlertLifetime }, 0, ReasonBadLifetime},
	} {
		h := alertHeader()
		tt.bend(&h)
		if e, err := New(h, make([]byte, tt.payload)); e != nil || !errors.Is(err, &Refusal{Reason: tt.want}) {
			t.Errorf("%s: %v, want %s", name, err, tt.want)
		}
	}
}

// TestAddSigner: in whatever order signatures arrive, the bytes are the same,
// and the envelope they are added to stays as it was.
func TestAddSigner(t *testing.T) {
	e := must(New(alertHeader(), mustMarshal([]int{})))
	signers := []Signer{NewSigner(KeyRef([32]byte{9}), RoleAuthor)}
	for i := range byte(5) {
		signers = append(signers, NewSigner(KeyRef([32]byte{i}), RoleApprover), NewSigner(CertificateRef(hashID("c", []byte{i})), RoleApprover))
	}
	add := func(order []Signer) *Envelope {
		sum := e
		for _, s := range order {
			sum = sum.AddSigner(s)
		}
		return sum
	}
	want := add(signers).Encode()
	if _, err := Decode(want); err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		order := rapid.Permutation(signers).Draw(t, "order")
		part := add(order[:3])
		before := part.Encode()
		again := order[rapid.IntRange(0, 2).Draw(t, "again")]
		if !bytes.Equal(add(append(slices.Clone(order), again)).Encode(), want) {
			t.Fatal("order or repetition of signatures changes the bytes")
		}
		part.AddSigner(order[4])
		if !bytes.Equal(part.Encode(), before) {
			t.Fatal("AddSigner changed its receiver")
		}
	})
	s := signers[0]
	s.Sig[0] = 1
	if got := add(signers).AddSigner(s); len(got.Signers) != len(signers) || got.Author().Sig[0] != 1 {
		t.Error("a signature by the same ref is not replaced")
	}
	if e.Author() != (Signer{}) {
		t.Error("an unsigned envelope has an author")
	}
}

// TestStoredSharesNothing: what is kept must not change or stay large with the
// bytes it came in.
func TestStoredSharesNothing(t *testing.T) {
	h := alertHeader()
	h.Extensions = []Extension{{Label: 17, Value: mustMarshal("later")}}
	e := testEnvelope(t, h, []byte{0x80})
	e.Chain, e.Parts = [][]byte{{1, 2}}, [][]byte{{0}}
	want, b := e.Encode(), e.EncodeFull()
	stored := must(Decode(b)).Stored()
	clear(b)
	if !bytes.Equal(stored.EncodeFull(), want) || stored.ID() != e.ID() || *stored.Header.Domain != *h.Domain ||
		!bytes.Equal(stored.Header.Extensions[0].Value, h.Extensions[0].Value) {
		t.Error("the stored copy changes with the input")
	}
}

// TestLargestTrustObjectFitsAChain with every signature it may carry.
func TestLargestTrustObjectFitsAChain(t *testing.T) {
	s := sketchOf(TypeCertificate, LaneTrust)
	s.payload = make([]byte, MaxTrustObject-len(s.protectedBytes()))
	s.signers = append(s.signers, approvers(MaxSigners-1)...)
	e, err := Decode(s.bytes())
	if err != nil {
		t.Fatal(err)
	}
	if n := len(e.Encode()); n > MaxChainObject {
		t.Errorf("%d bytes, a chain takes %d", n, MaxChainObject)
	}
}

func TestDomain(t *testing.T) {
	genesis := must(Decode(genesisSketch().bytes()))
	if genesis.Domain() != genesis.ID() || !genesis.Header.DomainID().IsZero() || !genesis.Header.IssuerID().IsZero() {
		t.Error("a genesis root does not name itself")
	}
	h := alertHeader()
	if e := testEnvelope(t, h, nil); e.Domain() != *h.Domain || e.Header.DomainID() != *h.Domain || e.Header.IssuerID() != *h.Issuer {
		t.Error("an alert is in another domain than its header says")
	}
	if got := h.String(); got != `live alert seq 1 by "rp/07131/lst"` {
		t.Errorf("header reads %s", got)
	}
}

// TestUnmarshal: what Marshal would not have written is refused.
func TestUnmarshal(t *testing.T) {
	type value struct {
		A uint64   `cbor:"1,keyasint"`
		B []uint64 `cbor:"2,keyasint,omitempty"`
	}
	for name, tt := range map[string]struct {
		item []byte
		ok   bool
	}{
		"regular":       {pairs(num(1), num(5), num(2), arr(num(1))), true},
		"left out":      {pairs(num(1), num(5)), true},
		"unknown key":   {pairs(num(1), num(5), num(3), num(1)), false},
		"duplicate key": {pairs(num(1), num(5), num(1), num(5)), false},
		"unsorted":      {pairs(num(2), arr(num(1)), num(1), num(5)), false},
		"empty list":    {pairs(num(1), num(5), num(2), arr()), false},
		"null":          {pairs(num(1), []byte{0xf6}), false},
		"null list":     {pairs(num(1), num(5), num(2), []byte{0xf6}), false},
		"not shortest":  {pairs(num(1), []byte{0x18, 5}), false},
		"float":         {pairs(num(1), unhex("f94500")), false},
		"tag":           {pairs(num(1), unhex("c105")), false},
		"missing":       {pairs(), false},
		"trailing byte": {append(pairs(num(1), num(5)), 0), false},
		"indefinite":    {unhex("bf0105ff"), false},
	} {
		var v value
		if err := Unmarshal(tt.item, &v); (err == nil) != tt.ok {
			t.Errorf("%s: %v", name, err)
		}
	}
	var raw []Raw
	if err := Unmarshal(arr(num(1), []byte{0x18, 5}), &raw); err == nil {
		t.Error("a raw item in two bytes too many is accepted")
	}
	if got := must(Marshal([][]byte{nil})); !bytes.Equal(got, []byte{0x81, 0x40}) {
		t.Errorf("a nil byte string is written as %x", got)
	}
	if _, err := Marshal(make(chan int)); err == nil {
		t.Error("a channel has CBOR")
	}
}

func BenchmarkDecode(b *testing.B) {
	raw := testEnvelope(b, alertHeader(), mustMarshal(bytes.Repeat([]byte{1}, 300))).Encode()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Decode(raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkToBeSigned(b *testing.B) {
	e := testEnvelope(b, alertHeader(), mustMarshal(bytes.Repeat([]byte{1}, 300)))
	b.ReportAllocs()
	for b.Loop() {
		e.ToBeSigned(e.Signers[0])
	}
}

func BenchmarkEncode(b *testing.B) {
	e := testEnvelope(b, alertHeader(), mustMarshal(bytes.Repeat([]byte{1}, 300)))
	b.ReportAllocs()
	for b.Loop() {
		e.Encode()
	}
}

func TestStoredSize(t *testing.T) {
	for _, n := range []int{0, 23, 24, 255, 256, 60000} {
		e := testEnvelope(t, alertHeader(), make([]byte, n))
		for range 3 {
			if got, want := e.StoredSize(), len(e.Encode()); got != want {
				t.Errorf("payload of %d bytes, %d signers: size %d, want %d", n, len(e.Signers), got, want)
			}
			e = e.AddSigner(NewSigner(KeyRef([32]byte{byte(len(e.Signers))}), RoleApprover))
		}
	}
}

package wire

import (
	"bytes"
	"crypto/ed25519"
	"testing"
)

func testEnvelope(t testing.TB, h Header, payload []byte) *Envelope {
	t.Helper()
	e, err := New(h, payload)
	if err != nil {
		t.Fatal(err)
	}
	key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{7}, 32))
	s := NewSigner(KeyRef([32]byte(key.Public().(ed25519.PublicKey))), RoleAuthor)
	copy(s.Sig[:], ed25519.Sign(key, e.ToBeSigned(s)))
	return e.AddSigner(s)
}

func alertHeader() Header {
	domain, issuer := hashID("domain"), hashID("issuer")
	return Header{Type: TypeAlert, Domain: &domain, Authority: "rp/07131/lst", Issuer: &issuer, Sequence: 1,
		Lane: LaneLive, Created: 1800000000, Expires: 1800003600, Priority: PrioritySevere}
}

func TestDecodeWritesTheSameBytes(t *testing.T) {
	h := alertHeader()
	h.Extensions = []Extension{{Label: 17, Value: mustMarshal("later")}}
	for name, e := range map[string]*Envelope{
		"plain":     testEnvelope(t, alertHeader(), []byte{0x80}),
		"extension": testEnvelope(t, h, []byte{0x80}),
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
		key, _ := got.Author().Ref.Key()
		if !ed25519.Verify(key[:], got.ToBeSigned(got.Author()), got.Signers[0].Sig[:]) {
			t.Errorf("%s: signature does not verify after decoding", name)
		}
		t.Logf("%s: %d bytes", name, len(e.Encode()))
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

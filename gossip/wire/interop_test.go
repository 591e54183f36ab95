package wire

import (
	"bytes"
	"crypto/ed25519"
	"errors"
	"io"
	"testing"

	"github.com/hdevalence/ed25519consensus"
	"github.com/veraison/go-cose"
)

// coseKey verifies and signs for go-cose by WIRE.md's rule.
type coseKey struct {
	public  []byte
	private ed25519.PrivateKey
}

func (k coseKey) Algorithm() cose.Algorithm { return AlgEd25519 }

func (k coseKey) Verify(content, signature []byte) error {
	if !ed25519consensus.Verify(k.public, content, signature) {
		return cose.ErrVerification
	}
	return nil
}

// TestCOSEReadsOurEnvelopes: another implementation of RFC 9052 reads every
// accepted vector as a COSE_Sign message and finds the signatures that we find.
func TestCOSEReadsOurEnvelopes(t *testing.T) {
	for _, v := range readVectors(t) {
		if v.verify == "" {
			continue
		}
		e := must(Decode(v.body))
		var msg cose.SignMessage
		if err := msg.UnmarshalCBOR(v.body); err != nil {
			t.Errorf("%s: %v", v.name, err)
			continue
		}
		if !bytes.Equal(msg.Payload, e.Payload) || len(msg.Signatures) != len(e.Signers) {
			t.Errorf("%s: other payload or number of signatures", v.name)
		}
		var keys []cose.Verifier
		valid := true
		for i, s := range msg.Signatures {
			kid, _ := s.Headers.Protected[cose.HeaderLabelKeyID].([]byte)
			if role, _ := s.Headers.Protected[int64(labelHeader)].(int64); Role(role) != e.Signers[i].Role || len(kid) != IDSize {
				t.Fatalf("%s: kid %x in role %d", v.name, kid, role)
			}
			keys = append(keys, coseKey{public: kid[1:]})
			valid = valid && !bytes.Contains([]byte(v.verify), []byte("invalid"))
		}
		err := msg.Verify([]byte(e.Header.Type.Context()), keys...)
		if (err == nil) != valid || err != nil && !errors.Is(err, cose.ErrVerification) {
			t.Errorf("%s: verifies with %v, want %s", v.name, err, v.verify)
		}
		if msg.Verify([]byte("kreidfeuer:1:other"), keys...) == nil && v.name == "accept-alert-live" {
			t.Errorf("%s: verifies in another context", v.name)
		}
	}
}

// TestWeReadCOSEMessages: what that implementation signs and writes, given our
// headers, is an envelope.
func TestWeReadCOSEMessages(t *testing.T) {
	plain := must(New(alertHeader(), mustMarshal([]int{})))
	key := coseKey{private: testKey(7)}
	ref := KeyRef([32]byte(testKey(7).Public().(ed25519.PublicKey)))
	msg := cose.NewSignMessage()
	msg.Headers.RawProtected = appendBytes(nil, plain.protected)
	msg.Payload = plain.Payload
	signature := cose.NewSignature()
	signature.Headers.Protected = cose.ProtectedHeader{cose.HeaderLabelAlgorithm: cose.Algorithm(AlgEd25519),
		cose.HeaderLabelKeyID: ref[:], int64(labelHeader): int64(RoleAuthor)}
	msg.Signatures = []*cose.Signature{signature}
	signer := coseSigner{key}
	if err := msg.Sign(nil, []byte(TypeAlert.Context()), signer); err != nil {
		t.Fatal(err)
	}
	b, err := msg.MarshalCBOR()
	if err != nil {
		t.Fatal(err)
	}
	e, err := Decode(b)
	if err != nil {
		t.Fatal(err)
	}
	if e.ID() != plain.ID() || !ed25519.Verify(testKey(7).Public().(ed25519.PublicKey), e.ToBeSigned(e.Author()), e.Signers[0].Sig[:]) {
		t.Error("read with another ID, or the signature does not verify")
	}
}

type coseSigner struct{ coseKey }

func (s coseSigner) Sign(_ io.Reader, content []byte) ([]byte, error) {
	return ed25519.Sign(s.private, content), nil
}

package wire

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha512"
	"testing"

	"filippo.io/edwards25519"
)

// Encodings of points on which Ed25519 implementations disagree.
const (
	identityPoint    = "0100000000000000000000000000000000000000000000000000000000000000"
	identityNegative = "0100000000000000000000000000000000000000000000000000000000000080" // sign bit of x = 0
	identityBeyondP  = "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f" // y = p + 1
	order2Point      = "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"
	order8Point      = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"
	notOnCurve       = "0200000000000000000000000000000000000000000000000000000000000000"
	groupOrder       = "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010" // L, little endian
	scalarZero       = "0000000000000000000000000000000000000000000000000000000000000000"
)

func point(s string) *edwards25519.Point { return must(new(edwards25519.Point).SetBytes(unhex(s))) }

// secret is the scalar of testKey(7).
func secret() *edwards25519.Scalar {
	h := sha512.Sum512(testKey(7).Seed())
	return must(new(edwards25519.Scalar).SetBytesWithClamping(h[:32]))
}

func challenge(r, a, message []byte) *edwards25519.Scalar {
	h := sha512.Sum512(bytes.Join([][]byte{r, a, message}, nil))
	return must(new(edwards25519.Scalar).SetUniformBytes(h[:]))
}

// signedBy is a live alert whose only signer is the key with encoding a; sign
// makes the signature of a message.
func signedBy(a []byte, sign func(message []byte) []byte) *sketch {
	s := sketchOf(TypeAlert, LaneLive)
	g := &s.signers[0]
	g.kid = bstr(append([]byte{2}, a...))
	g.sig = sign(s.toBeSigned(g.header()))
	return s
}

// crafted signs with the secret scalar and nonce, but shows the verifier the
// given encodings of R and A.
func crafted(r, a []byte, nonce, secret *edwards25519.Scalar) func([]byte) []byte {
	return func(message []byte) []byte {
		k := challenge(r, a, message)
		return append(bytes.Clone(r), new(edwards25519.Scalar).MultiplyAdd(k, secret, nonce).Bytes()...)
	}
}

func fixed(r, s string) func([]byte) []byte {
	return func([]byte) []byte { return append(unhex(r), unhex(s)...) }
}

// signatureVectors are envelopes that decode; what differs is whether their
// signature verifies.
func signatureVectors() []vector {
	honest := []byte(testKey(7).Public().(ed25519.PublicKey))
	zero, nonce := edwards25519.NewScalar(), must(edwards25519.NewScalar().SetUniformBytes(bytes.Repeat([]byte{6}, 64)))
	// The nonce gives a challenge that is no multiple of 8, which would hide a component of order 8.
	base := new(edwards25519.Point).ScalarBaseMult(nonce)
	mixedA := new(edwards25519.Point).Add(point(order8Point), must(new(edwards25519.Point).SetBytes(honest))).Bytes()
	mixedR := new(edwards25519.Point).Add(point(order8Point), base).Bytes()

	wrongContext := sketchOf(TypeAlert, LaneLive)
	wrongContext.signers[0].sig = signatureIn("kreidfeuer:1:certificate")
	sign1 := sketchOf(TypeAlert, LaneLive)
	sign1.signers[0].sig = ed25519.Sign(testKey(7), arr(tstr("Signature1"), bstr(sign1.protectedBytes()), bstr([]byte(sign1.context)), bstr(sign1.payload)))
	otherRole := sketchOf(TypeAlert, LaneLive)
	asEmergency := sketchSigner{key: 7, role: num(3)}
	otherRole.signers[0].sig = ed25519.Sign(testKey(7), otherRole.toBeSigned(asEmergency.header()))

	vec := func(name, verify, comment string, s *sketch) vector {
		v := accepted(name, comment, verify, s)
		v.name = "signature-" + verify + "-" + name
		return v
	}
	return []vector{
		vec("wrong-context", "invalid", "signed in the context of a certificate", wrongContext),
		vec("no-context", "invalid", "signed without external data", func() *sketch {
			s := sketchOf(TypeAlert, LaneLive)
			s.signers[0].sig = signatureIn("")
			return s
		}()),
		vec("sign1", "invalid", "signed as COSE_Sign1", sign1),
		vec("other-role", "invalid", "signed in another role", otherRole),
		vec("flipped-bit", "invalid", "one bit of R is flipped", signedBy(honest, func(m []byte) []byte {
			sig := ed25519.Sign(testKey(7), m)
			sig[0] ^= 1
			return sig
		})),
		vec("zero", "invalid", "64 zero bytes by an honest key", signedBy(honest, fixed(scalarZero, scalarZero))),
		vec("s-plus-l", "invalid", "S + L in place of S: not below L", signedBy(honest, func(m []byte) []byte {
			return addOrder(ed25519.Sign(testKey(7), m))
		})),
		vec("s-is-l", "invalid", "S = L with small-order A and R: not below L", signedBy(unhex(identityPoint), fixed(identityPoint, groupOrder))),
		vec("small-order-a-and-r", "valid", "A and R of order 8, S = 0", signedBy(unhex(order8Point), fixed(order8Point, scalarZero))),
		vec("small-order-a", "valid", "A of order 2, honest R", signedBy(unhex(order2Point), crafted(base.Bytes(), unhex(order2Point), nonce, zero))),
		vec("small-order-r", "valid", "R of order 8, honest A", signedBy(honest, crafted(unhex(order8Point), honest, zero, secret()))),
		vec("non-canonical-a", "valid", "A = p + 1, beyond the field: read modulo p", signedBy(unhex(identityBeyondP), fixed(identityPoint, scalarZero))),
		vec("non-canonical-r", "valid", "R = p + 1, beyond the field: read modulo p", signedBy(honest, crafted(unhex(identityBeyondP), honest, zero, secret()))),
		vec("negative-zero-a", "valid", "A with x = 0 and the sign bit set", signedBy(unhex(identityNegative), fixed(identityPoint, scalarZero))),
		vec("mixed-order-a", "valid", "A with a component of order 8: only the cofactored equation holds",
			signedBy(mixedA, crafted(base.Bytes(), mixedA, nonce, secret()))),
		vec("mixed-order-r", "valid", "R with a component of order 8: only the cofactored equation holds",
			signedBy(honest, crafted(mixedR, honest, nonce, secret()))),
		vec("a-not-on-curve", "invalid", "A is no point of the curve", signedBy(unhex(notOnCurve), fixed(identityPoint, scalarZero))),
		vec("r-not-on-curve", "invalid", "R is no point of the curve", signedBy(unhex(identityPoint), fixed(notOnCurve, scalarZero))),
	}
}

// signatureIn signs the minimal live alert in another context.
func signatureIn(context string) []byte {
	s := sketchOf(TypeAlert, LaneLive)
	s.context = context
	return ed25519.Sign(testKey(7), s.toBeSigned(s.signers[0].header()))
}

// addOrder adds L to the signature's S.
func addOrder(sig []byte) []byte {
	carry := 0
	for i, l := range unhex(groupOrder) {
		sum := int(sig[32+i]) + int(l) + carry
		sig[32+i], carry = byte(sum), sum>>8
	}
	return sig
}

// TestVectorsTellTheRulesApart: without cofactored vectors, a device that
// verifies by crypto/ed25519's rule would pass them all.
func TestVectorsTellTheRulesApart(t *testing.T) {
	differ := map[string]bool{}
	for _, v := range readVectors(t) {
		if v.verify != "valid" {
			continue
		}
		e := must(Decode(v.body))
		key, _ := e.Author().Ref.Key()
		if !ed25519.Verify(key[:], e.ToBeSigned(e.Author()), e.Signers[0].Sig[:]) {
			differ[v.name] = true
		}
	}
	for _, name := range []string{"signature-valid-mixed-order-a", "signature-valid-mixed-order-r", "signature-valid-non-canonical-r"} {
		if !differ[name] {
			t.Errorf("%s verifies by the cofactorless rule too and shows nothing", name)
		}
	}
}

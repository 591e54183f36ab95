package identity

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/hdevalence/ed25519consensus"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Purpose says what a key is for. A key serves one purpose only; key files name it.
type Purpose string

// The purposes.
const (
	PurposeDevice Purpose = "device" // libp2p host key; never signs envelopes
	PurposeRoot   Purpose = "root"   // one of a trust domain's root or recovery keys
	PurposeUnit   Purpose = "unit"   // an authority: certificates, revocations, beacons
	PurposePerson Purpose = "person" // an officer or a gateway: alerts
)

func (p Purpose) valid() bool {
	return p == PurposeDevice || p == PurposeRoot || p == PurposeUnit || p == PurposePerson
}

// PublicKey is an Ed25519 public key. It travels as a byte string of 32 bytes.
type PublicKey [32]byte

const publicKeyPrefix = "kfpub1"

var keyText = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// String is the text form: "kfpub1" and 56 characters of lower-case base32, the
// last five of them a checksum, because people copy keys by hand.
func (k PublicKey) String() string {
	sum := sha256.Sum256(k[:])
	return publicKeyPrefix + keyText.EncodeToString(append(k[:], sum[:3]...))
}

// ParsePublicKey reads the text form of a public key.
func ParsePublicKey(s string) (PublicKey, error) {
	var k PublicKey
	text := strings.ToLower(strings.TrimSpace(s))
	body, ok := strings.CutPrefix(text, publicKeyPrefix)
	b, err := keyText.DecodeString(body)
	if !ok || err != nil || len(b) != len(k)+3 {
		return PublicKey{}, fmt.Errorf("parse public key: want %s and 56 characters a-z, 2-7", publicKeyPrefix)
	}
	copy(k[:], b)
	if k.String() != text {
		return PublicKey{}, errors.New("parse public key: the checksum does not match, a character is wrong")
	}
	return k, nil
}

// MarshalText implements [encoding.TextMarshaler].
func (k PublicKey) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (k *PublicKey) UnmarshalText(b []byte) (err error) {
	*k, err = ParsePublicKey(string(b))
	return err
}

// Ref names the key itself as a signer: root keys have no certificate.
func (k PublicKey) Ref() wire.Ref { return wire.KeyRef(k) }

// smallOrder lists the y coordinates, little endian without the sign bit, of
// the points of small order in every encoding that ZIP 215 accepts. Anybody can
// sign for such a key, so no certificate and no root may hold one.
var smallOrder = [][32]byte{
	{},
	{0: 1},
	lowEncoding(0xec), lowEncoding(0xed), lowEncoding(0xee),
	{0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
		0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05},
	{0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
		0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a},
}

// lowEncoding is a y coordinate near the field's prime 2^255-19.
func lowEncoding(first byte) (y [32]byte) {
	copy(y[:], bytes.Repeat([]byte{0xff}, 32))
	y[0], y[31] = first, 0x7f
	return y
}

// check refuses keys for which anybody can sign.
func (k PublicKey) check() error {
	y := [32]byte(k)
	y[31] &= 0x7f
	for _, weak := range smallOrder {
		if y == weak {
			return wire.Refuse(wire.ReasonBadPayload, "public key is a point of small order")
		}
	}
	return nil
}

// VerifySignature is the one verification rule for Ed25519: ZIP 215, so that
// all devices agree on every signature, and single and batch verification too.
func VerifySignature(key PublicKey, message, signature []byte) bool {
	return ed25519consensus.Verify(key[:], message, signature)
}

// PrivateKey is an Ed25519 private key with its purpose. It never prints, is not
// comparable and has no text form; it leaves memory through [EncryptKeyFile] only.
type PrivateKey struct {
	_       [0]func() // not comparable
	purpose Purpose
	public  PublicKey
	secret  func() ed25519.PrivateKey // a function, because every verb of fmt prints it as an address
}

// GenerateKey makes a key from 32 bytes of random.
func GenerateKey(purpose Purpose, random io.Reader) (PrivateKey, error) {
	if !purpose.valid() {
		return PrivateKey{}, fmt.Errorf("generate key: unknown purpose %q", purpose)
	}
	seed := make([]byte, ed25519.SeedSize)
	if _, err := io.ReadFull(random, seed); err != nil {
		return PrivateKey{}, fmt.Errorf("generate key: %w", err)
	}
	return newPrivateKey(purpose, seed), nil
}

func newPrivateKey(purpose Purpose, seed []byte) PrivateKey {
	key := ed25519.NewKeyFromSeed(seed)
	return PrivateKey{purpose: purpose, public: PublicKey(key[32:]), secret: func() ed25519.PrivateKey { return key }}
}

// Public is the public half.
func (k PrivateKey) Public() PublicKey { return k.public }

// Purpose is what the key is for.
func (k PrivateKey) Purpose() Purpose { return k.purpose }

// Seed returns a copy of the 32 secret bytes, for handing a device key to libp2p.
// It panics on keys of any other purpose: those sign here or rest encrypted.
func (k PrivateKey) Seed() []byte {
	if k.purpose != PurposeDevice {
		panic("identity: Seed of a " + string(k.purpose) + " key")
	}
	return k.secret().Seed()
}

// Sign returns a copy of e with a signature by k added. ref names the signer:
// the ID of k's certificate, or the key itself for root keys. Sign judges
// nothing; [Pool.Check] says whether the result will be accepted. It panics on
// the zero key and on device keys, which never sign envelopes.
func (k PrivateKey) Sign(e *wire.Envelope, ref wire.Ref, role wire.Role) *wire.Envelope {
	if k.purpose == PurposeDevice {
		panic("identity: a device key signs no envelopes")
	}
	s := wire.NewSigner(ref, role)
	copy(s.Sig[:], ed25519.Sign(k.secret(), e.ToBeSigned(s)))
	return e.AddSigner(s)
}

// Format implements [fmt.Formatter] so that no verb prints the secret.
func (k PrivateKey) Format(f fmt.State, _ rune) {
	fmt.Fprintf(f, "private %s key of %s", k.purpose, k.public)
}

// MarshalText fails: private keys have no text form.
func (k PrivateKey) MarshalText() ([]byte, error) {
	return nil, errors.New("private keys have no text form: use EncryptKeyFile")
}

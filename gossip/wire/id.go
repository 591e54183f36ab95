package wire

import (
	"bytes"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"strings"
)

// IDSize is the length of an ID in bytes: one algorithm byte and the hash.
const IDSize = 33

const (
	algSHA256  = 0x01 // ID and Ref: SHA-256 of the named object
	algEd25519 = 0x02 // Ref only: the Ed25519 public key itself
)

// ID names an envelope or a part: an algorithm byte and a hash (WIRE.md,
// "Identifiers"). The zero ID names nothing.
type ID [IDSize]byte

var idText = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// hashID hashes the deterministic CBOR array of a context string and byte
// strings, so that no two lists of fields run into each other.
func hashID(context string, fields ...[]byte) ID {
	h := sha256.New()
	var buf [64]byte
	h.Write(appendText(appendHead(buf[:0], majorArray, uint64(1+len(fields))), context))
	for _, f := range fields {
		h.Write(appendHead(buf[:0], majorBytes, uint64(len(f))))
		h.Write(f)
	}
	var id ID
	id[0] = algSHA256
	h.Sum(id[1:1])
	return id
}

// IsZero reports whether id names nothing.
func (id ID) IsZero() bool { return id == ID{} }

// Compare orders IDs bytewise.
func (id ID) Compare(other ID) int { return bytes.Compare(id[:], other[:]) }

// String is the text form: 52 characters of lower-case base32, without the
// algorithm byte while there is one algorithm only.
func (id ID) String() string { return idText.EncodeToString(id[1:]) }

// Short is the first eight characters of the text form, for people. It is not
// unique against an attacker who makes IDs.
func (id ID) Short() string { return id.String()[:8] }

// Prefix is the first eight bytes of the hash, as beacons list it.
func (id ID) Prefix() (p [8]byte) {
	copy(p[:], id[1:9])
	return p
}

// MarshalText implements [encoding.TextMarshaler].
func (id ID) MarshalText() ([]byte, error) {
	if id.IsZero() {
		return []byte{}, nil
	}
	return []byte(id.String()), nil
}

// UnmarshalText implements [encoding.TextUnmarshaler]; empty text is the zero ID.
func (id *ID) UnmarshalText(text []byte) error {
	if len(text) == 0 {
		*id = ID{}
		return nil
	}
	parsed, err := ParseID(string(text))
	if err != nil {
		return err
	}
	*id = parsed
	return nil
}

// ParseID reads the text form of an ID. Upper case is accepted because people
// read IDs to each other.
func ParseID(s string) (ID, error) {
	var id ID
	b, err := idText.DecodeString(strings.ToLower(strings.TrimSpace(s)))
	if err != nil || len(b) != IDSize-1 {
		return ID{}, fmt.Errorf("parse ID %q: want 52 characters a-z, 2-7", clip(s, 60))
	}
	id[0] = algSHA256
	copy(id[1:], b)
	if id.String() != strings.ToLower(strings.TrimSpace(s)) {
		return ID{}, fmt.Errorf("parse ID %q: line breaks or unused bits in it", clip(s, 60))
	}
	return id, nil
}

// MarshalCBOR writes the ID as a byte string.
func (id ID) MarshalCBOR() ([]byte, error) { return appendBytes(nil, id[:]), nil }

// UnmarshalCBOR reads an ID from a byte string of 33 bytes. The error of an
// unknown algorithm is a [*Refusal] with ReasonUnsupported.
func (id *ID) UnmarshalCBOR(b []byte) error {
	c := cursor{rest: b}
	parsed := c.id()
	if c.end(); c.err != nil {
		return c.err
	}
	*id = *parsed
	return nil
}

// Ref names a signer: the ID of its certificate, or, for root keys and keys
// without a certificate, the Ed25519 public key itself. It is the COSE kid.
type Ref [IDSize]byte

// CertificateRef names the signer by its certificate.
func CertificateRef(id ID) Ref { return Ref(id) }

// KeyRef names the signer by its Ed25519 public key (32 bytes).
func KeyRef(key [32]byte) (r Ref) {
	r[0] = algEd25519
	copy(r[1:], key[:])
	return r
}

// Certificate returns the certificate's ID if r names one.
func (r Ref) Certificate() (ID, bool) { return ID(r), r[0] == algSHA256 }

// Key returns the Ed25519 public key if r names one.
func (r Ref) Key() (key [32]byte, ok bool) {
	copy(key[:], r[1:])
	return key, r[0] == algEd25519
}

// Compare orders refs bytewise.
func (r Ref) Compare(other Ref) int { return bytes.Compare(r[:], other[:]) }

// Level is the number of distinct counting persons who have validly signed an
// envelope, up to the number its issuing unit requires.
type Level uint8

// Item is what stores and sync know of an envelope. A higher level of the same
// ID replaces a lower one.
type Item struct {
	ID    ID
	Level Level
}

// Place is one lane of one domain: what is gossiped, compared and charged apart.
type Place struct {
	Domain ID
	Lane   Lane
}

// MessageID is the gossip message ID: a hash over all transmitted bytes, never
// the envelope ID. Pubsub marks an ID seen before validators run, so with the
// envelope ID a copy with a damaged signature would silence the genuine one.
func MessageID(data []byte) string {
	sum := sha256.Sum256(data)
	return string(sum[:20])
}

func clip(s string, n int) string {
	if len(s) > n {
		return s[:n] + "…"
	}
	return s
}

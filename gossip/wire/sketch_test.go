package wire

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"strings"
)

// The functions and types here write envelopes, right and wrong ones, without
// the package's own encoder: they are a second implementation of WIRE.md.

func cborHead(major byte, n uint64) []byte {
	b := binary.BigEndian.AppendUint64(nil, n)
	switch {
	case n < 24:
		return []byte{major<<5 | byte(n)}
	case n <= 0xff:
		return append([]byte{major<<5 | 24}, b[7:]...)
	case n <= 0xffff:
		return append([]byte{major<<5 | 25}, b[6:]...)
	case n <= 0xffffffff:
		return append([]byte{major<<5 | 26}, b[4:]...)
	}
	return append([]byte{major<<5 | 27}, b...)
}

func num(n uint64) []byte   { return cborHead(0, n) }
func neg(n uint64) []byte   { return cborHead(1, n-1) } // -n
func bstr(b []byte) []byte  { return append(cborHead(2, uint64(len(b))), b...) }
func tstr(s string) []byte  { return append(cborHead(3, uint64(len(s))), s...) }
func unhex(s string) []byte { return must(hexDecode(s)) }

func arr(items ...[]byte) []byte {
	return append(cborHead(4, uint64(len(items))), bytes.Join(items, nil)...)
}

// pairs writes a map of keys and values in the given order.
func pairs(items ...[]byte) []byte {
	return append(cborHead(5, uint64(len(items)/2)), bytes.Join(items, nil)...)
}

func sha(domain byte, b ...[]byte) []byte {
	sum := sha256.Sum256(bytes.Join(b, nil))
	return append([]byte{domain}, sum[:]...)
}

func testKey(n byte) ed25519.PrivateKey {
	return ed25519.NewKeyFromSeed(bytes.Repeat([]byte{n}, ed25519.SeedSize))
}

// sketch is an envelope in parts that a vector may bend. A nil part takes its
// regular form.
type sketch struct {
	fields      [][2][]byte // of the header, in this order
	protected   []byte
	unprotected []byte
	payload     []byte
	payloadItem []byte // the payload's CBOR, in place of a byte string
	context     string
	signers     []sketchSigner
	tail        []byte
}

type sketchSigner struct {
	key                   byte // seed
	alg, kid, role, extra []byte
	unprotected           []byte
	sig                   []byte
}

func (s *sketch) set(label uint64, value []byte) {
	for i, f := range s.fields {
		if bytes.Equal(f[0], num(label)) {
			s.fields[i][1] = value
			return
		}
	}
	s.fields = append(s.fields, [2][]byte{num(label), value})
}

// insert puts a field before the field with the label before.
func (s *sketch) insert(before, label uint64, value []byte) {
	for i, f := range s.fields {
		if bytes.Equal(f[0], num(before)) {
			s.fields = append(s.fields[:i:i], append([][2][]byte{{num(label), value}}, s.fields[i:]...)...)
			return
		}
	}
	panic("no such field")
}

func (s *sketch) drop(label uint64) {
	for i, f := range s.fields {
		if bytes.Equal(f[0], num(label)) {
			s.fields = append(s.fields[:i:i], s.fields[i+1:]...)
			return
		}
	}
	panic("no such field")
}

func (s *sketch) headerMap() []byte {
	var items [][]byte
	for _, f := range s.fields {
		items = append(items, f[0], f[1])
	}
	return pairs(items...)
}

func (s *sketch) protectedBytes() []byte {
	if s.protected != nil {
		return s.protected
	}
	return pairs(neg(65537), s.headerMap())
}

func (s *sketch) toBeSigned(header []byte) []byte {
	return arr(tstr("Signature"), bstr(s.protectedBytes()), bstr(header), bstr([]byte(s.context)), bstr(s.payload))
}

func (g *sketchSigner) header() []byte {
	alg, kid, role := g.alg, g.kid, g.role
	if alg == nil {
		alg = neg(19)
	}
	if kid == nil {
		kid = bstr(append([]byte{2}, testKey(g.key).Public().(ed25519.PublicKey)...))
	}
	items := [][]byte{num(1), alg, num(4), kid, neg(65537), role}
	if g.extra != nil {
		items = append(items, neg(65600), g.extra)
	}
	return pairs(items...)
}

func (s *sketch) bytes() []byte {
	var sigs [][]byte
	for _, g := range s.signers {
		header := g.header()
		if g.sig == nil {
			g.sig = ed25519.Sign(testKey(g.key), s.toBeSigned(header))
		}
		if g.unprotected == nil {
			g.unprotected = pairs()
		}
		sigs = append(sigs, arr(bstr(header), g.unprotected, bstr(g.sig)))
	}
	unprotected, payload := s.unprotected, s.payloadItem
	if unprotected == nil {
		unprotected = pairs()
	}
	if payload == nil {
		payload = bstr(s.payload)
	}
	body := arr(bstr(s.protectedBytes()), unprotected, payload, arr(sigs...))
	return append(append([]byte{0xd8, 98}, body...), s.tail...)
}

func (s *sketch) id() string {
	sum := sha(1, arr(tstr(s.context), bstr(s.protectedBytes()), bstr(s.payload)))
	return strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum[1:]))
}

var (
	testDomain = bstr(sha(1, []byte("domain")))
	testIssuer = bstr(sha(1, []byte("issuer")))
	testBefore = bstr(sha(1, []byte("before")))
	author     = sketchSigner{key: 7, role: num(1)}
)

// sketchOf is a minimal envelope of a type: sequence 1, one hour, one author.
func sketchOf(typ Type, lane Lane) *sketch {
	s := &sketch{payload: pairs(), context: "kreidfeuer:1:" + typ.String(), signers: []sketchSigner{author}}
	if typ == TypeAlert {
		s.payload = arr(pairs(), arr())
	}
	s.fields = [][2][]byte{{num(0), num(1)}, {num(1), num(uint64(typ))}, {num(3), testDomain},
		{num(4), tstr("rp/07131/lst")}, {num(5), testIssuer}, {num(6), num(1)}, {num(8), num(uint64(lane))},
		{num(9), num(1800000000)}, {num(10), num(1800003600)}, {num(11), num(3)}}
	return s
}

func genesisSketch() *sketch {
	s := sketchOf(TypeRoot, LaneTrust)
	s.drop(3)
	s.drop(4)
	s.drop(5)
	return s
}

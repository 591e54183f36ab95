package wire

import (
	"bytes"
	"encoding/hex"
)

func structureVectors() []vector {
	const malformed, unprotected = "malformed", "unprotected-content"
	open := func(m ...[]byte) func(*sketch) { return func(s *sketch) { s.unprotected = pairs(m...) } }
	list := func(n int) []byte { return arr(slicesOf(n, bstr([]byte{1}))...) }
	good := sketchOf(TypeAlert, LaneLive).bytes()
	sign1 := bytes.Clone(good)
	sign1[1] = 18
	beacon := sketchOf(TypeBeacon, LaneTrust)
	beacon.unprotected = pairs(neg(65539), list(1))
	large := func(t Type, l Lane, n int) []byte {
		s := sketchOf(t, l)
		s.payload = make([]byte, n)
		return s.bytes()
	}
	return []vector{
		refusedBytes("empty", malformed, "no bytes", nil),
		refusedBytes("tag-missing", malformed, "without tag 98", good[2:]),
		refusedBytes("tag-sign1", malformed, "tag 18, COSE_Sign1", sign1),
		refusedBytes("truncated", malformed, "the last byte is missing", good[:len(good)-1]),
		refused("trailing-byte", malformed, "a byte after the envelope", func(s *sketch) { s.tail = []byte{0} }),
		refusedBytes("indefinite-array", malformed, "outer array of indefinite length", append(append([]byte{0xd8, 98, 0x9f}, good[3:]...), 0xff)),
		refusedBytes("outer-five-fields", malformed, "outer array of five", append(append([]byte{0xd8, 98, 0x85}, good[3:]...), 0)),
		refusedBytes("huge-length", malformed, "protected header claims 2^63 bytes", unhex("d862845b8000000000000000")),
		refused("payload-detached", malformed, "payload is null (detached)", func(s *sketch) { s.payloadItem = []byte{0xf6} }),
		refused("payload-text", malformed, "payload is a text string", func(s *sketch) { s.payloadItem = tstr("a") }),
		refused("protected-empty", malformed, "empty protected header", func(s *sketch) { s.protected = []byte{} }),
		refused("protected-second-label", malformed, "alg in the body's protected header", func(s *sketch) {
			s.protected = pairs(num(1), neg(19), neg(65537), s.headerMap())
		}),
		refused("protected-count-lies", malformed, "protected header is a map of two with one pair", func(s *sketch) {
			s.protected = append([]byte{0xa2}, s.protectedBytes()[1:]...)
		}),
		refused("protected-trailing-byte", malformed, "a byte after the protected header's map", func(s *sketch) {
			s.protected = append(s.protectedBytes(), 0)
		}),
		refused("unprotected-kid", unprotected, "kid in the unprotected header", open(num(4), bstr([]byte{1}))),
		refused("unprotected-unknown", unprotected, "unknown label in the unprotected header", open(neg(65540), num(0))),
		refused("unprotected-order", unprotected, "parts before chain", open(neg(65539), list(1), neg(65538), list(1))),
		refused("unprotected-twice", unprotected, "chain twice", open(neg(65538), list(1), neg(65538), list(1))),
		refused("chain-empty", unprotected, "a chain of no objects", open(neg(65538), arr())),
		refused("chain-empty-object", unprotected, "a chain object of no bytes", open(neg(65538), arr(bstr(nil)))),
		refused("chain-null", malformed, "a chain object that is null", open(neg(65538), arr([]byte{0xf6}))),
		refused("chain-too-long", unprotected, "a chain of 25 objects", open(neg(65538), list(25))),
		refused("chain-object-too-large", unprotected, "a chain object of 6145 bytes", open(neg(65538), arr(bstr(make([]byte, 6145))))),
		refused("parts-too-many", unprotected, "17 parts", open(neg(65539), list(17))),
		refusedBytes("parts-of-beacon", unprotected, "a beacon with parts", beacon.bytes()),
		refusedBytes("too-large-transmission", "too-large", "65537 bytes", append(good, make([]byte, 65537-len(good))...)),
		refusedBytes("too-large-certificate", "too-large", "certificate with header and payload beyond 4096 bytes", large(TypeCertificate, LaneTrust, 4096)),
		refusedBytes("too-large-revocation", "too-large", "revocation list with header and payload beyond 32768 bytes", large(TypeRevocation, LaneTrust, 32768)),
	}
}

func slicesOf(n int, item []byte) (list [][]byte) {
	for range n {
		list = append(list, item)
	}
	return list
}

func signerVectors() []vector {
	const malformed, unsupported = "malformed", "unsupported"
	one := func(bend func(*sketchSigner)) func(*sketch) { return func(s *sketch) { bend(&s.signers[0]) } }
	all := func(list ...sketchSigner) func(*sketch) { return func(s *sketch) { s.signers = list } }
	two := approvers(2)
	return []vector{
		refused("algorithm-eddsa", unsupported, "algorithm -8, the deprecated EdDSA", one(func(g *sketchSigner) { g.alg = neg(8) })),
		refused("algorithm-later", unsupported, "algorithm -49 with a kid and signature of other lengths", one(func(g *sketchSigner) {
			g.alg, g.kid, g.sig = neg(49), bstr([]byte{9}), make([]byte, 80)
		})),
		refused("kid-algorithm", unsupported, "kid with algorithm byte 3", one(func(g *sketchSigner) { g.kid = bstr(sha(3, nil)) })),
		refused("kid-short", malformed, "kid of 32 bytes", one(func(g *sketchSigner) { g.kid = bstr(sha(1, nil)[:32]) })),
		refused("kid-empty", malformed, "kid of 0 bytes", one(func(g *sketchSigner) { g.kid = bstr(nil) })),
		refused("role-unknown", unsupported, "role 9", one(func(g *sketchSigner) { g.role = num(9) })),
		refused("role-0", unsupported, "role 0", one(func(g *sketchSigner) { g.role = num(0) })),
		refused("role-257", unsupported, "role 257 is not role 1", one(func(g *sketchSigner) { g.role = num(257) })),
		refused("role-text", malformed, "role as text", one(func(g *sketchSigner) { g.role = tstr("author") })),
		refused("signer-extra-field", malformed, "fourth field in a signer's header", one(func(g *sketchSigner) { g.extra = num(1) })),
		refused("signer-unprotected", "unprotected-content", "unprotected header in a signature", one(func(g *sketchSigner) { g.unprotected = pairs(num(4), bstr(nil)) })),
		refused("signature-63-bytes", malformed, "signature of 63 bytes", one(func(g *sketchSigner) { g.sig = make([]byte, 63) })),
		refused("signature-65-bytes", malformed, "signature of 65 bytes", one(func(g *sketchSigner) { g.sig = make([]byte, 65) })),
		refused("signers-none", malformed, "no signature", all()),
		refused("signers-seventeen", malformed, "17 signatures", all(append([]sketchSigner{author}, approvers(16)...)...)),
		refused("signers-approver-first", malformed, "an approver signs first", all(sketchSigner{key: 7, role: num(2)})),
		refused("signers-two-authors", malformed, "two authors", all(author, sketchSigner{key: 8, role: num(1)})),
		refused("signers-author-and-emergency", malformed, "an author and an emergency author", all(author, sketchSigner{key: 8, role: num(3)})),
		refused("signers-order", malformed, "approvers in descending order", all(author, two[1], two[0])),
		refused("signers-approver-twice", malformed, "the same approver twice", all(author, two[0], two[0])),
		refused("signers-author-approves", malformed, "the author approves", all(author, sketchSigner{key: 7, role: num(2)})),
	}
}

func payloadVectors() []vector {
	digest := bstr(sha(1, nil))
	payload := func(name, reason, comment string, body []byte) vector {
		v := vector{name: "payload-accept-" + name, expect: "accept"}
		if reason != "" {
			v = refusedBytes(name, reason, comment, body)
			v.name = "payload-" + v.name
		}
		v.kind, v.comment, v.body = "payload", comment, body
		return v
	}
	return []vector{
		payload("no-parts", "", "a core and no parts", arr(pairs(), arr())),
		payload("two-parts", "", "the largest part and an empty one", arr(num(1), arr(arr(digest, num(1<<20)), arr(digest, num(0))))),
		payload("parts-null", "bad-payload", "parts are null", arr(num(1), []byte{0xf6})),
		payload("part-null", "bad-payload", "a part reference is null", arr(num(1), arr([]byte{0xf6}))),
		payload("part-too-large", "bad-payload", "a part of 1 MiB and a byte", arr(num(1), arr(arr(digest, num(1<<20+1))))),
		payload("parts-too-many", "bad-payload", "17 parts", arr(num(1), arr(slicesOf(17, arr(digest, num(0)))...))),
		payload("digest-algorithm", "unsupported", "a part's digest with algorithm 3", arr(num(1), arr(arr(bstr(sha(3, nil)), num(0))))),
		payload("core-not-deterministic", "bad-payload", "core with 1 in two bytes", arr([]byte{0x18, 1}, arr())),
		payload("core-float", "bad-payload", "core with a float", arr(unhex("f93e00"), arr())),
		payload("core-too-deep", "bad-payload", "core at depth 17", arr(append(bytes.Repeat([]byte{0x81}, 16), 0), arr())),
		payload("three-fields", "bad-payload", "a third field", arr(num(1), arr(), num(1))),
		payload("trailing-byte", "bad-payload", "a byte after the payload", append(arr(num(1), arr()), 0)),
	}
}

// zstdRuns is a zstd frame (RFC 8878, 3.1.1) that announces size bytes and
// holds runs of the letter z with the given lengths.
func zstdRuns(size uint32, runs ...uint32) []byte {
	b := unhex("28b52ffd a0") // magic; 4-byte content size, single segment
	b = append(b, byte(size), byte(size>>8), byte(size>>16), byte(size>>24))
	for i, n := range runs {
		h := n<<3 | 1<<1 // RLE block
		if i == len(runs)-1 {
			h |= 1
		}
		b = append(b, byte(h), byte(h>>8), byte(h>>16), 'z')
	}
	return b
}

func partVectors() []vector {
	letters := func(n int) []byte { return bytes.Repeat([]byte("z"), n) }
	ref := func(content []byte, size int) string {
		digest := sha(1, arr(tstr("kreidfeuer:1:part"), bstr(content)))
		return hex.EncodeToString(arr(bstr(digest), num(uint64(size))))
	}
	part := func(name, reason, comment, ref string, body []byte) vector {
		v := vector{name: "part-accept-" + name, expect: "accept"}
		if reason != "" {
			v = refusedBytes(name, reason, comment, body)
			v.name = "part-" + v.name
		}
		v.kind, v.comment, v.ref, v.body = "part", comment, ref, body
		return v
	}
	ten := ref(letters(10), 10)
	full := []uint32{1 << 17, 1 << 17, 1 << 17, 1 << 17, 1 << 17, 1 << 17, 1 << 17, 1 << 17}
	return []vector{
		part("plain", "", "encoding 0", ten, append([]byte{0}, letters(10)...)),
		part("zstd", "", "encoding 1", ten, append([]byte{1}, zstdRuns(10, 10)...)),
		part("zstd-largest", "", "1 MiB out of 42 bytes", ref(letters(1<<20), 1<<20), append([]byte{1}, zstdRuns(1<<20, full...)...)),
		part("empty", "bad-part", "no encoding byte", ten, nil),
		part("encoding-unknown", "unsupported", "encoding 2", ten, append([]byte{2}, letters(10)...)),
		part("shorter", "bad-part", "nine of the ten letters", ten, append([]byte{0}, letters(9)...)),
		part("mismatch", "bad-part", "ten other letters", ten, append([]byte{0}, bytes.Repeat([]byte("y"), 10)...)),
		part("size-lies", "bad-part", "signed for 11 bytes, holds the 10 that match the digest", ref(letters(10), 11), append([]byte{0}, letters(10)...)),
		part("zstd-announces-more", "bad-part", "frame announces 1 MiB, signed for 10 bytes", ten, append([]byte{1}, zstdRuns(1<<20, full...)...)),
		part("zstd-bomb", "bad-part", "frame announces 10 bytes and holds 1 MiB", ten, append([]byte{1}, zstdRuns(10, full...)...)),
		part("zstd-second-frame", "bad-part", "a second frame holds 1 MiB more", ten, append(append([]byte{1}, zstdRuns(10, 10)...), zstdRuns(1<<20, full...)...)),
		part("zstd-two-frames", "bad-part", "two frames of five letters", ten, append(append([]byte{1}, zstdRuns(5, 5)...), zstdRuns(5, 5)...)),
		part("zstd-no-size", "bad-part", "frame does not announce its size", ten, append([]byte{1}, unhex("28b52ffd 00 48 530000 7a")...)),
		part("zstd-truncated", "bad-part", "frame without its block", ten, append([]byte{1}, zstdRuns(10)...)),
		part("zstd-none", "bad-part", "no zstd frame", ten, append([]byte{1}, letters(10)...)),
	}
}

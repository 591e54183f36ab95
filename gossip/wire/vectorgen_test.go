package wire

import (
	"bytes"
	"encoding/hex"
	"strings"
)

func hexDecode(s string) ([]byte, error) { return hex.DecodeString(strings.ReplaceAll(s, " ", "")) }

func generateVectors() []vector {
	var vs []vector
	vs = append(vs, acceptVectors()...)
	vs = append(vs, headerVectors()...)
	vs = append(vs, structureVectors()...)
	vs = append(vs, signerVectors()...)
	vs = append(vs, signatureVectors()...)
	vs = append(vs, payloadVectors()...)
	return append(vs, partVectors()...)
}

// accepted is a vector of an envelope whose signatures verify as said.
func accepted(name, comment, verify string, s *sketch) vector {
	return vector{name: "accept-" + name, comment: comment, expect: "accept", id: s.id(), verify: verify, body: s.bytes()}
}

// refused is a vector of a live alert with one fault. The name begins with the verdict.
func refused(name, reason, comment string, bend func(*sketch)) vector {
	s := sketchOf(TypeAlert, LaneLive)
	bend(s)
	return refusedBytes(name, reason, comment, s.bytes())
}

func refusedBytes(name, reason, comment string, body []byte) vector {
	expect := Reason(reason).Verdict().String() + " " + reason
	return vector{name: Reason(reason).Verdict().String() + "-" + name, comment: comment, expect: expect, body: body}
}

func acceptVectors() []vector {
	next := sketchOf(TypeRoot, LaneTrust)
	next.drop(4)
	next.set(6, num(2))
	next.insert(8, 7, testBefore)
	two := sketchOf(TypeAlert, LaneLive)
	two.signers = append(two.signers, sketchSigner{key: 8, role: num(2)})
	emergency := sketchOf(TypeAlert, LaneLive)
	emergency.signers[0].role = num(3)
	byCert := sketchOf(TypeAlert, LaneLive)
	byCert.signers[0].kid = bstr(sha(1, []byte("certificate")))
	full := sketchOf(TypeAlert, LaneLive)
	full.unprotected = pairs(neg(65538), arr(bstr([]byte{1, 2}), bstr([]byte{3})), neg(65539), arr(bstr(nil), bstr([]byte{0, 9})))
	ext := sketchOf(TypeAlert, LaneLive)
	ext.set(16, tstr("später"))
	ext.set(1000, pairs(num(1), arr(num(300), neg(5), []byte{0xf6}), tstr("a"), []byte{0xf5}))
	week := sketchOf(TypeAlert, LaneLive)
	week.set(10, num(1800000000+7*24*3600))
	top := sketchOf(TypeAlert, LaneLive)
	top.set(4, tstr(longAuthority(8)))
	top.set(6, num(1<<52))
	top.insert(8, 7, testBefore)
	top.set(11, num(4))
	sixteen := sketchOf(TypeAlert, LaneLive)
	sixteen.signers = append(sixteen.signers, approvers(15)...)
	vs := []vector{
		accepted("root-genesis", "genesis root: no domain, no issuer, no authority", "valid", genesisSketch()),
		accepted("root-next", "root version 2: names its domain, its predecessor and the version it comes from", "valid", next),
		accepted("alert-live", "one signer; accept-alert-two-signers has the same ID", "valid", sketchOf(TypeAlert, LaneLive)),
		accepted("alert-two-signers", "two signers; accept-alert-live has the same ID", "valid valid", two),
		accepted("alert-drill", "an exercise", "valid", sketchOf(TypeAlert, LaneDrill)),
		accepted("alert-emergency", "the author issues alone under an emergency grant", "valid", emergency),
		accepted("alert-by-certificate", "the signer is named by its certificate", "", byCert),
		accepted("alert-transmitted", "chain of two objects; the first part is absent, the second present", "valid", full),
		accepted("extension-ignorable", "unknown header fields 16 and 1000, not critical: kept byte for byte", "valid", ext),
		accepted("lifetime-longest", "seven days to the second", "valid", week),
		accepted("header-limits", "eight labels, highest sequence, highest priority", "valid", top),
		accepted("sixteen-signers", "the most signatures one envelope may carry", strings.TrimSuffix(strings.Repeat("valid ", 16), " "), sixteen),
	}
	for _, typ := range []Type{TypeCertificate, TypeRevocation, TypeBeacon, TypeStation} {
		vs = append(vs, accepted(typ.String(), "minimal; this layer does not look into the payload", "valid", sketchOf(typ, LaneTrust)))
	}
	return vs
}

func longAuthority(labels int) string {
	return strings.TrimSuffix(strings.Repeat("abcdefghij-123456/", labels), "/")
}

// approvers are n approvers in canonical order.
func approvers(n int) (list []sketchSigner) {
	for k := byte(20); len(list) < n; k++ {
		s := sketchSigner{key: k, role: num(2)}
		at := 0
		for at < len(list) && bytes.Compare(list[at].header(), s.header()) < 0 {
			at++
		}
		list = append(list[:at:at], append([]sketchSigner{s}, list[at:]...)...)
	}
	return list
}

func headerVectors() []vector {
	const malformed, unsupported = "malformed", "unsupported"
	set := func(label uint64, value []byte) func(*sketch) { return func(s *sketch) { s.set(label, value) } }
	insert := func(before, label uint64, value []byte) func(*sketch) {
		return func(s *sketch) { s.insert(before, label, value) }
	}
	drop := func(label uint64) func(*sketch) { return func(s *sketch) { s.drop(label) } }
	deep := func(n int) []byte { return append(bytes.Repeat([]byte{0x81}, n), 0) }
	vs := []vector{
		refused("version", unsupported, "format version 2", set(0, num(2))),
		refused("version-2-all-else-unknown", unsupported, "format version 2: nothing behind the version is judged", func(s *sketch) {
			s.fields = [][2][]byte{{num(0), num(2)}, {tstr("new"), unhex("fb3ff0000000000000")}}
			s.unprotected = pairs(num(99), num(1))
		}),
		refused("content-type", unsupported, "content type 4095", set(1, num(4095))),
		refused("content-type-private", unsupported, "content type 0xF000 from the private-use range", set(1, num(0xf000))),
		refused("content-type-wide", malformed, "content type 65536 is beyond the registry", set(1, num(65536))),
		refused("lane-unknown", unsupported, "lane 9", set(8, num(9))),
		refused("lane-trust", "wrong-lane", "an alert on lane trust", set(8, num(1))),
		refused("lane-mail", "wrong-lane", "an alert on lane mail", set(8, num(4))),
		refused("id-algorithm", unsupported, "issuer with identifier algorithm 3 and 49 bytes", set(5, bstr(append([]byte{3}, make([]byte, 48)...)))),
		refused("id-short", malformed, "issuer of 32 bytes", set(5, bstr(sha(1, nil)[:32]))),
		refused("id-empty", malformed, "issuer of 0 bytes", set(5, bstr(nil))),
		refused("critical-unknown", unsupported, "critical header field 16, present and unknown", func(s *sketch) {
			s.insert(3, 2, arr(num(16)))
			s.set(16, num(1))
		}),
		refused("critical-absent", malformed, "critical header field 16 is not there", insert(3, 2, arr(num(16)))),
		refused("critical-empty", malformed, "empty list of critical fields", insert(3, 2, arr())),
		refused("critical-twice", malformed, "field 16 is twice in the list of critical fields", func(s *sketch) {
			s.insert(3, 2, arr(num(16), num(16)))
			s.set(16, num(1))
		}),
		refused("critical-base-field", malformed, "field 6 needs no mention as critical", insert(3, 2, arr(num(6)))),
		refused("field-reserved", malformed, "header field 12 is reserved", set(12, num(1))),
		refused("field-negative", malformed, "header field -1", func(s *sketch) {
			s.fields = append(s.fields, [2][]byte{neg(1), num(1)})
		}),
		refused("version-missing", malformed, "no version", drop(0)),
		refused("priority-missing", malformed, "no priority", drop(11)),
		refused("priority-5", malformed, "priority 5", set(11, num(5))),
		refused("domain-missing", malformed, "no domain", drop(3)),
		refused("issuer-missing", malformed, "no issuer", drop(5)),
		refused("sequence-0", malformed, "sequence 0", set(6, num(0))),
		refused("sequence-too-high", malformed, "sequence 2^52 + 1", func(s *sketch) {
			s.set(6, num(1<<52+1))
			s.insert(8, 7, testBefore)
		}),
		refused("previous-missing", malformed, "sequence 2 without previous", set(6, num(2))),
		refused("previous-of-first", malformed, "sequence 1 with previous", insert(8, 7, testBefore)),
		refused("created-0", "bad-lifetime", "created at 0", set(9, num(0))),
		refused("expires-before-created", "bad-lifetime", "expires one second before created", set(10, num(1799999999))),
		refused("expires-at-created", "bad-lifetime", "expires when created", set(10, num(1800000000))),
		refused("expires-year-10000", "bad-lifetime", "expires in the year 10000", set(10, num(253402300800))),
		refused("lifetime-too-long", "bad-lifetime", "seven days and a second", set(10, num(1800000000+7*24*3600+1))),
		refused("created-negative", malformed, "created before 1970", set(9, neg(1))),
		refused("created-float", malformed, "created as a float", set(9, unhex("fb41dad27480000000"))),
		refused("authority-empty", malformed, "an authority that is empty, not absent", set(4, tstr(""))),
		refused("authority-upper-case", malformed, "authority with capitals", set(4, tstr("RP/07131"))),
		refused("authority-empty-label", malformed, "authority with an empty label", set(4, tstr("rp//lst"))),
		refused("authority-hyphen", malformed, "label that begins with a hyphen", set(4, tstr("rp/-lst"))),
		refused("authority-deep", malformed, "nine labels", set(4, tstr(longAuthority(9)))),
		refused("authority-long-label", malformed, "label of 33 bytes", set(4, tstr(strings.Repeat("a", 33)))),
		refused("authority-not-utf8", malformed, "authority in Latin-1", set(4, []byte{0x62, 'r', 0xfc})),
		refused("non-shortest-integer", malformed, "priority 3 in two bytes", set(11, []byte{0x18, 3})),
		refused("non-shortest-length", malformed, "authority's length in two bytes", set(4, append([]byte{0x78, 2}, "rp"...))),
		refused("map-unsorted", malformed, "header fields 10 and 9 change places", func(s *sketch) {
			n := len(s.fields)
			s.fields[n-2], s.fields[n-3] = s.fields[n-3], s.fields[n-2]
		}),
		refused("map-duplicate", malformed, "priority twice", func(s *sketch) {
			s.fields = append(s.fields, [2][]byte{num(11), num(3)})
		}),
		refused("extension-unsorted", malformed, "extension with map keys out of order", set(16, pairs(num(2), num(0), num(1), num(0)))),
		refused("extension-duplicate", malformed, "extension with a map key twice", set(16, pairs(num(1), num(0), num(1), num(0)))),
		refused("extension-non-shortest", malformed, "extension with 5 in two bytes", set(16, []byte{0x18, 5})),
		refused("extension-indefinite", malformed, "extension of indefinite length", set(16, unhex("9fff"))),
		refused("extension-tag", malformed, "extension with a CBOR tag", set(16, unhex("c100"))),
		refused("extension-float", malformed, "extension 1.5 as a float", set(16, unhex("f93e00"))),
		refused("extension-nan", malformed, "extension NaN", set(16, unhex("f97e00"))),
		refused("extension-below-int64", malformed, "extension -2^63 - 1", set(16, unhex("3b8000000000000000"))),
		refused("extension-undefined", malformed, "extension undefined", set(16, unhex("f7"))),
		refused("extension-deep", malformed, "extension at depth 17", set(16, deep(15))),
		refused("extensions-too-many", malformed, "seventeen extensions", func(s *sketch) {
			for i := range uint64(17) {
				s.set(16+i, num(0))
			}
		}),
	}
	return append(vs, rootVectors()...)
}

func rootVectors() []vector {
	withDomain, withIssuer := genesisSketch(), genesisSketch()
	withDomain.insert(6, 3, testDomain)
	withIssuer.insert(6, 5, testIssuer)
	return []vector{
		refusedBytes("genesis-domain", "malformed", "a genesis root with a domain", withDomain.bytes()),
		refusedBytes("genesis-issuer", "malformed", "a genesis root with an issuer", withIssuer.bytes()),
	}
}

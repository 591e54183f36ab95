package compact

import (
	"bytes"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// The generators draw what documents hold, and what comes close to it: each
// structured form has texts that look like it and are spelled otherwise.

var (
	genText = rapid.OneOf(rapid.SampledFrom([]string{"", "Hochwasser", "a", "ÄÖÜ ß €", "0", "007", "BBK-EVC-038", "\"q\" & <b>", "x  y", "🔥"}),
		rapid.StringN(0, 30, 300))
	genValue = rapid.OneOf(genText, rapid.StringMatching(`0{0,3}[0-9]{0,20}0{0,9}`), rapid.StringMatching(`(BBK-ISC-[0-9]{2,4} ?){1,3}`),
		rapid.SampledFrom([]string{"BBK-ISC-009 BBK-ISC-082 shortCode:BBK-ISC-011", "BBK-EVC-0a1", "-5", "1.0", "18446744073709551616",
			"9999999999999999999", "071310000000", "000000000000", "4294967296", "251 140 0", "BBK-EVC-001  BBK-EVC-002", " 1"}),
		rapid.Map(genRing, func(p cap.Polygon) string { return string(p) }))
	genNumber = rapid.OneOf(rapid.StringMatching(`-?[0-9]{1,3}\.[0-9]{1,6}`), rapid.StringMatching(`[+-]?0{0,2}[0-9]{0,3}\.?[0-9]{0,20}`),
		rapid.SampledFrom([]string{"50.10", "50", "-0", "-0.0", "0.0", "-0.5", ".5", "5.", "+5", "1e5", "", "179.99999999", "-180",
			"1234567890123456789", "0.123456789012345678", "123456789012345.1", "00", "NaN", "7,5"}))
	genTime = rapid.OneOf(rapid.StringMatching(`20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]([+-][01][0-9]:(00|15|30|45|07)|Z|)`),
		rapid.SampledFrom([]string{"2027-01-15T17:42:10+01:00", "2027-01-15T17:42:10-00:00", "2027-01-15T17:42:10+00:00", "2027-01-15T17:42:10Z",
			"2027-01-15T17:42:10", "2027-01-15T17:42:10.000Z", "2027-01-15T24:00:00Z", "2027-01-15T17:42:10z", "0001-01-01T00:00:00+14:00",
			"9999-12-31T23:59:59-14:00", "0000-01-01T00:00:00Z", "1969-12-31T23:59:59-00:00", "2027-02-30T00:00:00Z", "+2027-01-15T17:42:10",
			"2027-01-15T17:42:10+14:15", "2027-01-15T17:42:60Z", "2027-01-15 17:42:10Z", "2027-01-15T17:42:10+1:00", "soon", ""}))
)

func draw[T any](t *rapid.T, g *rapid.Generator[T]) T { return g.Draw(t, "") }

var genRing = rapid.Custom(func(t *rapid.T) cap.Polygon {
	number := rapid.SampledFrom([]*rapid.Generator[string]{
		rapid.StringMatching(`-?[1-9][0-9]\.[0-9]{4}`), rapid.StringMatching(`-?[0-9]\.[0-9]{0,2}[1-9]`), rapid.StringMatching(`[1-9]?[0-9]`), genNumber,
	}).Draw(t, "style")
	var words []string
	for range rapid.IntRange(1, 12).Draw(t, "points") {
		words = append(words, draw(t, number)+","+draw(t, number))
	}
	if draw(t, rapid.Bool()) {
		words = append(words, words[0])
	}
	return cap.Polygon(strings.Join(words, draw(t, rapid.SampledFrom([]string{" ", " ", " ", "  ", "\n"}))))
})

func list[E any](t *rapid.T, g *rapid.Generator[E]) []E {
	return draw(t, rapid.SliceOfN(g, 0, 3))
}

func enum[S ~string](t *rapid.T, g *registry) S {
	return S(draw(t, rapid.OneOf(rapid.SampledFrom(g.texts), rapid.SampledFrom([]string{"", "actual", "Other thing"}))))
}

func enums[S ~string](t *rapid.T, g *registry) []S {
	var list []S
	for range draw(t, rapid.IntRange(0, 3)) {
		list = append(list, enum[S](t, g))
	}
	return list
}

func pairs(t *rapid.T) []cap.NamedValue {
	var list []cap.NamedValue
	for range draw(t, rapid.IntRange(0, 3)) {
		list = append(list, cap.NamedValue{ValueName: enum[string](t, names), Value: draw(t, genValue)})
	}
	return list
}

func drawTime(t *rapid.T) cap.Time { return cap.Time(draw(t, genTime)) }

var genArea = rapid.Custom(func(t *rapid.T) cap.Area {
	circle := rapid.Custom(func(t *rapid.T) cap.Circle {
		return cap.Circle(draw(t, genNumber) + "," + draw(t, genNumber) + draw(t, rapid.SampledFrom([]string{" ", "", "  "})) + draw(t, genNumber))
	})
	return cap.Area{AreaDesc: draw(t, genText), Polygon: list(t, genRing), Circle: list(t, circle), Geocode: pairs(t),
		Altitude: cap.Decimal(draw(t, genNumber)), Ceiling: cap.Decimal(draw(t, genNumber)), Empty: enums[string](t, elements)}
})

var genResource = rapid.Custom(func(t *rapid.T) cap.Resource {
	base64 := rapid.StringMatching(`([A-Za-z0-9+/]{4}){0,80}(QQ==|QR==|=|)`)
	content := draw(t, base64)
	if content != "" && draw(t, rapid.Bool()) {
		content = divide(content, draw(t, rapid.IntRange(1, 80)))
	}
	return cap.Resource{ResourceDesc: draw(t, genText), MimeType: enum[string](t, mimeTypes), Size: draw(t, genValue), URI: draw(t, genText),
		DerefURI: content, Digest: draw(t, rapid.OneOf(genText, rapid.StringMatching(`[0-9a-fA-F]{40}|[0-9a-f]{1,6}`))), Empty: enums[string](t, elements)}
})

var genInfo = rapid.Custom(func(t *rapid.T) cap.Info {
	return cap.Info{Language: enum[string](t, languages), Category: enums[cap.Category](t, categories), Event: enum[string](t, events),
		ResponseType: enums[cap.ResponseType](t, responses), Urgency: enum[cap.Urgency](t, urgencies), Severity: enum[cap.Severity](t, severity),
		Certainty: enum[cap.Certainty](t, certainty), Audience: draw(t, genText), EventCode: pairs(t), Effective: drawTime(t), Onset: drawTime(t),
		Expires: drawTime(t), SenderName: draw(t, genText), Headline: draw(t, genText), Description: draw(t, genText), Instruction: draw(t, genText),
		Web: draw(t, genText), Contact: draw(t, genText), Parameter: pairs(t), Resource: list(t, genResource), Area: list(t, genArea),
		Empty: enums[string](t, elements)}
})

var genAlert = rapid.Custom(func(t *rapid.T) *cap.Alert {
	a := &cap.Alert{Version: draw(t, rapid.SampledFrom([]cap.Version{cap.V12, cap.V11, cap.V10})), Identifier: draw(t, genText), Sender: draw(t, genText),
		Sent: drawTime(t), Status: enum[cap.Status](t, statuses), MsgType: enum[cap.MsgType](t, msgTypes), Scope: enum[cap.Scope](t, scopes),
		Password: draw(t, genText), Source: draw(t, genText), Restriction: draw(t, genText), Addresses: draw(t, genText), Code: enums[string](t, codes),
		Note: draw(t, genText), Incidents: draw(t, genText), Info: list(t, genInfo), Empty: enums[string](t, elements)}
	var refs []string
	for range draw(t, rapid.IntRange(0, 3)) {
		sender := draw(t, rapid.SampledFrom([]string{a.Sender, "x@y", ""}))
		refs = append(refs, sender+","+a.Identifier[:min(len(a.Identifier), draw(t, rapid.SampledFrom([]int{0, 5, 300})))]+draw(t, genText)+","+string(drawTime(t)))
	}
	a.References = strings.ToValidUTF8(strings.Join(refs, draw(t, rapid.SampledFrom([]string{" ", "  ", ","}))), "")
	if n := len(a.Info); n > 0 && draw(t, rapid.Bool()) { // another language of the same
		v := a.Info[n-1]
		v.Language, v.Headline = "fr", draw(t, genText)
		a.Info = append(a.Info, v)
	}
	if draw(t, rapid.Bool()) {
		a.Signature = [][]byte{[]byte("<Signature/>"), {0xff, 0}}
	}
	return a
})

func TestAnyAlert(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := draw(t, genAlert)
		core, parts, err := Encode(a, Extras{})
		if err != nil {
			t.Fatal(err)
		}
		doc, err := Decode(core, parts)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "alert", a, doc.Alert)
		again, partsAgain, err := Encode(doc.Alert, Extras{})
		if err != nil || !bytes.Equal(core, again) || len(parts) != len(partsAgain) {
			t.Fatal("encoding the decoded alert gives other bytes", err)
		}
		if err := deterministic(core); err != nil {
			t.Fatal("core:", err)
		}
	})
}

// deterministic asks the codec of envelopes, which knows CBOR but not the
// format, about an encoding.
func deterministic(b []byte) error {
	var v any
	return wire.Unmarshal(b, &v)
}

func TestAnyRing(t *testing.T) {
	structured := 0
	rapid.Check(t, func(t *rapid.T) {
		ring := draw(t, genRing)
		raw := appendPolygon(nil, ring)
		r := &reader{meter: &meter{left: 1 << 20}, b: raw, what: "polygon"}
		if got := readPolygon(r); r.err != nil || got != ring || len(r.b) > 0 {
			t.Fatalf("%q became %q: %v", ring, got, r.err)
		}
		if raw[0]>>5 == majorBytes {
			structured++
		}
	})
	if structured < 20 {
		t.Errorf("only %d of the polygons had a structured form", structured)
	}
}

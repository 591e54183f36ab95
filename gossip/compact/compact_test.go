package compact

import (
	"bytes"
	"crypto/ed25519"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

func district(t testing.TB) *cap.Alert {
	t.Helper()
	xml, err := os.ReadFile("testdata/district.xml")
	if err != nil {
		t.Fatal(err)
	}
	a, problems, err := cap.Parse(xml)
	if err != nil || !cap.Valid(problems) {
		t.Fatal(err, problems)
	}
	return a
}

// envelope signs a payload as two officers of a Leitstelle do.
func envelope(t testing.TB, core []byte, parts [][]byte) *wire.Envelope {
	t.Helper()
	payload := wire.SignedPayload{Core: core, Parts: []wire.PartRef{}}
	for _, p := range parts {
		payload.Parts = append(payload.Parts, wire.NewPartRef(p))
	}
	body, err := wire.Marshal(payload)
	if err != nil {
		t.Fatal(err)
	}
	id := wire.NewPartRef(nil).Digest // as long as any
	e, err := wire.New(wire.Header{Type: wire.TypeAlert, Domain: &id, Authority: "rp/07131/lst", Issuer: &id, Sequence: 42,
		Previous: &id, Lane: wire.LaneLive, Created: 1800031330, Expires: 1800075600, Priority: wire.PrioritySevere}, body)
	if err != nil {
		t.Fatal(err)
	}
	for i, role := range []wire.Role{wire.RoleAuthor, wire.RoleApprover} {
		key := ed25519.NewKeyFromSeed(bytes.Repeat([]byte{byte(i)}, 32))
		s := wire.NewSigner(wire.KeyRef([32]byte(key.Public().(ed25519.PublicKey))), role)
		copy(s.Sig[:], ed25519.Sign(key, e.ToBeSigned(s)))
		e = e.AddSigner(s)
	}
	return e
}

// TestDistrictFits holds the size of a district's warning in two languages with
// two signatures, without its texts: three frames of a slow radio.
func TestDistrictFits(t *testing.T) {
	a := district(t)
	core, parts := roundTrip(t, "district", a)
	e := envelope(t, core, parts)
	signed := len(e.Encode())
	full := signed
	for _, p := range parts {
		full += len(wire.PackPart(p))
	}
	t.Logf("core %d bytes, %d parts, envelope %d, with all texts %d", len(core), len(parts), signed, full)
	if len(core) > 300 || signed > 700 || full > 8<<10 {
		t.Errorf("core of %d bytes, envelope of %d, with texts %d: want at most 300, 700 and 8192", len(core), signed, full)
	}
	if _, err := wire.Decode(e.Encode()); err != nil {
		t.Error(err)
	}
	if p, err := wire.ParsePayload(e.Payload); err != nil || !bytes.Equal(p.Core, core) {
		t.Errorf("payload: %v", err)
	}
}

// TestCoreAlone says what a device knows before any part has arrived.
func TestCoreAlone(t *testing.T) {
	a := district(t)
	core, _, err := Encode(a, Extras{})
	if err != nil {
		t.Fatal(err)
	}
	doc, err := Decode(core, nil)
	if err != nil {
		t.Fatal(err)
	}
	got := doc.Alert.Info[1]
	if got.Headline != a.Info[1].Headline || got.Severity != cap.Severe || got.Expires != a.Info[1].Expires ||
		len(got.Parameter) != 1 || got.Parameter[0].ValueName != "instructionCode" ||
		got.Area[0].Geocode[0].Value != "071310000000" || got.Event != "Flood" || len(got.Category) != 2 {
		t.Errorf("the core lacks what a device needs: %+v", got)
	}
	if got.Description != "" || got.Area[0].AreaDesc != "" {
		t.Error("texts in the core")
	}
	if !doc.Lacks(KindText) || doc.Lacks(KindGeometry) || len(doc.Missing()) != 1 {
		t.Errorf("missing: %v of %v", doc.Missing(), doc.Parts)
	}
}

// country is a ring around a country, as some services publish it.
func country(points int) cap.Polygon {
	var s strings.Builder
	for i := range points - 1 {
		angle := 2 * math.Pi * float64(i) / float64(points-1)
		r := 3 + math.Sin(40*angle)/5
		fmt.Fprintf(&s, "%.5f,%.5f ", 12+r*math.Sin(angle), -1.5+r*math.Cos(angle))
	}
	first, _, _ := strings.Cut(s.String(), " ")
	return cap.Polygon(s.String() + first)
}

func TestWholeCountry(t *testing.T) {
	a := district(t)
	ring := country(41009)
	for i := range a.Info {
		a.Info[i].Area = []cap.Area{{AreaDesc: "Burkina Faso", Polygon: []cap.Polygon{ring}}}
	}
	core, parts := roundTrip(t, "country", a)
	size := 0
	for _, p := range parts {
		size += len(wire.PackPart(p))
	}
	t.Logf("%d bytes of polygon: core %d, parts %d packed", len(ring), len(core), size)
	if len(core) > 400 || size > len(ring)/3 || len(parts) != 2 {
		t.Errorf("core of %d bytes, %d in %d parts", len(core), size, len(parts))
	}
	doc, err := Decode(core, nil)
	if err != nil {
		t.Fatal(err)
	}
	if b := doc.Bounds[1]; b == nil || b.South > 900 || b.North < 1500 || b.West > -450 || b.East < 150 {
		t.Errorf("bounds without the geometry: %+v", b)
	}
	if len(doc.Alert.Info[0].Area[0].Polygon) != 0 || doc.Alert.Info[0].Area[0].AreaDesc == "" {
		t.Error("area without its geometry")
	}
}

// TestWrongBounds: whoever signs a core must not promise another place than the
// geometry that follows.
func TestWrongBounds(t *testing.T) {
	a := district(t)
	a.Info[0].Area[0].Polygon = []cap.Polygon{country(50)}
	core, parts, err := Encode(a, Extras{})
	if err != nil {
		t.Fatal(err)
	}
	box := putBounds(boundsOf(a.Info[0].Area))
	wrong := putBounds(&Bounds{4000, 100, 4600, 700})
	if len(box) > len(wrong) {
		t.Fatal("test needs boxes of one length")
	}
	for len(box) < len(wrong) {
		t.Skip("boxes differ in length")
	}
	forged := bytes.Replace(core, box, wrong, 1)
	if bytes.Equal(forged, core) {
		t.Fatal("no bounds in the core")
	}
	if _, err := Decode(forged, nil); err != nil {
		t.Errorf("core alone: %v", err)
	}
	if _, err := Decode(forged, parts); err == nil {
		t.Error("accepted bounds that are not those of the polygons")
	}
}

func TestExtras(t *testing.T) {
	a := district(t)
	a.MsgType = cap.MsgUpdate
	a.References = a.Sender + "," + a.Identifier + "-1,2027-01-15T17:00:00+01:00 other@example.org,x,2027-01-15T17:00:00-00:00"
	x := Extras{References: []wire.ID{wire.NewPartRef([]byte("a")).Digest, {}},
		Origin: &Origin{Format: "NINA", Digest: [32]byte{1, 2}, Signature: SignatureInvalid}}
	core, parts, err := Encode(a, x)
	if err != nil {
		t.Fatal(err)
	}
	doc, err := Decode(core, parts)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "extras", a, doc.Alert)
	if fmt.Sprint(doc.Extras.References) != fmt.Sprint(x.References) || *doc.Extras.Origin != *x.Origin {
		t.Errorf("extras %+v", doc.Extras)
	}
	x.References = x.References[:1]
	if _, _, err := Encode(a, x); err == nil {
		t.Error("accepted one ID for two references")
	}
	if _, _, err := Encode(&cap.Alert{Identifier: "\xff"}, Extras{}); err == nil {
		t.Error("accepted text that is not UTF-8")
	}
}

// TestMedia: one picture in two languages is kept once; large ones are split.
func TestMedia(t *testing.T) {
	a := district(t)
	picture := strings.Repeat("QUJDREVGR0g0", 150_000) + "QQ=="
	for i := range a.Info {
		a.Info[i].Resource = []cap.Resource{
			{ResourceDesc: "map", MimeType: "image/png", Size: "1350001", DerefURI: picture, Digest: "da39a3ee5e6b4b0d3255bfef95601890afd80709"},
			{ResourceDesc: "audio", MimeType: "audio/mpeg", URI: "https://example.org/a.mp3"},
			{ResourceDesc: "lines", DerefURI: divide(strings.Repeat("QUJD", 100), 76)},
			{ResourceDesc: "odd base64", DerefURI: strings.Repeat("QUJD", 50) + "QR=="},
		}
	}
	_, parts := roundTrip(t, "media", a)
	total := 0
	for _, p := range parts {
		total += len(p)
	}
	if total > 1_400_000 || len(parts) > wire.MaxParts {
		t.Errorf("%d bytes in %d parts", total, len(parts))
	}
	a.Info[0].Resource = nil
	for i := range 40 {
		a.Info[0].Resource = append(a.Info[0].Resource, cap.Resource{ResourceDesc: "d", DerefURI: fmt.Sprintf("%sAA%02dAA==", strings.Repeat("QUJD", 60), i)})
	}
	if _, parts := roundTrip(t, "many media", a); len(parts) > wire.MaxParts {
		t.Errorf("%d parts", len(parts))
	}
}

// TestRepetition: what repeats itself more often than a reader expands is
// written out.
func TestRepetition(t *testing.T) {
	a := district(t)
	for range 400 {
		a.Info = append(a.Info, a.Info[0])
	}
	roundTrip(t, "repetition", a)
	for i := range a.Info { // more languages than there are parts
		a.Info[i].Language = fmt.Sprintf("x-%d", i)
		a.Info[i].Contact = fmt.Sprint(i)
	}
	if _, parts := roundTrip(t, "languages", a); len(parts) > maxTextSections {
		t.Errorf("%d parts", len(parts))
	}
}

func BenchmarkDecode(b *testing.B) {
	core, parts, err := Encode(district(b), Extras{})
	if err != nil {
		b.Fatal(err)
	}
	for name, p := range map[string][][]byte{"core": nil, "full": parts} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Decode(core, p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkEncode(b *testing.B) {
	a := district(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := Encode(a, Extras{}); err != nil {
			b.Fatal(err)
		}
	}
}

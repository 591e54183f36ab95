package cap

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const nina = `{
 "identifier": "mow.DE-RP-AW-1", "sender": "DE-RP-AW", "sent": "2026-07-14T17:18:00+02:00", "status": "Actual",
 "msgType": "Update", "scope": "Public", "extra": 1,
 "references": "s1 s2,mow.1 mow.2,2026-07-14T00:00:00+02:00",
 "info": [{
  "language": "DE", "category": ["Met"], "event": "Gefahreninformation", "urgency": "Immediate", "severity": "Severe", "certainty": "Observed",
  "expires": "2026-07-15T17:18:00+02:00",
  "headline": "Flut", "description": "Die &quot;Ahr&quot; steigt.<br/><br/>Gehen&nbsp;Sie <b>hoch</b>: <a href=\"https://a.example/x?a=1&amp;b\">hier</a>\u0000",
  "parameter": [{"valueName": "sender_langname", "value": "Leitstelle"}, {"valueName": "warnVerwaltungsbereiche", "value": "071310000000, 7131"}],
  "area": [{"areaDesc": "Tal", "polygon": ["6.8,50.4 -1.0,-1.0 7.3,50.4 7.3,50.6 6.8,50.4"], "circle": "6.8,50.4 2"},
   {"areaDesc": "Berg", "geocode": [{"valueName": "AreaId", "value": 3}]},
   {"areaDesc": "schon richtig", "polygon": "50.4,6.8 50.4,7.3 50.6,7.3 50.4,6.8"}]
 }]}`

const ninaGeo = `{"type":"FeatureCollection","features":[
 {"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[6.80,50.4],[7.3,50.4],[7.3,50.6],[6.80,50.4]],[[7,50.41],[7.1,50.41],[7.1,50.42],[7,50.41]]]},"properties":{"areaId":3}},
 {"type":"Feature","geometry":{"type":"Point","coordinates":[1,2]},"properties":{"areaId":3}}]}`

func TestNINA(t *testing.T) {
	a, origin, problems, err := ParseNINA([]byte(nina), []byte(ninaGeo))
	if err != nil {
		t.Fatal(err)
	}
	if origin != (Origin{NINA, "MoWaS"}) {
		t.Error(origin)
	}
	sameFindings(t, problems, []string{
		"import-geometry /:0", "json-field /alert:0", "character /alert/info[1]/description:0", "import-markup /alert/info[1]/description:0",
		"import-coordinates /alert/info[1]/area[1]/polygon[1]:0", "import-filler /alert/info[1]/area[1]/polygon[1]:0",
		"import-coordinates /alert/info[1]/area[1]/circle[1]:0",
		"import-sender-name /alert/info[1]/senderName:0", "import-region-form /alert/info[1]:0", "import-region /alert/info[1]/area[1]:0",
		"import-references /alert/references:0", "geocode-hole /alert/info[1]/area[2]/geocode[2]:0",
	})
	i := a.Info[0]
	if want := "s1,mow.1,2026-07-14T00:00:00+02:00 s2,mow.2,2026-07-14T00:00:00+02:00"; a.References != want {
		t.Errorf("references %q", a.References)
	}
	if want := "Die \"Ahr\" steigt.\n\nGehen Sie hoch: hier (https://a.example/x?a=1&b)"; i.Description != want {
		t.Errorf("description %q", i.Description)
	}
	if i.SenderName != "Leitstelle" || len(i.Parameter) != 2 {
		t.Errorf("%+v", i)
	}
	if got := i.Area[0]; got.Polygon[0] != "50.4,6.8 50.4,7.3 50.6,7.3 50.4,6.8" || got.Circle[0] != "50.4,6.8 2" ||
		!slices.Equal(got.ARS(), []string{"071310000000"}) {
		t.Errorf("%+v", got)
	}
	if got := i.Area[1]; got.Polygon[0] != "50.4,6.80 50.4,7.3 50.6,7.3 50.4,6.80" || !slices.Equal(got.Holes(), []Polygon{"50.41,7 50.41,7.1 50.42,7.1 50.41,7"}) {
		t.Errorf("%+v", got)
	}
	if got := i.Area[2].Polygon[0]; got != "50.4,6.8 50.4,7.3 50.6,7.3 50.4,6.8" {
		t.Errorf("polygon %q", got)
	}
	roundTripModel(t, a)
}

func TestNINARefuses(t *testing.T) {
	for src, want := range map[string]struct {
		err  error
		line int
	}{
		"":                             {ErrJSON, 1},
		"[]":                           {ErrJSON, 1},
		"null":                         {ErrJSON, 1},
		"{}":                           {ErrJSON, 1},
		"{\n\n\"a\" 1}":                {ErrJSON, 3},
		nina + "x":                     {ErrJSON, 1},
		strings.Repeat(`{"a":[`, 30):   {ErrLimit, 1},
		strings.Repeat(" ", MaxNINA+1): {ErrLimit, 1},
		`{"identifier":"a","info":[` + strings.Repeat("{},", maxItems) + `{}]}`: {ErrLimit, 1},
		`{"type":"Feature"}`:          {ErrJSON, 1},
		`{"identifier":"POA-1217-4"}`: {ErrJSON, 1},
	} {
		a, _, problems, err := ParseNINA([]byte(src), nil)
		if a != nil || !errors.Is(err, want.err) || Valid(problems) || problems[0].Line != want.line {
			t.Errorf("%.20q: %v %v", src, err, problems)
		}
	}
	_, _, problems, err := ParseNINA([]byte(`{"identifier":["x"],"msgType":"Alert","info":[1,{"eventCode":[2],"area":"x","headline":{}}]}`), []byte("{"))
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for _, p := range problems {
		if p.Rule == "json-type" {
			count++
		}
	}
	if count != 5 {
		t.Error(problems)
	}
}

func TestNINARegionsWithoutArea(t *testing.T) {
	src := `{"identifier":"biw.1","msgType":"Alert","info":[{"parameter":[{"valueName":"warnVerwaltungsbereiche","value":"071310000000"}]}]}`
	a, origin, problems, err := ParseNINA([]byte(src), nil)
	if err != nil || origin.Provider != "BIWAPP" || len(a.Info[0].Area) != 1 || a.Info[0].Area[0].AreaDesc == "" {
		t.Error(a, origin, err)
	}
	if !slices.ContainsFunc(problems, func(p Problem) bool { return p.Rule == "import-area-missing" }) {
		t.Error(problems)
	}
}

func TestNINAEncoding(t *testing.T) {
	src := "{\"identifier\":\"mow.1\",\n\"msgType\":\"Alert\",\"note\":\"\xdcbung\"}"
	a, _, problems, err := ParseNINA([]byte(src), nil)
	if err != nil || a.Note != "Übung" || Valid(problems) {
		t.Fatal(a, err)
	}
	if !slices.ContainsFunc(problems, func(p Problem) bool { return p.Rule == "xml-encoding" && p.Line == 2 }) {
		t.Error(problems)
	}
}

// The companion's geometry cannot be multiplied without end.
func TestNINAGeometryBudget(t *testing.T) {
	ring := strings.Repeat("[7.3,50.4],", 1000) + "[7.3,50.4]"
	geo := `{"features":[{"geometry":{"type":"Polygon","coordinates":[[` + ring + `]]},"properties":{"areaId":0}}]}`
	area := `{"areaDesc":"x","geocode":[{"valueName":"AreaId","value":"0"}]}`
	src := `{"identifier":"mow.1","msgType":"Alert","info":[{"area":[` + strings.Repeat(area+",", 2000) + area + `]}]}`
	a, _, _, err := ParseNINA([]byte(src), []byte(geo))
	if err != nil {
		t.Fatal(err)
	}
	total := 0
	for _, area := range a.Info[0].Area {
		for _, p := range area.Polygon {
			total += len(p)
		}
	}
	if total == 0 || total > MaxDocument {
		t.Errorf("%d bytes of geometry", total)
	}
}

func TestNINACorpus(t *testing.T) {
	dir := corpusDir(t)
	for name, want := range map[string]struct {
		provider string
		refs     int
		keys     int
	}{
		"clemensv/nina_sample_detail.json":                                                           {"MoWaS", 0, 1},
		"home-assistant/dwd-in-nina.DE-NW-BN-SE030-20201014-30-000.json":                             {"DWD", 0, 0},
		"home-assistant/mow.DE-BW-S-SE018-20211102-18-001.json":                                      {"MoWaS", 6, 16},
		"kde-fpas/foss_public_alert_server__lib__testdata__mow.DE-HE-KS-SE106-20250313-106-001.json": {"MoWaS", 1, 25},
	} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		geo, _ := os.ReadFile(filepath.Join(dir, strings.TrimSuffix(name, "json")+"geojson"))
		a, origin, problems, err := ParseNINA(data, geo)
		if err != nil || !Valid(problems) {
			t.Fatal(name, err, problems)
		}
		refs, bad := a.ReferenceList()
		area := a.Info[0].Area[0]
		if origin.Provider != want.provider || len(refs) != want.refs || len(bad) > 0 || len(area.ARS()) != want.keys {
			t.Errorf("%s: %v, %d references, %d keys", name, origin, len(refs), len(area.ARS()))
		}
		if len(geo) > 0 && len(area.Polygon) == 0 {
			t.Errorf("%s: no geometry", name)
		}
		roundTripModel(t, a)
	}
}

func TestDWD(t *testing.T) {
	area := Area{Geocode: []NamedValue{
		{WarnCellID, "107131000"}, {WarnCellID, "807131077"}, {WarnCellID, "809162000"}, {WarnCellID, "501000008"},
		{WarnCellID, "x"}, {SHN, "071310000000"}, {SHN, "0713"}, {ExcludePolygon, " 1,2  3,4 "},
	}}
	if got := area.ARS(); !slices.Equal(got, []string{"071310000000", "091620000000", "071310000000"}) {
		t.Errorf("ARS %q", got)
	}
	if got := area.AGS(); !slices.Equal(got, []string{"07131077"}) {
		t.Errorf("AGS %q", got)
	}
	if got := area.Holes(); !slices.Equal(got, []Polygon{"1,2 3,4"}) {
		t.Errorf("holes %q", got)
	}
}

func TestDWDCorpus(t *testing.T) {
	for _, f := range corpus(t) {
		if !strings.HasPrefix(f.name, "brightsky-dwd/") {
			continue
		}
		a, _, err := Parse(f.data)
		if err != nil {
			t.Fatal(err)
		}
		holes := 0
		for _, i := range a.Info {
			for _, area := range i.Area {
				for _, h := range area.Holes() {
					points, err := h.Points()
					if err != nil || len(points) < 4 || points[0].Lat < 45 {
						t.Errorf("hole %q: %v", h, err)
					}
					holes++
				}
			}
		}
		if holes < 10 {
			t.Errorf("%d holes", holes)
		}
	}
}

func TestPlainText(t *testing.T) {
	for in, want := range map[string]string{
		"  a  b ":                           "a  b",
		"a<br>b<BR />c<p>d</p><p>e</p>":     "a\nb\nc\nd\n\ne",
		"<ul><li>x</li><li>y</li></ul>":     "- x\n\n- y",
		"&lt;90 km/h &amp; mehr":            "<90 km/h & mehr",
		"a<br>&#8;b&#X1;&#xFFFE;c":          "a\nbc",
		"a < b > c <3":                      "a < b > c <3",
		`<a href="tel:118">118</a>`:         "118",
		`<a href='http://x/'>dort</a>.`:     "dort (http://x/).",
		"<" + strings.Repeat("a", 2000):     "<" + strings.Repeat("a", 2000),
		"ä&uuml;&#246;&nbsp;ß<script>x</b>": "äüö ßx",
	} {
		if got := PlainText(in); got != want {
			t.Errorf("%.40q: %q, want %q", in, got, want)
		}
	}
}

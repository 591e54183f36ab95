package cap

import (
	"errors"
	"math"
	"slices"
	"testing"
)

func TestTime(t *testing.T) {
	for _, e := range []struct {
		text   Time
		unix   int64
		offset int
		known  bool
	}{
		{"2021-07-14T17:18:00+02:00", 1626275880, 120, true},
		{"2021-07-14T15:18:00-00:00", 1626275880, 0, false},
		{"2021-07-14T15:18:00+00:00", 1626275880, 0, true},
		{"2021-07-14T15:18:00Z", 1626275880, 0, true},
		{"2021-07-14T15:18:00", 1626275880, 0, false},
		{"2021-07-14T15:18:00.999", 1626275880, 0, false},
		{"2021-07-14T15:18:00.25Z", 1626275880, 0, true},
		{"2021-07-14T24:00:00+05:45", 1626286500, 345, true},
		{"1969-12-31T23:59:59-00:00", -1, 0, false},
	} {
		unix, ok := e.text.Unix()
		offset, known := e.text.Offset()
		if !ok || unix != e.unix || offset != e.offset || known != e.known {
			t.Errorf("%s: %d %t %d %t", e.text, unix, ok, offset, known)
		}
	}
	for _, bad := range []Time{"", "x", "2021-07-14", "2021-02-30T00:00:00Z", "2021-07-14T15:18:00,5Z", "2021-07-14T15:18:00+2:00", " 2021-07-14T15:18:00Z"} {
		if _, err := bad.Parse(); !errors.Is(err, ErrTime) {
			t.Errorf("%q: %v", bad, err)
		}
		if _, known := bad.Offset(); known {
			t.Errorf("%q has an offset", bad)
		}
	}
}

func TestMakeTime(t *testing.T) {
	for _, e := range []struct {
		unix   int64
		offset int
		want   Time
	}{
		{1626275880, 120, "2021-07-14T17:18:00+02:00"},
		{1626275880, -570, "2021-07-14T05:48:00-09:30"},
		{1626275880, 0, "2021-07-14T15:18:00-00:00"},
		{1626275880, 841, ""},
		{math.MaxInt64, 0, ""},
		{math.MinInt64, 0, ""},
	} {
		if got := MakeTime(e.unix, e.offset); got != e.want {
			t.Errorf("%d %d: %q, want %q", e.unix, e.offset, got, e.want)
		}
	}
}

func TestPolygon(t *testing.T) {
	for text, want := range map[Polygon][]Point{
		"50.4,6.8 -50.6,+7":              {{50.4, 6.8}, {-50.6, 7}},
		"[50.4,6.8] (50.6,7.)":           {{50.4, 6.8}, {50.6, 7}},
		" 50.4,6.8\n\t50.6,.7 ":          {{50.4, 6.8}, {50.6, .7}},
		"":                               {},
		"0,359.5":                        {{0, 359.5}},
		"38.47,-120.14 38.34,-119.95":    {{38.47, -120.14}, {38.34, -119.95}},
		"51.7071690000000001,10.4314790": {{51.707169, 10.431479}},
	} {
		if got, err := text.Points(); err != nil || !slices.Equal(got, want) {
			t.Errorf("%q: %v %v", text, got, err)
		}
	}
	for _, bad := range []Polygon{"50.4 6.8", "50.4,6.8,7", "90.1,0", "0,361", "NaN,0", "Inf,0", "1e1,0", "0x1,0", ",", "1,", "1_0,2"} {
		if got, err := bad.Points(); !errors.Is(err, ErrGeometry) {
			t.Errorf("%q: %v %v", bad, got, err)
		}
	}
	if lat, lon := (Point{50.123456, -7.000005}).E5(); lat != 5012346 || lon != -700001 {
		t.Errorf("E5: %d %d", lat, lon)
	}
}

func TestCircle(t *testing.T) {
	if centre, km, err := Circle("50.4,6.8 12.5").Parse(); err != nil || centre != (Point{50.4, 6.8}) || km != 12.5 {
		t.Error(centre, km, err)
	}
	for _, bad := range []Circle{"", "50.4,6.8", "50.4,6.8 -1", "50.4,6.8 x", "50.4 6.8 1", "91,0 1"} {
		if _, _, err := bad.Parse(); !errors.Is(err, ErrGeometry) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestLists(t *testing.T) {
	a := &Alert{
		Sender: "s", Identifier: "i", Sent: "t",
		References: "a,b,c  d,e\nf,g,h ,,", Addresses: `a@b "Kreis Ahrweiler" c "" "open`, Incidents: "x",
	}
	refs, bad := a.ReferenceList()
	if !slices.Equal(refs, []Reference{{"a", "b", "c"}, {"f", "g", "h"}}) || !slices.Equal(bad, []string{"d,e", ",,"}) {
		t.Error(refs, bad)
	}
	if got := a.AddressList(); !slices.Equal(got, []string{"a@b", "Kreis Ahrweiler", "c", "open"}) {
		t.Errorf("%q", got)
	}
	if got := a.IncidentList(); !slices.Equal(got, []string{"x"}) {
		t.Errorf("%q", got)
	}
	if got := a.Triple().String(); got != "s,i,t" {
		t.Error(got)
	}
}

func TestRanks(t *testing.T) {
	for _, e := range []struct{ got, want int }{
		{Extreme.Rank(), 4}, {Severe.Rank(), 3}, {Moderate.Rank(), 2}, {Minor.Rank(), 1}, {UnknownSeverity.Rank(), 0},
		{Severity("extreme").Rank(), 0}, {Severity("").Rank(), 0},
		{Immediate.Rank(), 4}, {Past.Rank(), 1}, {Observed.Rank(), 4}, {VeryLikely.Rank(), Likely.Rank()}, {Unlikely.Rank(), 1},
	} {
		if e.got != e.want {
			t.Errorf("rank %d, want %d", e.got, e.want)
		}
	}
}

// The tables for reading and writing name the same elements in the same order.
func TestBindingsMatchModel(t *testing.T) {
	for _, f := range []fields{&Alert{}, &Info{}, &Resource{}, &Area{}} {
		model, bound := f.content(), f.bindings()
		if len(model) != len(bound) {
			t.Fatalf("%T: %d elements, %d bindings", f, len(model), len(bound))
		}
		for i, e := range model {
			b := bound[i]
			single := !e.repeatable()
			if single != (b.one != nil) || (e.kind == named) != (b.named != nil) || (e.kind == complex) != (b.grow != nil) {
				t.Errorf("%T: binding of %s has the wrong kind", f, e.name)
			}
		}
	}
}

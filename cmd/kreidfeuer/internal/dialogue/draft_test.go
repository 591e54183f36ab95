package dialogue

import (
	"testing"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/testenv"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
)

func TestParseMoment(t *testing.T) {
	e, _ := testenv.Winter()
	for text, want := range map[string]string{
		"6h":                        "2026-11-22T21:30:00Z",
		"90m":                       "2026-11-22T17:00:00Z",
		"18:30":                     "2026-11-22T17:30:00Z",
		"08:15":                     "2026-11-23T07:15:00Z", // past: tomorrow
		"16:30":                     "2026-11-23T15:30:00Z", // now: tomorrow
		"2027-01-31T18:30":          "2027-01-31T17:30:00Z",
		"31.01.2027 18:30":          "2027-01-31T17:30:00Z",
		"2027-01-31T18:30:00-05:00": "2027-01-31T23:30:00Z",
	} {
		got, err := ParseMoment(e, text)
		if err != nil || shell.Stamp(got) != want {
			t.Errorf("%q: %s, %v, want %s", text, shell.Stamp(got), err, want)
		}
	}
	for _, text := range []string{"", "h", "-6h", "24:00", "bald", "1969-01-01T00:00"} {
		if got, err := ParseMoment(e, text); err == nil {
			t.Errorf("%q: %s, want an error", text, shell.Stamp(got))
		}
	}
}

func TestIsPlace(t *testing.T) {
	ahr := cap.Area{AreaDesc: "Ahrtal, rechtes Ufer", Geocode: []cap.NamedValue{{ValueName: cap.SHN, Value: "071310000000"}}}
	for typed, want := range map[string]bool{
		"Ahrtal, rechtes Ufer": true, "ahrtal,  rechtes ufer": true, "Kreis Ahrweiler": true, "ahrweiler": true, "07131": true,
		"": false, "ja": false, "Ahrtal": false, "Kreis Neuwied": false, "Rheinland-Pfalz": false, "Deutschland": false,
	} {
		if got := isPlace(ahr, typed); got != want {
			t.Errorf("%q: %v, want %v", typed, got, want)
		}
	}
}

// TestPlaceText: a name cannot hide what the keys say.
func TestPlaceText(t *testing.T) {
	for _, test := range []struct {
		area cap.Area
		want string
	}{
		{cap.Area{AreaDesc: "Landkreis Ahrweiler", Geocode: []cap.NamedValue{{ValueName: cap.SHN, Value: "071310000000"}}}, "Landkreis Ahrweiler"},
		{cap.Area{AreaDesc: "Kreis Ahrweiler", Geocode: []cap.NamedValue{{ValueName: cap.SHN, Value: "070000000000"}}}, "Kreis Ahrweiler [Rheinland-Pfalz]"},
		{cap.Area{AreaDesc: "Ahrtal", Polygon: []cap.Polygon{"50,7 51,7 51,8 50,7"}}, "Ahrtal [1 Polygon(e)]"},
	} {
		if got := placeText(test.area); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

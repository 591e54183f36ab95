package region

import (
	"strings"
	"testing"
)

func keys(regions []Region) string {
	var k []string
	for _, r := range regions {
		k = append(k, r.Key)
	}
	return strings.Join(k, " ")
}

func TestTable(t *testing.T) {
	lands, districts := 0, 0
	for _, r := range table() {
		if len(r.Key) == landLen {
			lands++
		} else if len(r.Key) == districtLen {
			districts++
			if l, ok := r.Land(); !ok || l.Box.union(r.Box) != l.Box {
				t.Errorf("%s lies outside %s", r, l)
			}
		}
		if k, ok := Normalize(r.ARS()); !ok || k != r.Key {
			t.Errorf("%s: %s normalises to %q", r, r.ARS(), k)
		}
	}
	if lands != 16 || districts != 399 {
		t.Errorf("%d Länder and %d districts, want 16 and 399", lands, districts)
	}
}

// TestNamesFindTheirRegion holds that what is shown to people can be typed by
// them, in any spelling.
func TestNamesFindTheirRegion(t *testing.T) {
	plain := strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "Ö", "Oe", "ß", "ss", "-", " ")
	for _, r := range table() {
		for _, query := range []string{r.String(), strings.ToUpper(r.String()), plain.Replace(r.String()), r.Kind + " " + r.Name} {
			found := Lookup(query)
			hit := false
			for _, f := range found {
				hit = hit || f == r
			}
			if !hit || len(found) > 2 {
				t.Errorf("Lookup(%q) = %s, want %s", query, keys(found), r.Key)
			}
		}
		if f := Lookup(r.ARS()); len(f) != 1 || f[0] != r {
			t.Errorf("Lookup(%q) = %s", r.ARS(), keys(f))
		}
	}
}

func TestLookup(t *testing.T) {
	for query, want := range map[string]string{
		"Kreis Ahrweiler":      "07131",
		"Landkreis Ahrweiler":  "07131",
		"ahrweiler":            "07131",
		"Ahrweiler, Landkreis": "07131",
		"LK Ahrweiler":         "07131",
		" 07131 ":              "07131",
		"071310000000":         "07131",
		"071310007007":         "07131",
		"07131007":             "07131",
		"RP":                   "07",
		"Rheinland Pfalz":      "07",
		"nrw":                  "05",
		"000000000000":         "",
		"Deutschland":          "",
		"051":                  "05",
		"München":              "09162 09184",
		"Mu\u0308nchen":        "09162 09184",
		"Stadt Muenchen":       "09162",
		"Landkreis München":    "09184",
		"Kreis Ulm":            "08421",
		"Berlin":               "11", "Stadt Berlin": "11", "02000": "02", "070": "07", "999": "", "07999": "",
		"Aachen":                       "05334",
		"Hannover":                     "03241",
		"Donnersberg":                  "07333",
		"Rhein-Sieg":                   "05382",
		"Kreis Rhein-Sieg":             "05382",
		"Rheinsiegkreis":               "05382",
		"Frankfurt":                    "06412 12053",
		"Neustadt an der Waldnaab":     "09374",
		"Waldnaab":                     "09374",
		"Weiden in der Oberpfalz":      "09363",
		"Mühldorf am Inn":              "09183",
		"Sankt Wendel":                 "10046",
		"Atlantis":                     "",
		"99":                           "",
		"17131":                        "",
		"0":                            "",
		"":                             "",
		"a":                            "",
		"-":                            "",
		strings.Repeat("München ", 40): "",
	} {
		got := Lookup(query)
		if keys(got) != want {
			t.Errorf("Lookup(%q) = %q, want %q", query, keys(got), want)
		}
	}
}

func TestSuggest(t *testing.T) {
	for query, want := range map[string]string{
		"Kreis Arweiler": "07131", "Ahrwieler": "07131", "Lubeck": "01003", "Landkreis Munchen": "09184",
		"Garmisch-Patenkirchen": "09180", "Eifelkreis Bitburg-Prum": "07232",
	} {
		if got := Suggest(query); len(got) == 0 || got[0].Key != want {
			t.Errorf("Suggest(%q) = %s, want %s first", query, keys(got), want)
		}
	}
	for _, query := range []string{"", "x", "Atlantis Nova", strings.Repeat("a", 5000)} {
		if got := Suggest(query); len(got) != 0 {
			t.Errorf("Suggest(%.20q) = %s, want nothing", query, keys(got))
		}
	}
}

func TestName(t *testing.T) {
	for key, want := range map[string]string{
		"07131": "Landkreis Ahrweiler", "071310000000": "Landkreis Ahrweiler", "07": "Rheinland-Pfalz", "": "Deutschland",
		"000000000000": "Deutschland", "071310007007": "Landkreis Ahrweiler (071310007007)", "07315": "Stadt Mainz",
		"051": "Nordrhein-Westfalen (051)", "03241": "Region Hannover", "05382": "Rhein-Sieg-Kreis", "99999": "99999",
		"07131x": "07131x", "100000000000": "Saarland",
	} {
		if got := Name(key); got != want {
			t.Errorf("Name(%q) = %q, want %q", key, got, want)
		}
	}
}

func TestContains(t *testing.T) {
	for _, c := range []struct {
		outer, inner string
		want         bool
	}{
		{"07131", "071310007007", true}, {"07131", "07131", true}, {"071310000000", "07131", true}, {"07", "07131", true},
		{"", "07131", true}, {"000000000000", "07", true}, {"07131", "07", false}, {"07131", "07132", false},
		{"02000", "02", true}, {"07131", "000000000000", false}, {"05370", "053700000000", true}, {"0713", "07131", false}, {"x", "x", false},
	} {
		if got := Contains(c.outer, c.inner); got != c.want {
			t.Errorf("Contains(%q, %q) = %v", c.outer, c.inner, got)
		}
	}
}

func FuzzLookup(f *testing.F) {
	f.Add("Kreis Ahrweiler")
	f.Add("071310000000")
	f.Fuzz(func(t *testing.T, query string) {
		if len(Suggest(query)) > maxSuggestions {
			t.Error("too many suggestions")
		}
		for _, r := range Lookup(query) {
			if _, ok := ByKey(r.Key); !ok {
				t.Errorf("found %v, which is not in the table", r)
			}
		}
	})
}

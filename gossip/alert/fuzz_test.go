package alert

import (
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
)

// FuzzView: whatever stands in an alert, every view of it is safe and within
// its limits, and its places are judged.
func FuzzView(f *testing.F) {
	f.Add("50.5,7.0 50.5,7.2 50.6,7.2 50.5,7.0", "50.5,7.1 3", "071310000000", "Hochwasser", "Gehen Sie 5 km weit.", "de")
	f.Add("-18,178 -18,-178 -16,-178", "89,0 200", "", "Entwarnung", "<br/>&nbsp;", "ar")
	f.Add("1e9,0 [0,0]", "0,0 99999999", "000000000000", "\u202e\x1b[2J", "\n\n", "")
	f.Add("0,0 0,0 0,0 0,0", "90,360 0", "0713100700x", "a\xff", "…", "de-LS")
	f.Fuzz(func(t *testing.T, polygon, disc, key, headline, instruction, language string) {
		c := flood()
		in := &c.Info[0]
		in.Language, in.Headline, in.Instruction, in.Description = language, headline, instruction, headline
		in.Area = []cap.Area{{AreaDesc: headline, Polygon: []cap.Polygon{cap.Polygon(polygon)}, Circle: []cap.Circle{cap.Circle(disc)},
			Geocode: []cap.NamedValue{geocode("SHN", key), geocode(cap.ExcludePolygon, polygon)}}}
		a, err := Of(c)
		if err != nil {
			t.Fatal(err)
		}
		for _, limit := range []int{ShortWEA, LongWEA, DEAlert} {
			if s := a.Short(limit, Condition{Drill: true}); utf8.RuneCountInString(s) > limit || s == "" {
				t.Errorf("%d characters of %d", utf8.RuneCountInString(s), limit)
			}
		}
		for _, r := range Text(a, language, Condition{}) {
			if unicode.IsControl(r) && r != '\n' || reorders(r) {
				t.Errorf("%U in the text", r)
			}
		}
		a.Demand()
		for _, p := range []Place{{Keys: []string{key}}, {Point: point(50.5, 7.1)}, {}} {
			if _, why := NewTarget(c, nil).Concerns(p); why == "" {
				t.Error("no reason")
			}
		}
	})
}

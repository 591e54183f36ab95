package spelling

import (
	"testing"

	"pgregory.net/rapid"
)

func TestDistance(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"", "abc", 3}, {"up", "up", 0}, {"ini", "init", 1}, {"pers", "peers", 1}, {"statsu", "status", 1},
		{"stotus", "status", 1}, {"ab", "ba", 1}, {"kitten", "sitting", 3},
		{"ca", "abc", 3}, // no byte is moved twice
	} {
		if got := Distance(test.a, test.b); got != test.want {
			t.Errorf("%q to %q: %d, want %d", test.a, test.b, got, test.want)
		}
	}
}

// TestDistanceProperties: it is the same both ways, 0 for equal words alone, and lies
// between the difference of the lengths and the longer one.
func TestDistanceProperties(t *testing.T) {
	word := rapid.StringMatching("[a-d]{0,6}")
	rapid.Check(t, func(t *rapid.T) {
		a, b := word.Draw(t, "a"), word.Draw(t, "b")
		d := Distance(a, b)
		if d != Distance(b, a) || (d == 0) != (a == b) || d < max(len(a)-len(b), len(b)-len(a)) || d > max(len(a), len(b)) {
			t.Errorf("%q to %q: %d, back %d", a, b, d, Distance(b, a))
		}
	})
}

package alert

import (
	"slices"
	"strings"
	"unicode"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
)

// bbkTest is BBK's event code of a Probealarm, as on a Warntag; sameTests are the
// codes of the Emergency Alert System (47 CFR 11.31) for tests and practice.
const bbkTest = "BBK-EVC-078"

var sameTests = map[string]bool{"RWT": true, "RMT": true, "NPT": true, "DMO": true}

// testWords mark a test wherever they stand in event or headline; leadingWords
// only at its beginning, because "Corona-Test-Zentrum brennt" is no test.
var (
	testWords    = []string{"probealarm", "probewarnung", "testwarnung", "testalarm", "testmeldung", "warntag"}
	leadingWords = []string{"test", "übung", "uebung", "exercise"}
)

// TestCode returns what marks the alert as a test although it may claim to be
// real: an event code, or a word in event or headline. Empty if nothing does.
// The composer refuses such a mark on live; on arrival the alert is shown as a
// test and never alarms.
func TestCode(a *cap.Alert) string {
	for i := range a.Info {
		for _, c := range a.Info[i].EventCode {
			value := strings.TrimSpace(c.Value)
			if value == bbkTest || c.ValueName == "SAME" && sameTests[value] {
				return value
			}
		}
		for _, text := range []string{a.Info[i].Event, a.Info[i].Headline} {
			if w := testWord(text); w != "" {
				return w
			}
		}
	}
	return ""
}

func testWord(text string) string {
	divides := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	first := true
	for w := range strings.FieldsFuncSeq(strings.ToLower(text), divides) {
		if first && slices.Contains(leadingWords, w) || slices.Contains(testWords, w) {
			return w
		}
		first = false
	}
	return ""
}

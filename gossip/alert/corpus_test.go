package alert

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
)

// corpus finds the collected CAP documents, which do not lie in the repository.
func corpus(t *testing.T) string {
	shared := os.Getenv("KREIDFEUER_SHARED")
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; shared == "" && dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if s, err := os.Stat(filepath.Join(dir, "shared", "corpus", "cap")); err == nil && s.IsDir() {
			shared = filepath.Join(dir, "shared")
		}
	}
	if shared == "" {
		t.Skip("no folder shared/corpus/cap above: set KREIDFEUER_SHARED")
	}
	return filepath.Join(shared, "corpus", "cap")
}

// TestCorpus views every document as a device would: within the limits of each
// display and safe for a terminal.
func TestCorpus(t *testing.T) {
	home := Place{Keys: []string{"064110000000"}, Point: point(49.87, 8.65)}
	alerts, ends := 0, 0
	concerns := map[Concern]int{}
	err := filepath.WalkDir(corpus(t), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		docs, _ := cap.Embedded(data) // what is no CAP is gossip/cap's matter
		for _, doc := range docs {
			a, err := Of(doc.Alert)
			if err != nil {
				continue // acknowledgements, and alerts without msgType
			}
			alerts++
			if a.Kind.Ends() {
				ends++
			}
			view(t, path, a)
			concern, why := NewTarget(doc.Alert, nil).Concerns(home)
			if why == "" {
				t.Errorf("%s: no reason", path)
			}
			concerns[concern]++
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d alerts, %d ends, concerns %v", alerts, ends, concerns)
	if alerts < 50 || ends == 0 || len(concerns) < 3 {
		t.Errorf("%d alerts, %d ends, concerns %v: the corpus was not read", alerts, ends, concerns)
	}
}

// view holds every view of an alert against its limits.
func view(t *testing.T, path string, a *Alert) {
	for _, limit := range []int{ShortWEA, LongWEA, ShortDisplay, DEAlert} {
		s := a.Short(limit, Condition{})
		if n := utf8.RuneCountInString(s); n > limit || n == 0 {
			t.Errorf("%s: %d characters of %d", path, n, limit)
		}
	}
	for _, language := range []string{"de", "en"} {
		if text := Text(a, language, Condition{}); strings.ContainsAny(text, "\x1b\r\x00") || !utf8.ValidString(text) {
			t.Errorf("%s: unsafe text", path)
		}
	}
}

// TestWarntag is the all-clear of a Probealarm in nine languages, sent with
// status Actual, severity Extreme and headlines that still warn.
func TestWarntag(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(corpus(t), "kde-fpas", "foss_public_alert_server__lib__testdata__mow.DE-HE-KS-SE106-20250313-106-001.json"))
	if err != nil {
		t.Skip(err)
	}
	c, _, _, err := cap.ParseNINA(data, nil)
	if err != nil {
		t.Fatal(err)
	}
	a := mustOf(t, c)
	if a.Kind != KindAllClear || a.Test != bbkTest {
		t.Errorf("kind %s, test %q", a.Kind, a.Test)
	}
	s := a.Short(DEAlert, Condition{})
	for _, want := range []string{"PROBEALARM: Entwarnung", "All-clear", "Fin d'alerte", "زوال الخطر"} {
		if !strings.Contains(s, want) {
			t.Errorf("no %q in %q", want, s)
		}
	}
	for _, not := range []string{"Avertissement", "تحذير", "Warnung:"} {
		if strings.Contains(s, not) {
			t.Errorf("the all-clear says %q: %q", not, s)
		}
	}
	for _, p := range []Place{{Keys: []string{"066340000000"}}, {Keys: []string{"06634"}, Watch: true}} {
		if got, why := NewTarget(c, nil).Concerns(p); got != ConcernYes {
			t.Errorf("%v: %s, %s", p.Keys, got, why)
		}
	}
	if got, _ := NewTarget(c, nil).Concerns(Place{Keys: []string{"07131"}}); got != ConcernNo {
		t.Errorf("Ahrweiler: %s", got)
	}
}

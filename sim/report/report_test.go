package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/sim/model"
	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

// results plays a scenario of the library with two seeds and its sweep.
func results(t *testing.T, name string) (all []*scenario.Result) {
	t.Helper()
	text, ok := scenario.FromLibrary(name)
	if !ok {
		t.Fatalf("no scenario %s", name)
	}
	variants, err := scenario.Variants(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range variants {
		for seed := range uint64(2) {
			r, err := model.Run(t.Context(), model.Config{Scenario: v.Scenario, Seed: seed, MapCells: 20})
			if err != nil {
				t.Fatal(err)
			}
			r.Settings = v.Settings
			all = append(all, r)
		}
	}
	return all
}

// TestPage: the page stands alone, has a picture for each question and a series
// for each variant, in order.
func TestPage(t *testing.T) {
	all := append(results(t, "storm-village"), results(t, "slow-radio")...)
	studies := Collect(all, func(name string) string { return "about <b>" + name + "</b>" })
	if len(studies) != 2 || len(studies[1].Series) != 3 || studies[1].Series[0].Label != "model adoption=5%" || studies[1].Series[1].Label != "model adoption=10%" {
		t.Fatalf("studies %+v", studies)
	}
	var b bytes.Buffer
	if err := Write(&b, studies); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	for _, want := range []string{"Coverage over time", "After", "adoption=30%", "Nothing but slow radio", "airtime", "&lt;b&gt;storm-village", "10 min"} {
		if !strings.Contains(strings.ToLower(text), strings.ToLower(want)) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, unwanted := range []string{"http://", "https://", "<script", "<img", "NaN", "Inf"} {
		if strings.Contains(strings.ReplaceAll(strings.ReplaceAll(text, "http://www.w3.org", ""), "https://www.w3.org", ""), unwanted) {
			t.Errorf("the page holds %q", unwanted)
		}
	}
	if n := strings.Count(text, "<svg"); n < 2*3+4 {
		t.Errorf("%d pictures", n)
	}
	t.Logf("%d kB", len(text)/1000)
}

func TestNatural(t *testing.T) {
	for _, pair := range [][2]string{{"a=5%", "a=10%"}, {"a", "b"}, {"a", "a1"}, {"x9", "x10"}, {"0.05", "0.1"}} {
		if natural(pair[0], pair[1]) >= 0 || natural(pair[1], pair[0]) <= 0 {
			t.Errorf("%q does not come before %q", pair[0], pair[1])
		}
	}
}

package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/sim/model"
	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

// results plays a scenario of the library, its sweep and its variants.
func results(t *testing.T, name string, seeds uint64) (all []*scenario.Result) {
	t.Helper()
	text, ok := scenario.FromLibrary(name)
	if !ok {
		t.Fatalf("no scenario %s", name)
	}
	text = bytes.Replace(text, []byte("duration: 8h"), []byte("duration: 2h"), 1) // a district's night takes long
	variants, err := scenario.Variants(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range variants {
		for seed := range seeds {
			r, err := model.Run(t.Context(), model.Config{Scenario: v.Scenario, Seed: seed, MapCells: 20})
			if err != nil {
				t.Fatal(err)
			}
			r.Settings, r.Variant, r.Source = v.Settings, v.Name, string(text)
			all = append(all, r)
		}
	}
	return all
}

// TestPage: the page stands alone, has a picture for each question and a series
// for each variant, in order.
func TestPage(t *testing.T) {
	all := append(results(t, "storm-village", 2), results(t, "slow-radio", 2)...)
	studies := Collect(append(all, all...))
	if len(studies) != 2 || len(studies[1].Series) != 3 || studies[1].Series[0].Label != "walkers.adoption=5%" || len(studies[1].Series[0].Results) != 2 ||
		studies[1].Series[1].Label != "walkers.adoption=10%" {
		t.Fatalf("studies %+v", studies)
	}
	studies[1].About = "about <b>storm-village</b>"
	var b bytes.Buffer
	if err := Write(&b, studies, []string{"R/x.json is no result"}); err != nil {
		t.Fatal(err)
	}
	text := b.String()
	for _, want := range []string{"Coverage over time", "After", "adoption=30%", "Nothing but slow radio", "airtime", "&lt;b&gt;storm-village", "10 min",
		"In short", "What changes it", "What this leaves out", "R/x.json is no result", "More than chance?"} {
		if !strings.Contains(strings.ToLower(text), strings.ToLower(want)) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, unwanted := range []string{"http://", "https://", "<script", "<img", "NaN", "+Inf"} {
		if strings.Contains(strings.ReplaceAll(strings.ReplaceAll(text, "http://www.w3.org", ""), "https://www.w3.org", ""), unwanted) {
			t.Errorf("the page holds %q", unwanted)
		}
	}
	if n := strings.Count(text, "<svg"); n < 2*3+4+5*3 {
		t.Errorf("%d pictures", n)
	}
	t.Logf("%d kB", len(text)/1000)
}

// TestQuestion: the district's page answers the planner's question in words, and what
// would change it, the most helpful first.
func TestQuestion(t *testing.T) {
	studies := Collect(results(t, "district-flood", 1))
	base := studies[0].Series[0]
	if base.Variant != "" || base.Label != "as it stands" || studies[0].Series[2].Label != "10 % run it" {
		t.Fatalf("series %q, %q", base.Label, studies[0].Series[2].Label)
	}
	if lines := short(&studies[0]); len(lines) != 3 || !strings.Contains(lines[0], "have it after 5 min, ") || !strings.HasPrefix(lines[1], "In upper-town: 100 % have it after 5 min") ||
		!strings.HasPrefix(lines[2], "In lower-town: ") {
		t.Errorf("in short: %q", lines)
	}
	list, with, _ := changes(&studies[0])
	if with != "as it stands" || len(list) != 9 || list[0].Label != "warned 10 minutes before the power fails" || list[8].Label != "no radio link to the stations" || list[8].Clear != "one seed: unknown" {
		t.Errorf("changes against %s: %+v", with, list)
	}
	if lower := base.Parts(ByPlace)[1]; lower.Devices != 1500 || lower.AtMarks[2].Mean < lower.AtMarks[0].Mean {
		t.Errorf("lower town %+v", lower)
	}
}

// TestEditions: results of another text of a scenario, or of another version of the
// program, are not taken for seeds of the same; an engine's beside another's is.
func TestEditions(t *testing.T) {
	all := results(t, "slow-radio", 2)[:2]
	other := *all[0]
	other.Edition, other.Program = "changed", "2"
	real := *all[1]
	real.Engine = "real"
	studies := Collect(append(all, &other, &real))
	if len(studies) != 2 || !studies[0].Several || len(studies[0].Series) != 2 || studies[0].Series[1].Label != all[0].Variant+", real" {
		t.Fatalf("%d studies: %+v", len(studies), studies[0].Series)
	}
	if a := agreements(&studies[0]); len(a) != 1 || a[0].Label != all[0].Variant || a[0].Rows[0].What != "reached after 60 s" {
		t.Errorf("agreement %+v", a)
	}
	var b bytes.Buffer
	if err := Write(&b, studies, nil); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"more than one edition", "Model against real devices: "} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

// TestLosses: what was lost, and what an attack cost, have pictures too.
func TestLosses(t *testing.T) {
	checks := uint64(7)
	r := results(t, "slow-radio", 1)[0]
	r.Alerts[0].Unreached = map[string]int{"no power": 3}
	r.Attack = scenario.Attack{Devices: 2, Sent: 1234, Rejected: 1234, Checks: &checks}
	var b bytes.Buffer
	if err := Write(&b, Collect([]*scenario.Result{r}), nil); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"devices not reached", "no power</text>", "messages of attackers", "<td>1 234</td>", "<td>7</td>"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestNatural(t *testing.T) {
	for _, pair := range [][2]string{{"a=5%", "a=10%"}, {"a", "b"}, {"a", "a1"}, {"x9", "x10"}, {"0.05", "0.1"}} {
		if natural(pair[0], pair[1]) >= 0 || natural(pair[1], pair[0]) <= 0 {
			t.Errorf("%q does not come before %q", pair[0], pair[1])
		}
	}
}

// TestIncidents: a follow-up has its picture and its numbers.
func TestIncidents(t *testing.T) {
	var b bytes.Buffer
	studies := Collect(results(t, "blackout-all-clear", 1))
	if err := Write(&b, studies, nil); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"still acts on what no longer holds", "all-clear at 7 h", "update at 3 h", "second signature at 50 min"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	list, err := incidents(&studies[0])
	if err != nil || len(list) != 1 || len(list[0].Changes) != 4*3 || list[0].Picture == "" {
		t.Errorf("incidents %+v, %v", list, err)
	}
}

package report

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/sim/model"
	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

// towns is two towns out of each other's reach; what fails and is issued is to be added.
const towns = `schema: kreidfeuer.scenario/1
name: towns
title: Two towns
duration: 2h
places:
  - {name: a, kind: plane, size: [500m, 500m]}
  - {name: b, kind: plane, size: [500m, 500m], origin: [9km, 0m]}
links:
  lan: {latency: 5ms, local: true}
groups:
  - {name: sta, count: 1, at: a, role: station, links: [lan]}
  - {name: stb, count: 1, at: b, role: station, links: [lan]}
  - {name: wa, count: 30, at: a, links: [lan]}
  - {name: wb, count: 10, at: b, links: [lan]}
marks: [1s, 1m, 10m]
`

// study plays a scenario and its variants once.
func study(t *testing.T, text string) *Study {
	t.Helper()
	variants, err := scenario.Variants([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	var all []*scenario.Result
	for _, v := range variants {
		r, err := model.Run(t.Context(), model.Config{Scenario: v.Scenario, Seed: 1, MapCells: 20, Open: os.ReadFile})
		if err != nil {
			t.Fatal(err)
		}
		r.Settings, r.Variant, r.Source = v.Settings, v.Name, text
		all = append(all, r)
	}
	return &Collect(all)[0]
}

// written is the page of a study.
func written(t *testing.T, s *Study) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, []Study{*s}, nil); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestConcerned: what is told of a place is of those whom a warning concerns there, and
// what concerns nobody counts for nothing.
func TestConcerned(t *testing.T) {
	both := `alerts:
  - {at: 10m, from: sta, severity: Extreme, place: a}
  - {at: 10m, from: stb, severity: Extreme, place: b}
`
	s := study(t, towns+both)
	for i, want := range []string{
		"Of 30 devices that the 2 alerts concern, on the average, 100 % have it after 1 s, 100 % after 60 s, 100 % after 10 min, and 100 % at the end",
		"In a: 100 % have it after 1 s", "In b: 100 % have it after 1 s"} {
		if lines := short(s); len(lines) != 3 || !strings.HasPrefix(lines[i], want) {
			t.Errorf("in short: %q, want %q", lines, want)
		}
	}
	for _, p := range slices.Concat(s.Series[0].Parts(ByPlace), s.Series[0].Parts(ByGroup)) {
		if len(p.AtMarks) != 3 || p.AtMarks[0].Mean != 1 {
			t.Errorf("%s: %+v", p.Name, p.AtMarks)
		}
	}
	if page := written(t, s); !strings.Contains(page, "<p>Everybody was reached in time, in every run.</p>") {
		t.Error("the page does not say that everybody was reached")
	}

	s = study(t, strings.Replace(towns, "name: wb, count: 10", "name: wb, count: 10, adoption: 0", 1)+both)
	if at := s.Series[0].AtMarks()[0]; at.Mean != 1 || quantile(s.Series[0].Results[0], quantiles[0]) < 0 {
		t.Errorf("a warning that concerns nobody counts: %+v", at)
	}
	s = study(t, towns+"alerts: [{at: 10m, from: sta, severity: Extreme, place: a}]\n")
	if lines := short(s); len(lines) != 2 || !strings.HasPrefix(lines[1], "In a: 100 %") {
		t.Errorf("in short, of one town: %q", lines)
	}
	if page := written(t, s); !strings.Contains(page, "<td>wb</td><td>10</td><td>–</td><td>–</td><td>–</td>") {
		t.Error("the page tells a share of those whom nothing concerns")
	}
	s = study(t, strings.Replace(towns, "name: wa, count: 30", "name: wa, count: 30, adoption: 0", 1)+"alerts: [{at: 10m, from: sta, severity: Extreme, place: a}]\n")
	if lines := short(s); !slices.Equal(lines, []string{"No warning concerns anybody."}) || !strings.Contains(written(t, s), "<p>No warning concerns anybody.</p>") {
		t.Errorf("in short, of nobody: %q", lines)
	}
	s = study(t, strings.Replace(towns, "name: wa, count: 30", "name: wa, count: 30, adoption: 0", 1)+`alerts:
  - {at: 5m, from: stb, severity: Minor, drill: true, place: b}
  - {at: 10m, from: sta, severity: Extreme, place: a}
`)
	if page := written(t, s); strings.Contains(page, "Everybody was reached") || !strings.Contains(page, "<p>No warning concerns anybody.</p>") {
		t.Error("an exercise is taken for a warning")
	}
}

// TestExercisesFirst: the report is of what is in earnest, however many exercises come
// first, and does not say that everybody is reached where it does not know.
func TestExercisesFirst(t *testing.T) {
	split := strings.Replace(towns, "local: true", "local: false", 1) + `outages: [{at: 5m, what: "link:lan", place: b}]` + "\n"
	const earnest = "  - {at: 10m, from: sta, severity: Extreme}\n"
	s := study(t, split+"alerts:\n  - {at: 1m, from: sta, severity: Minor, drill: true, count: 25, every: 1s}\n"+earnest)
	page := written(t, s)
	for _, want := range []string{"<th>no link works</th>", "<figcaption>after 10 min: 30 of 40</figcaption>", "when it is issued: "} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Contains(page, "Everybody was reached") || strings.Contains(strings.ToLower(page), "not examined") {
		t.Error("the page says that everybody was reached")
	}
	if lines := short(s); len(lines) != 3 || !strings.HasPrefix(lines[1], "In a: 100 %") || !strings.HasPrefix(lines[2], "In b: 0 %") {
		t.Errorf("in short: %q", lines)
	}
	for _, g := range s.Series[0].Parts(ByGroup) {
		if g.Name == "wb" && g.AtMarks[2].Mean != 0 {
			t.Errorf("%g of wb have it", g.AtMarks[2].Mean)
		}
	}

	s = study(t, split+"alerts:\n  - {at: 1m, from: sta, severity: Minor, count: 25, every: 1s}\n"+earnest)
	if page = written(t, s); strings.Contains(page, "Everybody was reached") || !strings.Contains(page, "<th>not examined</th>") || !strings.Contains(page, "“Not examined”: ") {
		t.Error("the page does not say that nobody was asked why")
	}
}

// TestUnlikeMarks: what tells of other ages is not compared, and stands under its own.
func TestUnlikeMarks(t *testing.T) {
	s := study(t, towns+`alerts: [{at: 10m, from: sta, severity: Extreme}]
variants:
  - {name: long marks, set: {marks: [1m, 6m, 20m]}}
  - {name: one mark, set: {marks: [2m]}}
  - {name: more in a, set: {groups.wa.count: 60}}
`)
	list, _, unlike := changes(s)
	if len(list) != 1 || list[0].Label != "more in a" || !slices.Equal(unlike, []string{"long marks", "one mark"}) {
		t.Errorf("changes %+v, not compared %q", list, unlike)
	}
	page := written(t, s)
	for _, want := range []string{
		"<th>have it</th><th>after 1 s</th><th>after 60 s</th><th>after 2 min</th><th>after 6 min</th><th>after 10 min</th><th>after 20 min</th>",
		"long marks <small>(1 seed)</small></td><td>–</td><td>75.0 %</td><td>–</td><td>75.0 %</td><td>–</td><td>75.0 %</td>",
		"one mark <small>(1 seed)</small></td><td>–</td><td>–</td><td>75.0 %</td><td>–</td><td>–</td><td>–</td>",
		"<th>if</th><th>after 1 s</th><th>after 60 s</th><th>after 10 min</th><th>half",
		"Not compared, since they tell of other ages: long marks; one mark."} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

// TestLeavesOut: the page does not say that the model leaves out what it counts.
func TestLeavesOut(t *testing.T) {
	page := written(t, study(t, towns+"alerts: [{at: 10m, from: sta, severity: Extreme}]\n"))
	if strings.Contains(page, "neighbours that are gone") || !strings.Contains(page, "It leaves out processor time and disks;") {
		t.Error("the page says that the model does not count dials in vain")
	}
}

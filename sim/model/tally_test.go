package model

import (
	"strings"
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

// two is two towns out of each other's reach, each with a station of its own.
const two = `schema: kreidfeuer.scenario/1
name: two
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
  - {name: cart, count: 2, at: a, role: mule, links: [lan]}
marks: [1s, 1m]
`

// TestGroupsConcerned: a group's share is of those whom the warnings concern, as the
// alerts' is; exercises count where there is nothing else.
func TestGroupsConcerned(t *testing.T) {
	for name, c := range map[string]struct {
		alerts string
		want   map[string]float64 // share at the last mark; absent: no warning concerns the group
		of     map[string]int
	}{
		"each its own": {`
  - {at: 10m, from: sta, severity: Extreme, place: a}
  - {at: 10m, from: stb, severity: Extreme, place: b}`,
			map[string]float64{"sta": 1, "stb": 1, "wa": 1, "wb": 1, "cart": 0.5}, map[string]int{"sta": 1, "stb": 1, "wa": 30, "wb": 10, "cart": 4}},
		"one town's only": {`
  - {at: 10m, from: sta, severity: Extreme, place: a}`,
			map[string]float64{"sta": 1, "wa": 1, "cart": 1}, map[string]int{"sta": 1, "wa": 30, "cart": 2}},
		"for everybody": {`
  - {at: 10m, from: sta, severity: Extreme}`,
			map[string]float64{"sta": 1, "stb": 0, "wa": 1, "wb": 0, "cart": 1}, map[string]int{"sta": 1, "stb": 1, "wa": 30, "wb": 10, "cart": 2}},
		"exercises do not count beside it": {`
  - {at: 5m, from: stb, severity: Minor, drill: true, count: 25, every: 1s}
  - {at: 10m, from: sta, severity: Extreme}`,
			map[string]float64{"sta": 1, "stb": 0, "wa": 1, "wb": 0, "cart": 1}, map[string]int{"sta": 1, "stb": 1, "wa": 30, "wb": 10, "cart": 2}},
		"exercises alone": {`
  - {at: 5m, from: stb, severity: Minor, drill: true, count: 3, every: 1s}`,
			map[string]float64{"sta": 0, "stb": 1, "wa": 0, "wb": 1, "cart": 0}, map[string]int{"sta": 3, "stb": 3, "wa": 90, "wb": 30, "cart": 6}},
	} {
		for _, g := range play(t, two+"alerts:"+c.alerts, 1).Groups {
			if got, want := g.AtMarks[1], c.want[g.Name]; got != want || g.Concerned != c.of[g.Name] {
				t.Errorf("%s: group %s %g of %d, want %g of %d", name, g.Name, got, g.Concerned, want, c.of[g.Name])
			}
		}
	}
}

// TestGroupsLate: who gets a warning that is over by its clock has not been warned, in
// its group as of all.
func TestGroupsLate(t *testing.T) {
	text := strings.Replace(two, "name: wa, count: 30,", "name: wa, count: 30, clock: {offset: 50m},", 1) + "alerts: [{at: 10m, from: sta, severity: Severe, place: a, expires: 30m}]"
	res := play(t, text, 1)
	if a, g := res.Alerts[0], res.Groups[2]; a.Late == 0 || a.AtMarks[1] != g.AtMarks[1] {
		t.Errorf("%d late, at the mark %g of all, %g of the only group", a.Late, a.AtMarks[1], g.AtMarks[1])
	}
}

// TestExaminedInEarnest: why somebody is not reached, and the map, are of what is in
// earnest, however many exercises come first.
func TestExaminedInEarnest(t *testing.T) {
	text := strings.Replace(two, "local: true", "local: false", 1) + `
outages: [{at: 5m, what: "link:lan", place: b}]
alerts:
  - {at: 1m, from: sta, severity: Minor, drill: true, count: 25, every: 1s}
  - {at: 2m, from: sta, severity: Minor, place: c}
  - {at: 10m, from: sta, severity: Extreme}`
	text = strings.Replace(text, "links:\n", "  - {name: c, kind: plane, size: [1m, 1m]}\nlinks:\n", 1)
	res := play(t, text, 1)
	last := len(res.Alerts) - 1
	if a := res.Alerts[last]; a.Reached != 30 || a.Concerned != 40 || a.Unreached["no link works"] != 10 {
		t.Errorf("%d of %d reached, others %v", a.Reached, a.Concerned, a.Unreached)
	}
	if res.Mapped != last {
		t.Errorf("the map is of alert %d, want %d", res.Mapped, last)
	}
	total, reached := int32(0), int32(0)
	f := res.Frames[len(res.Frames)-1]
	for i := range f.Total {
		total, reached = total+f.Total[i], reached+f.Reached[i]
	}
	if total != 40 || reached != 30 || res.Frames[0].At != 600.001 {
		t.Errorf("the map: %d of %d, from %g s on", reached, total, res.Frames[0].At)
	}
	if res = play(t, two+"alerts: [{at: 1m, from: sta, severity: Minor, drill: true, count: 25, every: 1s}]", 1); len(res.Alerts[19].Unreached) == 0 || len(res.Alerts[20].Unreached) != 0 || res.Mapped != 0 {
		t.Errorf("of exercises alone the 20th is examined: %v, the 21st is not: %v", res.Alerts[19].Unreached, res.Alerts[20].Unreached)
	}
}

// TestMarksExact: what comes a millisecond after a mark is not counted there, nor told
// by the curve before it came.
func TestMarksExact(t *testing.T) {
	text := strings.Replace(two, "marks: [1s, 1m]", "marks: [1s, 1m, 70m]", 1) + "alerts: [{at: 10m, from: sta, severity: Extreme, place: a}]"
	s, err := scenario.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	stage, err := NewStage(Config{Scenario: s, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	var list []Arrival
	for i, age := range []time.Duration{0, 990 * time.Millisecond, time.Second, 1001 * time.Millisecond, time.Minute, 60_001 * time.Millisecond, 60_500 * time.Millisecond} {
		list = append(list, Arrival{At: 10*time.Minute + age, Device: 2 + i})
	}
	res, err := stage.Result(list, Played{Engine: "real"})
	if err != nil {
		t.Fatal(err)
	}
	a, g := res.Alerts[0], res.Groups[2]
	for i, want := range []float64{3. / 30, 5. / 30, 7. / 30} {
		if a.AtMarks[i] != want || g.AtMarks[i] != want {
			t.Errorf("at mark %d %g of all and %g of the only group, want %g", i, a.AtMarks[i], g.AtMarks[i], want)
		}
	}
	for i, age := range a.Ages {
		arrived := 0
		for _, one := range list {
			if one.At-10*time.Minute <= time.Duration(age*float64(time.Second)) {
				arrived++
			}
		}
		if a.Curve[i] > float64(arrived)/30 {
			t.Errorf("the curve says %g after %g s, when %d of 30 have it", a.Curve[i], age, arrived)
		}
	}
	if last := a.Curve[len(a.Curve)-1]; last != 7./30 {
		t.Errorf("the curve ends at %g", last)
	}
}

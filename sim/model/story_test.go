package model

import (
	"strings"
	"testing"
)

const story = `schema: kreidfeuer.scenario/1
name: story
title: One thing at a time
duration: 4h
places:
  - {name: here, kind: plane, size: [100m, 100m]}
  - {name: there, kind: plane, size: [100m, 100m], origin: [50km, 0m]}
links:
  net: {latency: 20ms, needs: [internet]}
  wifi: {range: 200m, latency: 5ms}
  lora: {range: 100km, airtime: longfast}
groups:
  - {name: station, count: 1, at: here, links: [net], role: station}
  - {name: people, count: 100, at: here, links: [net]}
alerts:
  - {at: 10m, from: station, severity: Severe, expires: 2h}
`

// TestStories changes one thing each and wants what follows from it, and no more.
func TestStories(t *testing.T) {
	for _, c := range []struct {
		name      string
		replace   []string
		more      string
		reached   [2]int
		p90, p99  float64 // seconds, at most; 0: not asked
		max       float64 // likewise
		least     float64 // seconds, the last at least
		unreached string
		cutOff    uint64
	}{
		{name: "everyone", reached: [2]int{100, 100}, p99: 0.2},
		{name: "too far", replace: []string{"people, count: 100, at: here, links: [net]", "people, count: 100, at: there, links: [wifi]"}, unreached: "only others without it in reach"},
		{name: "no internet", more: "outages:\n  - {at: 0s, what: internet}\n", unreached: "no link works"},
		{name: "internet comes back", more: "outages:\n  - {at: 0s, what: internet, until: 1h}\n", reached: [2]int{100, 100}, least: 3000, max: 3010},
		{name: "comes back too late", more: "outages:\n  - {at: 0s, what: internet, until: 3h}\n", unreached: "no link works"},
		{name: "no battery", replace: []string{"links: [net]}", "links: [net], battery: 0s}"}, more: "outages:\n  - {at: 5m, what: power, place: here}\n", unreached: "no power"},
		{name: "batteries last", replace: []string{"role: station", "role: station, battery: 3h", "links: [net]}", "links: [net], battery: 3h}"}, more: "outages:\n  - {at: 5m, what: power}\n", reached: [2]int{100, 100}, p99: 0.2},
		{name: "sleepers", replace: []string{"links: [net]}", "links: [net], awake: 10%, turn: 10m}"}, reached: [2]int{100, 100}, least: 60, p90: 610, max: 1300},
		{name: "half an outage", replace: []string{"people, count: 100, at: here", "people, count: 100, at: there"},
			more: "outages:\n  - {at: 0s, what: internet, place: there, share: 50%}\n", reached: [2]int{35, 65}},
		{name: "radio", replace: []string{"links: [net]", "links: [lora]"}, reached: [2]int{95, 100}, least: 1},
		{name: "forger", more: "adversaries:\n  - {kind: forger, count: 1, at: here, links: [net], rate: 1000, until: 5m}\n", reached: [2]int{100, 100}, cutOff: 10},
		{name: "clock never set", replace: []string{"links: [net]}", "links: [net], clock: {offset: -56y}}"}, reached: [2]int{100, 100}},
		{name: "clock a decade ahead", replace: []string{"links: [net]}", "links: [net], clock: {offset: 10y}}"}, reached: [2]int{100, 100}},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := story
			for i := 0; i < len(c.replace); i += 2 {
				if !strings.Contains(text, c.replace[i]) {
					t.Fatalf("the story does not hold %q", c.replace[i])
				}
				text = strings.ReplaceAll(text, c.replace[i], c.replace[i+1])
			}
			res := play(t, text+c.more, 3)
			a := res.Alerts[0]
			t.Logf("%d of %d, late %d, p90 %.2f, p99 %.2f, max %.2f, %v; %+v", a.Reached, a.Concerned, a.Late, a.P90, a.P99, a.Max, a.Unreached, res.Attack)
			if a.Reached < c.reached[0] || a.Reached > c.reached[1] {
				t.Errorf("%d reached, want %v", a.Reached, c.reached)
			}
			if c.p90 > 0 && (a.P90 < 0 || a.P90 > c.p90) {
				t.Errorf("p90 %.2f s, want at most %.2f", a.P90, c.p90)
			}
			if c.p99 > 0 && (a.P99 < 0 || a.P99 > c.p99) {
				t.Errorf("p99 %.2f s, want at most %.2f", a.P99, c.p99)
			}
			if a.Max < c.least || c.max > 0 && a.Max > c.max {
				t.Errorf("the last after %.2f s, want %.2f to %.2f", a.Max, c.least, c.max)
			}
			if c.unreached != "" && a.Unreached[c.unreached] != 100 {
				t.Errorf("unreached %v, want 100 for %q", a.Unreached, c.unreached)
			}
			if res.Attack.CutOff < c.cutOff || res.Attack.Accepted != 0 {
				t.Errorf("attack %+v", res.Attack)
			}
		})
	}
}

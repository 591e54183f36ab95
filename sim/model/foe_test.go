package model

import (
	"strings"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

const besieged = `schema: kreidfeuer.scenario/1
name: besieged
title: Adversaries with hours
duration: 1h
marks: [1s, 10m]
places: [{name: town, kind: plane, size: [500m, 500m]}]
links: {lan: {latency: 5ms}}
groups:
  - {name: station, count: 1, at: town, links: [lan], role: station}
  - {name: homes, count: 20, at: town, links: [lan]}
adversaries:
  - {kind: KIND, count: 600, at: town, links: [lan]HOURS}
alerts:
  - {at: 10m, from: station, severity: Extreme}
`

// TestHours: outside their hours adversaries pass on what they get, of every kind; in them
// those who keep things back do.
func TestHours(t *testing.T) {
	for _, kind := range []string{"eclipse", "suppressor", "sybil", "forger", "flooder"} {
		for _, c := range []struct {
			hours    string
			honest   bool // when the warning is issued
			honestly bool // ten minutes later
		}{
			{"", false, false},
			{", from: 50m", true, true},
			{", until: 9m", true, true},
			{", from: 5m, until: 15m", false, true},
			{", from: 5m, until: 50m", false, false},
		} {
			res := play(t, strings.NewReplacer("KIND", kind, "HOURS", ", rate: 0.001"+c.hours).Replace(besieged), 1)
			a := res.Alerts[0]
			t.Logf("%s%s: %d of %d, %.2f after 1 s, %.2f after 10 min, %d sent", kind, c.hours, a.Reached, a.Concerned, a.AtMarks[0], a.AtMarks[1], res.Attack.Sent)
			if c.honest && (a.AtMarks[0] != 1 || a.Max > 0.1) {
				t.Errorf("%s%s: reached %.2f within a second, the last after %g s, though they pass on", kind, c.hours, a.AtMarks[0], a.Max)
			}
			if !c.honest && a.AtMarks[0] > 0.3 || (a.AtMarks[1] == 1) != c.honestly {
				t.Errorf("%s%s: reached %.2f within a second, %.2f within ten minutes", kind, c.hours, a.AtMarks[0], a.AtMarks[1])
			}
		}
	}
}

// TestForgiven: who was cut off for what it sent in its hours is heard after them.
func TestForgiven(t *testing.T) {
	text := strings.NewReplacer("KIND", "eclipse", "count: 600", "count: 1", "HOURS", ", until: 9m}\n  - {kind: forger, count: 600, at: town, links: [lan], until: 590s, rate: 1").Replace(besieged)
	res := play(t, text, 1)
	if a := res.Alerts[0]; a.AtMarks[0] != 1 || res.Attack.CutOff < 200 {
		t.Errorf("reached %.2f within a second, though nobody attacks any more; %d were cut off", a.AtMarks[0], res.Attack.CutOff)
	}
}

// TestRate: a flooder sends as often as the scenario says, whatever that is in milliseconds.
func TestRate(t *testing.T) {
	text := strings.NewReplacer("KIND", "flooder", "count: 600", "count: 1", "HOURS", ", from: 10m, until: 610s, rate: RATE").Replace(besieged)
	for rate, want := range map[string]uint64{"0.5": 5, "3": 30, "30": 300, "600": 6000, "1000": 10_000} {
		s, err := scenario.Parse([]byte(strings.Replace(text, "RATE", rate, 1)))
		if err != nil {
			t.Fatal(err)
		}
		p := DefaultParams
		p.Strikes = 1 << 30 // nobody cuts it off
		res, err := Run(t.Context(), Config{Scenario: s, Seed: 1, Params: p})
		if err != nil {
			t.Fatal(err)
		}
		if res.Attack.Sent != want {
			t.Errorf("%s a second: %d in ten seconds, want %d", rate, res.Attack.Sent, want)
		}
	}
}

// TestTooManyDevices: adversaries' devices count, before any is made.
func TestTooManyDevices(t *testing.T) {
	s, err := scenario.Parse([]byte(strings.NewReplacer("KIND", "sybil", "HOURS", "").Replace(besieged)))
	if err != nil {
		t.Fatal(err)
	}
	s.Adversaries[0].Count, s.Adversaries[0].Per = 1_000_000, 1000
	if _, err = Run(t.Context(), Config{Scenario: s, Seed: 1}); err == nil || err.Error() != "1000000021 devices, adversaries' among them: at most 20000000" {
		t.Errorf("error %v", err)
	}
}

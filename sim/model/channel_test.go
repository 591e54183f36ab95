package model

import (
	"strings"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

const valley = `schema: kreidfeuer.scenario/1
name: valley
title: Radios of which some move, and two channels
duration: 6h
marks: [10m, 5h]
places:
  - {name: here, kind: plane, size: [100m, 100m]}
  - {name: there, kind: plane, size: [100m, 100m], origin: [4km, 0m]}
links:
  one: {range: 1km, airtime: longfast, duty: 10%, latency: 1ms}
  two: {range: 10km, airtime: mediumfast, duty: 10%, latency: 1ms}
groups:
  - {name: station, count: 1, at: here, role: station, links: [one]}
  - {name: near, count: 3, at: here, links: [one]}
  - {name: walkers, count: 4, at: here, links: [one], movement: {model: waypoint, speed: [1m/s, 2m/s], pause: [0s, 1m]}}
  - {name: far, count: 3, at: there, links: [one]}
alerts: [{at: 10m, from: station, severity: Extreme}]
`

// TestMovingRadios: who moves hears and is heard where it is; one on its way between two
// villages brings a warning from one to the other, and nobody else does.
func TestMovingRadios(t *testing.T) {
	alone := play(t, valley, 1).Alerts[0]
	t.Logf("%d reached, the last after %.0f s", alone.Reached, alone.Max)
	if alone.Reached != 7 || alone.Max > 60 {
		t.Errorf("%d reached, the last after %.0f s; want those here, who are 7, within a minute", alone.Reached, alone.Max)
	}
	courier := "  - {name: courier, count: 1, at: there, links: [one], movement: {model: route, route: [there, here], speed: [1m/s, 1m/s]}}\nalerts:"
	a := play(t, strings.Replace(valley, "alerts:", courier, 1), 1).Alerts[0]
	t.Logf("with a courier %d reached, half after %.0f s, the last after %.0f s", a.Reached, a.P50, a.Max)
	if why := alone.Unreached; why["nobody in reach"] != 0 || why["only others without it in reach"] != 3 {
		t.Errorf("those there are not reached because of %v", why)
	}
	// It comes within a kilometre of those here after at most 3 km, and again of those there.
	if a.Reached != 11 || a.Max < 2000 || a.Max > 8000 {
		t.Errorf("with a courier %d reached, the last after %.0f s", a.Reached, a.Max)
	}
}

// TestMovingRadioAlone: who moves and is not reached is not alone if there is somebody in range.
func TestMovingRadioAlone(t *testing.T) {
	text := strings.NewReplacer("walkers, count: 4, at: here", "walkers, count: 4, at: there").Replace(valley)
	if a := play(t, text, 1).Alerts[0]; a.Unreached["only others without it in reach"] != 7 {
		t.Errorf("not reached because of %v, want 7 with only others without it in reach", a.Unreached)
	}
}

// TestTwoRadios: a device with two radios hears on both, and passes on from one to the other.
func TestTwoRadios(t *testing.T) {
	text := strings.NewReplacer("there, links: [one]", "there, links: [two]").Replace(valley)
	for _, links := range []string{"[one, two]", "[two, one]"} {
		a := play(t, strings.Replace(text, "name: near, count: 3, at: here, links: [one]", "name: near, count: 3, at: here, links: "+links, 1), 1).Alerts[0]
		t.Logf("links %s: %d reached, the last after %.0f s", links, a.Reached, a.Max)
		if a.Reached != 10 || a.Max > 120 {
			t.Errorf("links %s: %d reached, the last after %.0f s", links, a.Reached, a.Max)
		}
	}
	if a := play(t, text, 1).Alerts[0]; a.Reached != 7 {
		t.Errorf("%d reached without a device on both channels", a.Reached)
	}
}

// TestFramesAreForgotten: what has been sent takes no room.
func TestFramesAreForgotten(t *testing.T) {
	r := started(t, valley)
	r.plan()
	r.q.run(r.ended, r.handle, func(uint32) {})
	if on := len(r.radios.onAir); r.radios.sent < 200 || on > len(r.radios.of) {
		t.Errorf("%d frames are kept of %d", on, r.radios.sent)
	}
}

// TestTooManyRadios: more pairs of radios than memory and time allow are refused, whether they
// move or not, before there are so many.
func TestTooManyRadios(t *testing.T) {
	for _, c := range []struct {
		old, by, want string
	}{
		{"near, count: 3", "near, count: 9000", "link one: 9008 radios: more than 33554432 pairs of them may hear each other; want fewer, or a shorter range"},
		{"walkers, count: 4", "walkers, count: 9000", "link one: 9007 radios: more than 33554432 pairs"},
		{"near, count: 3, at: here, links: [one]", "near, count: 5000, at: here, links: [one, two]", ""},
		{"near, count: 3, at: here, links: [one]", "near, count: 7000, at: here, links: [one, two]", "link two: 7000 radios: more than"},
	} {
		text := strings.Replace(valley, c.old, c.by, 1)
		s, err := scenario.Parse([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		_, err = NewStage(Config{Scenario: s, Seed: 1})
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: error %v, want %q", c.by, err, c.want)
		}
	}
}

package sim

import (
	"strings"
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/sim/model"
	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

const wrongClocks = `schema: kreidfeuer.scenario/1
name: skewed
title: Clocks that are wrong, among neighbours whose are
duration: 70s
places: [{name: town, kind: plane, size: [1km, 1km]}]
links: {net: {latency: 25ms}}
groups:
  - {name: authority, count: 1, at: town, links: [net], role: station}
  - {name: right, count: 4, at: town, links: [net], clock: {spread: 5s}}
  - {name: hours-off, count: 3, at: town, links: [net], clock: {spread: 12h}}
  - {name: never-set, count: 2, at: town, links: [net], clock: {offset: -56y}}
adversaries:
  - {kind: suppressor, count: 1, at: town, links: [net]}
  - {kind: clock-skew, count: 5, at: town, links: [net], offset: 10y}
alerts:
  - {at: 30s, from: authority, severity: Severe, expires: 1h}
`

// TestPlayWrongClocks: no clock hides a warning, neither a device's own nor those of
// adversaries around it, and both engines say so. Those adversaries pass on.
func TestPlayWrongClocks(t *testing.T) {
	real, modelled := playBoth(t, wrongClocks, 1)
	for _, p := range []played{real, modelled} {
		a := p.Alerts[0]
		t.Logf("%-5s %d of %d, %d late, p50 %g s, max %g s, attack %+v", p.Engine, a.Reached, a.Concerned, a.Late, a.P50, a.Max, p.Attack)
		if a.Concerned != 9 || a.Reached != 9 || a.Late != 0 || p.Attack.Devices != 6 {
			t.Errorf("%s: %d of %d show the warning, %d take it for over, %d adversaries", p.Engine, a.Reached, a.Concerned, a.Late, p.Attack.Devices)
		}
	}
	if a, b := real.Traffic.Deliveries, modelled.Traffic.Deliveries; a != 9+5 || b != a+1 {
		t.Errorf("%d first arrivals on real devices, of which each passes on, and %d in the model, which counts the suppressor", a, b)
	}
}

// TestPlayTellsOfLate: who has a warning and does not show it counts as late, whatever
// the model thinks of its clock.
func TestPlayTellsOfLate(t *testing.T) {
	s, err := scenario.Parse([]byte(wrongClocks))
	if err != nil {
		t.Fatal(err)
	}
	stage, err := model.NewStage(model.Config{Scenario: s, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	at := stage.Warnings()[0].At + time.Second
	res, err := stage.Result([]model.Arrival{{At: at, Device: 1}, {At: at, Device: 2, Over: true}, {At: at, Device: 3}}, model.Played{Engine: "real"})
	if err != nil {
		t.Fatal(err)
	}
	if a := res.Alerts[0]; a.Reached != 2 || a.Late != 1 {
		t.Errorf("%d show it and %d do not, of two and one", a.Reached, a.Late)
	}
}

const eclipsed = `schema: kreidfeuer.scenario/1
name: eclipsed
title: An authority among nobody but adversaries
duration: 70s
places: [{name: town, kind: plane, size: [100m, 100m]}]
links:
  net: {latency: 25ms}
  wifi: {range: 500m, latency: 5ms, exchange: 1s}
groups:
  - {name: authority, count: 2, at: town, links: [net], role: station}
  - {name: neighbour, count: 1, at: town, links: [net, wifi]}
  - {name: others, count: 5, at: town, links: [net]}
adversaries:
  - {kind: eclipse, count: 8, at: town, links: [net]}
alerts:
  - {at: 30s, from: authority, severity: Severe}
`

// TestPlayEclipse: around whom every place is taken, nobody hears what he says, in
// either engine; one neighbour by another way is enough for all to hear it.
func TestPlayEclipse(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       int
	}{
		{"the internet alone", eclipsed, 0},
		{"a neighbour in range", strings.Replace(eclipsed, "links: [net], role", "links: [net, wifi], role", 1), 6},
	} {
		real, modelled := playBoth(t, c.text, 1)
		for _, p := range []played{real, modelled} {
			a := p.Alerts[0]
			t.Logf("%s, %-5s %d of %d, p50 %g s, max %g s, %v", c.name, p.Engine, a.Reached, a.Concerned, a.P50, a.Max, a.Unreached)
			if a.Concerned != 6 || a.Reached != c.want {
				t.Errorf("%s, %s: reached %d of %d, want %d", c.name, p.Engine, a.Reached, a.Concerned, c.want)
			}
		}
	}
}

package sim

import "testing"

const withHours = `schema: kreidfeuer.scenario/1
name: hours
title: An authority among nobody but adversaries, for half a minute
duration: 2m
marks: [2s, 1m]
places: [{name: town, kind: plane, size: [100m, 100m]}]
links: {net: {latency: 25ms}}
groups:
  - {name: authority, count: 2, at: town, links: [net], role: station}
  - {name: others, count: 4, at: town, links: [net]}
adversaries:
  - {kind: eclipse, count: 6, at: town, links: [net], from: 30s, until: 1m}
alerts:
  - {at: 20s, from: authority, severity: Severe}
  - {at: 50s, from: authority, severity: Severe}
  - {at: 110s, from: authority, severity: Severe}
`

// TestPlayHours: in both engines adversaries pass on what they get before their hours and
// after them, and then also what there was in them.
func TestPlayHours(t *testing.T) {
	real, modelled := playBoth(t, withHours, 1)
	for _, p := range []played{real, modelled} {
		for i, a := range p.Alerts {
			t.Logf("%-5s at %g s: %d of %d, p50 %g s, max %g s, %v, %v", p.Engine, a.At, a.Reached, a.Concerned, a.P50, a.Max, a.AtMarks, a.Unreached)
			if want := [3]float64{1, 0, 1}[i]; a.AtMarks[0] != want || a.Reached != 4 {
				t.Errorf("%s: at %g s %.2f within two seconds, want %g; %d of %d at the end", p.Engine, a.At, a.AtMarks[0], want, a.Reached, a.Concerned)
			}
			if i == 1 && a.P50 < 10 {
				t.Errorf("%s: reached after %g s, though nobody passed it on for 10 s", p.Engine, a.P50)
			}
		}
		if p.Attack.Devices != 6 {
			t.Errorf("%s: attack %+v", p.Engine, p.Attack)
		}
	}
}

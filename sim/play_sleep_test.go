package sim

import (
	"math"
	"testing"
)

const asleep = `schema: kreidfeuer.scenario/1
name: asleep
title: Half of the devices sleep most of the time
duration: 6m
marks: [1s, 2m]
places: [{name: town, kind: plane, size: [1km, 1km]}]
links: {net: {latency: 25ms}}
groups:
  - {name: station, count: 1, at: town, links: [net], role: station}
  - {name: on, count: 3, at: town, links: [net]}
  - {name: sleepers, count: 4, at: town, links: [net], awake: 20%, turn: 2m}
alerts:
  - {at: 150s, from: station, severity: Severe}
`

// TestPlaySleepers: who sleeps has a warning soon after waking, as in the model, though
// all dials while it slept have been in vain.
func TestPlaySleepers(t *testing.T) {
	real, modelled := playBoth(t, asleep, 4)
	a, b := real.Alerts[0], modelled.Alerts[0]
	t.Logf("real %d of %d, p90 %g s, max %g s; model %d, p90 %g s, max %g s", a.Reached, a.Concerned, a.P90, a.Max, b.Reached, b.P90, b.Max)
	if a.Reached != 7 || b.Reached != 7 || math.Abs(a.Max-b.Max) > 10 {
		t.Errorf("the last sleeper of %d has it after %g s, of %d in the model after %g s", a.Reached, a.Max, b.Reached, b.Max)
	}
}

package sim

import (
	"math"
	"testing"
)

const followed = `schema: kreidfeuer.scenario/1
name: followed
title: A warning with one signature, its confirmation, an update and both ends
duration: 8m
marks: [1s, 1m]
places: [{name: town, kind: plane, size: [1km, 1km]}]
links: {net: {latency: 25ms}}
groups:
  - {name: station, count: 1, at: town, links: [net], role: station}
  - {name: people, count: 6, at: town, links: [net]}
outages:
  - {at: 3m, until: 5m, what: power, place: town, share: 40%}
alerts:
  - {name: fire, at: 30s, from: station, severity: Severe, signatures: 1, confirmed: 1m}
  - {name: false-alarm, at: 1m, from: station, severity: Moderate}
  - {name: wind, at: 210s, from: station, severity: Extreme, kind: update, follows: [fire]}
  - {name: never, at: 4m, from: station, severity: Moderate, kind: withdrawal, follows: [false-alarm], signatures: 1}
  - {name: over, at: 6m, from: station, severity: Extreme, kind: all-clear, follows: [fire, wind], signatures: 1, confirmed: 1m}
`

// TestPlayFollowUps: what real devices know of an incident, and when, is what the model
// says: alerts with one signature and with two, updates, withdrawals and all-clears, with
// some of the devices off when some of them are issued.
func TestPlayFollowUps(t *testing.T) {
	real, modelled := playBoth(t, followed, 2)
	if len(real.Alerts) != 7 || len(real.Incidents) != 2 || len(modelled.Incidents) != 2 {
		t.Fatalf("%d alerts, %d and %d incidents", len(real.Alerts), len(real.Incidents), len(modelled.Incidents))
	}
	for i := range real.Alerts {
		a, b := &real.Alerts[i], &modelled.Alerts[i]
		t.Logf("alert %d %-12s real %d of %d after %g to %g s, model %d of %d after %g to %g s", i, a.Kind, a.Reached, a.Concerned, a.P50, a.Max,
			b.Reached, b.Concerned, b.P50, b.Max)
		if a.Concerned != 6 || a.Reached != 6 || b.Reached != 6 || a.Kind != b.Kind {
			t.Errorf("alert %d: reached %d on real devices and %d in the model of %d", i, a.Reached, b.Reached, a.Concerned)
		}
		for k := range a.AtMarks {
			if a.AtMarks[k] != b.AtMarks[k] {
				t.Errorf("alert %d: %g at mark %d on real devices and %g in the model", i, a.AtMarks[k], k, b.AtMarks[k])
			}
		}
	}
	for i := range real.Incidents {
		for k := range real.Incidents[i].Changes {
			a, b := real.Incidents[i].Changes[k], modelled.Incidents[i].Changes[k]
			t.Logf("%-12s real %+v", a.Kind, a)
			t.Logf("%-12s model %+v", b.Kind, b)
			if a.Outdated != b.Outdated || a.Kind != b.Kind || math.Abs(a.P50-b.P50) > 1 || math.Abs(a.Max-b.Max) > 40 {
				t.Errorf("%s: the engines differ", a.Kind)
			}
		}
	}
}

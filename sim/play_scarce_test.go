package sim

import "testing"

const scarceQuota = `schema: kreidfeuer.scenario/1
name: scarce-quota
title: An authority that issues more than it was granted, and one beside it
duration: 90s
marks: [1s]
places: [{name: town, kind: plane, size: [1km, 1km]}]
links: {net: {latency: 25ms}}
groups:
  - {name: station, count: 1, at: town, links: [net], role: station}
  - {name: other, count: 1, at: town, links: [net], role: station}
  - {name: people, count: 6, at: town, links: [net]}
authorities: [{path: rp/07131, alerts: 3}]
alerts:
  - {at: 20s, from: station, authority: rp/07131/lst, severity: Moderate, count: 3, every: 2s}
  - {at: 30s, from: other, authority: rp/07138, severity: Moderate, count: 4, every: 2s}
  - {at: 40s, from: station, authority: rp/07131/lst, severity: Extreme, count: 2, every: 2s}
  - {at: 50s, from: station, authority: rp/07131/lst, severity: Minor}
`

// TestPlayQuotas: what is beyond an authority's quota gives way on real devices as in the
// model, what another one issues does not.
func TestPlayQuotas(t *testing.T) {
	real, modelled := playBoth(t, scarceQuota, 1)
	givenUp := 0
	for i := range real.Alerts {
		a, b := real.Alerts[i], modelled.Alerts[i]
		t.Logf("alert %d %-8s real %d of %d, given up %d; model %d of %d, given up %d", i, a.Severity, a.Reached, a.Concerned, a.GivenUp, b.Reached, b.Concerned, b.GivenUp)
		if a.Reached != b.Reached || a.GivenUp != b.GivenUp {
			t.Errorf("alert %d: %d reached and %d given up on real devices, %d and %d in the model", i, a.Reached, a.GivenUp, b.Reached, b.GivenUp)
		}
		givenUp += a.GivenUp
	}
	if givenUp != 2*6 {
		t.Errorf("%d given up, of 6 devices two each", givenUp)
	}
	if a, b := real.Traffic.Displaced, modelled.Traffic.Displaced; a != b || a != 2*8+1 {
		t.Errorf("displaced %d times on real devices and %d in the model, of 8 devices two each and one that was not issued", a, b)
	}
}

const scarceStore = `schema: kreidfeuer.scenario/1
name: scarce-store
title: Devices with little room
duration: 2m
marks: [1s]
places: [{name: town, kind: plane, size: [1km, 1km]}]
links: {net: {latency: 25ms}}
groups:
  - {name: station, count: 1, at: town, links: [net], role: station}
  - {name: small, count: 3, at: town, links: [net], store: 5kB}
  - {name: large, count: 3, at: town, links: [net]}
alerts:
  - {at: 10s, from: station, severity: Severe, count: 2, every: 1s}
  - {at: 20s, from: station, severity: Severe, drill: true, count: 12, every: 1s}
`

// TestPlayStores: what finds no room on a small disk is given up on real devices as in the
// model: exercises, no warning, and nothing where there is room.
func TestPlayStores(t *testing.T) {
	real, modelled := playBoth(t, scarceStore, 1)
	for i := range real.Alerts {
		a, b := real.Alerts[i], modelled.Alerts[i]
		t.Logf("alert %d drill %t real %d of %d, given up %d; model %d of %d, given up %d", i, a.Drill, a.Reached, a.Concerned, a.GivenUp, b.Reached, b.Concerned, b.GivenUp)
		if a.Reached != 6 || b.Reached != 6 || !a.Drill && a.GivenUp > 0 {
			t.Errorf("alert %d: %d and %d reached, %d given up", i, a.Reached, b.Reached, a.GivenUp)
		}
	}
	a, b := real.Traffic.Released, modelled.Traffic.Released
	t.Logf("released %d and %d", a, b)
	if a == 0 || max(a, b)-min(a, b) > 3 { // of three devices: they store 535 bytes, the model 500
		t.Errorf("%d given up on real devices, %d in the model", a, b)
	}
}

package sim

import (
	"math"
	"testing"
	"time"
)

const severalLinks = `schema: kreidfeuer.scenario/1
name: several-links
title: Devices with two networks and Wi-Fi, of which the networks fail for a while
duration: 5m
marks: [1s, 1m]
places: [{name: town, kind: plane, size: [300m, 300m]}]
links:
  dsl: {latency: 25ms}
  cell: {latency: 50ms}
  wifi: {range: 80m, latency: 5ms}
groups:
  - {name: station, count: 1, at: town, links: [dsl, wifi], role: station}
  - {name: people, count: 59, at: town, links: [dsl, cell, wifi]}
outages:
  - {at: 100s, until: 4m, what: link:dsl}
  - {at: 100s, until: 4m, what: link:cell}
alerts:
  - {at: 60s, from: station, severity: Severe, count: 4, every: 5s}
  - {at: 110s, from: station, severity: Severe}
  - {at: 3m, from: station, severity: Severe, count: 2, every: 5s}
`

// TestPlaySeveralLinks: in both engines a device has one set of neighbours over all its
// links, and looks for others nearby when its networks fail. As many copies, to a seventh:
// two meshes of sixty differ by a twentieth, and the model counts whole milliseconds.
func TestPlaySeveralLinks(t *testing.T) {
	scale(t, 60, 60) // make sim plays it
	const hop = 28 * time.Millisecond
	real, modelled := playBoth(t, severalLinks, 1)
	for i := range real.Alerts {
		a, b := real.Alerts[i], modelled.Alerts[i]
		t.Logf("at %g s: real %d of %d, p50 %g p99 %g s; model %d, p50 %g p99 %g s", a.At, a.Reached, a.Concerned, a.P50, a.P99, b.Reached, b.P50, b.P99)
		if a.Reached != b.Reached || a.Reached != 59 {
			t.Errorf("alert %d reached %d on real devices and %d in the model", i, a.Reached, b.Reached)
		}
	}
	for _, share := range []float64{0.1, 0.5, 0.9, 0.99} {
		a, b := quantile(real.ages, share), quantile(modelled.ages, share)
		t.Logf("p%.0f: %s on real devices, %s in the model", 100*share, a, b)
		if (a - b).Abs() > hop {
			t.Errorf("p%.0f is %s on real devices and %s in the model", 100*share, a, b)
		}
	}
	a, b := real.Traffic.PerCopy, modelled.Traffic.PerCopy
	t.Logf("copies %.2f and %.2f", a, b)
	if math.Abs(a-b) > a/7 {
		t.Errorf("%.2f copies on real devices and %.2f in the model", a, b)
	}
}

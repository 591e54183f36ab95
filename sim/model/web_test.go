package model

import (
	"strings"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

const manyLinks = `schema: kreidfeuer.scenario/1
name: many-links
title: Devices with two networks and Wi-Fi
duration: 10m
places: [{name: here, kind: plane, size: [100m, 100m]}]
links:
  dsl: {latency: 25ms}
  cell: {latency: 50ms}
  wifi: {range: 40m, latency: 5ms}
groups:
  - {name: station, count: 1, at: here, links: [dsl, cell, wifi], role: station}
  - {name: people, count: 199, at: here, links: [dsl, cell, wifi]}
alerts: [{at: 5m, from: station, severity: Severe, count: 5, every: 1s}]
`

// TestOneSetOfNeighbours: who has several links has as many neighbours as who has one, and
// sends as few copies; they reach each other by the quickest link that works.
func TestOneSetOfNeighbours(t *testing.T) {
	for _, c := range []struct {
		name, text string
	}{
		{"three links", strings.ReplaceAll(manyLinks, "100m", "1km")},
		{"one", strings.ReplaceAll(manyLinks, "dsl, cell, wifi", "dsl")},
	} {
		r := started(t, c.text)
		all := 0
		for d := range r.group {
			all += r.joins(uint32(d))
			if n := r.joins(uint32(d)); n > 2*r.Params.Connections {
				t.Errorf("%s: %d neighbours", c.name, n)
			}
		}
		if mean := float64(all) / float64(len(r.group)); mean < 21 || mean > 27 {
			t.Errorf("%s: %.1f neighbours in the mean, want 24", c.name, mean)
		}
		res := play(t, c.text, 1)
		t.Logf("%s: %.2f copies, p99 %.3f s", c.name, res.Traffic.PerCopy, res.Alerts[0].P99)
		if res.Alerts[4].Reached != 199 || res.Traffic.PerCopy > 10 {
			t.Errorf("%s: %d reached at %.1f copies", c.name, res.Alerts[4].Reached, res.Traffic.PerCopy)
		}
	}
}

// TestOtherNeighbours: when the networks of a device fail, it connects with whom it hears,
// once it has noticed that its neighbours are gone.
func TestOtherNeighbours(t *testing.T) {
	text := manyLinks + "outages: [{at: 299s, what: link:dsl}, {at: 299s, what: link:cell}]\n"
	works := func(now uint32) float64 {
		r, all := started(t, text), 0
		r.plan()
		r.q.run(now, r.handle, func(uint32) {})
		for d := range uint32(200) {
			for at := r.web.start[d]; at < r.web.start[d+1]; at++ {
				if r.web.marks[at]&joined != 0 && r.via(d, at) >= 0 {
					all++
				}
			}
		}
		return float64(all) / 200
	}
	before, cut, later := works(298_000), works(300_000), works(340_000)
	t.Logf("%.1f neighbours, after the failure %.1f, later %.1f", before, cut, later)
	if before < 24 || cut > 0.8*before || later < 23 {
		t.Errorf("%.1f neighbours before, %.1f after, %.1f later", before, cut, later)
	}
	if a := play(t, text, 1).Alerts[4]; a.Reached != 199 || a.P99 > 0.1 {
		t.Errorf("%d reached, p99 %.3f s", a.Reached, a.P99)
	}
}

// started is a run that has devices, links and alerts.
func started(t *testing.T, text string) *run {
	t.Helper()
	s, err := scenario.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	r, err := newRun(Config{Scenario: s, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.furnish(); err != nil {
		t.Fatal(err)
	}
	return r
}

package model

import (
	"strings"
	"testing"
)

const passing = `schema: kreidfeuer.scenario/1
name: passing
title: Bicycles that meet for seconds
duration: 3h
places: [{name: town, kind: plane, size: [300m, 300m]}]
links: {bluetooth: {range: 10m, rate: 250kB/s, exchange: 500ms}}
groups:
  - {name: desk, count: 1, at: town, links: [bluetooth], role: station}
  - {name: bicycles, count: 60, at: town, links: [bluetooth], movement: {model: waypoint, speed: [2m/s, 12m/s]}}
alerts: [{at: 1m, from: desk, severity: Severe}]
`

// TestBriefMeetings: what takes longer to begin than a step of the model, here
// 0.8 s, happens all the same, somewhat later and less often.
func TestBriefMeetings(t *testing.T) {
	soon := play(t, passing, 1).Alerts[0]
	late := play(t, strings.Replace(passing, "500ms", "2s", 1), 1).Alerts[0]
	never := play(t, strings.Replace(passing, "500ms", "1h", 1), 1).Alerts[0]
	t.Logf("half after %.0f s with 0.5 s to begin, after %.0f s with 2 s; with an hour %d are reached", soon.P50, late.P50, never.Reached)
	if soon.Reached != 60 || late.Reached != 60 || late.P50 < soon.P50 || never.Reached != 0 {
		t.Errorf("reached %d, %d and %d", soon.Reached, late.Reached, never.Reached)
	}
}

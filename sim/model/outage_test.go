package model

import (
	"strings"
	"testing"
)

const batteries = `schema: kreidfeuer.scenario/1
name: batteries
title: Outages that follow each other
duration: 11h
marks: [1s]
places: [{name: town, kind: plane, size: [500m, 500m]}]
links: {lan: {latency: 5ms}}
groups:
  - {name: station, count: 1, at: town, links: [lan], role: station, battery: 20h}
  - {name: homes, count: 20, at: town, links: [lan], battery: 4h}
outages: [OUTAGES]
alerts:
  - {at: 239m, from: station, severity: Extreme}
  - {at: 241m, from: station, severity: Extreme}
  - {at: 6h, from: station, severity: Extreme}
  - {at: 9h, from: station, severity: Extreme}
`

// TestBatteries: a battery lasts as long as the mains are away, through however many outages;
// it is full again when they have been back.
func TestBatteries(t *testing.T) {
	const alone = "{at: 0s, until: 8h, what: power}"
	for _, c := range []struct {
		name, outages string
		want          [4]bool // who hears each alert at once: all or nobody
	}{
		{"one outage", alone, [4]bool{true, false, false, true}},
		{"the first ends earlier", "{at: 0s, until: 3.5h, what: power}, {at: 3h, until: 8h, what: power}", [4]bool{true, false, false, true}},
		{"the first ends later", "{at: 0s, until: 5h, what: power}, {at: 3h, until: 8h, what: power}", [4]bool{true, false, false, true}},
		{"one in the other", alone + ", {at: 1h, until: 2h, what: power}", [4]bool{true, false, false, true}},
		{"one after the other", "{at: 0s, until: 3h, what: power}, {at: 3h, until: 8h, what: power}", [4]bool{true, false, false, true}},
		{"the later one first", "{at: 3h, until: 8h, what: power}, {at: 0s, until: 3h, what: power}", [4]bool{true, false, false, true}},
		{"three", "{at: 0s, until: 1h, what: power}, {at: 59m, until: 3h, what: power, place: town}, {at: 2h, until: 8h, what: power}", [4]bool{true, false, false, true}},
		{"power in between", "{at: 0s, until: 3h, what: power}, {at: 181m, until: 10h, what: power}", [4]bool{true, true, true, false}},
		{"it fails late", "{at: 2h, until: 8h, what: power}", [4]bool{true, true, false, true}},
	} {
		res := play(t, strings.Replace(batteries, "OUTAGES", c.outages, 1), 1)
		for i, a := range res.Alerts {
			if want := map[bool]float64{true: 1}[c.want[i]]; a.AtMarks[0] != want {
				t.Errorf("%s: after %g h it reaches %g, want %g: %v", c.name, a.At/3600, a.AtMarks[0], want, a.Unreached)
			}
		}
	}
}

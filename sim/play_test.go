package sim

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

const playedVillage = `schema: kreidfeuer.scenario/1
name: played
title: Something of everything that real devices play
duration: 3m
marks: [1s, 1m]
places: [{name: village, kind: plane, size: [200m, 100m]}]
links:
  net: {latency: 25ms, needs: [internet]}
  wifi: {range: 120m, latency: 5ms, rate: 2MB/s, exchange: 1s}
groups:
  - {name: station, count: 1, at: village, links: [net], role: station, battery: 1h}
  - {name: homes, count: 4, at: village, links: [net, wifi], battery: 1h, clock: {offset: -3h}}
  - {name: walkers, count: 3, at: village, links: [wifi], battery: 1h, movement: {model: waypoint, speed: [1m/s, 2m/s], pause: [0s, 10s]}}
  - {name: mains, count: 2, at: village, links: [net]}
outages:
  - {at: 70s, until: 2m, what: power}
adversaries:
  - {kind: forger, count: 2, at: village, links: [net], rate: 1, from: 20s, until: 40s}
alerts:
  - {at: 30s, from: station, severity: Minor, drill: true, size: 7kB}
  - {at: 80s, from: station, severity: Extreme}
`

// TestPlay: who moves, who is without power for a while, and who has a wrong clock gets
// every warning, with forgers about, and a map says where.
func TestPlay(t *testing.T) {
	s, err := scenario.Parse([]byte(playedVillage))
	if err != nil {
		t.Fatal(err)
	}
	done := 0.0
	res, err := Play(t, PlayConfig{Scenario: s, Seed: 3, MapCells: 4, Progress: func(share float64) { done = share }})
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range res.Alerts {
		t.Logf("%d of %d, p50 %g s, max %g s, %v", a.Reached, a.Concerned, a.P50, a.Max, a.Unreached)
		if a.Concerned != 9 || a.Reached != 9 || a.P50 < 0.005 {
			t.Errorf("alert %d reached %d of %d", i, a.Reached, a.Concerned)
		}
	}
	if late := res.Alerts[1].Max; late < 40 || late > 60 {
		t.Errorf("the last has the warning after %g s; those without mains have none until 40 s after it", late)
	}
	if a := res.Attack; a.Devices != 2 || a.Sent < 30 || a.Rejected == 0 || a.Accepted != 0 || a.Bytes == 0 {
		t.Errorf("attack: %+v", a)
	}
	if text, err := json.Marshal(res); err != nil || strings.Contains(string(text), `"contacts"`) || strings.Contains(string(text), `"checks"`) {
		t.Errorf("a result claims to know what is not counted: %v", err)
	}
	last := res.Frames[len(res.Frames)-1]
	reached := int32(0)
	for _, n := range last.Reached {
		reached += n
	}
	if res.Engine != "real" || done != 1 || reached != 9 || res.Traffic.PerDevice[0] < 10_000 || res.Traffic.PerCopy < 1 {
		t.Errorf("engine %s, %g done, %d on the map, %+v", res.Engine, done, reached, res.Traffic)
	}
}

// TestPlayRefuses: what real devices cannot play is an error that says so.
func TestPlayRefuses(t *testing.T) {
	const net, wifi = "links: [net], ", "exchange: 1s"
	for _, c := range []struct {
		want   string
		change []string // what, by what
	}{
		{"adversary forger with a radio", []string{wifi, "airtime: longfast", net + "rate", "links: [wifi], rate"}},
		{"group station: 2 radios in a device", []string{wifi, "airtime: longfast", "25ms", "25ms, range: 1km, airtime: longslow", net + "role", "links: [net, wifi], role"}},
		{"4008 devices, at most 3000", []string{"name: homes, count: 4", "name: homes, count: 4000"}},
		{"alert 2: lasts 720h0m0s, at most 168h0m0s", []string{"severity: Extreme", "severity: Extreme, expires: 30d"}},
		{"3001 alerts: the real engine plays at most 2000", []string{"severity: Extreme", "severity: Extreme, count: 3000, every: 10ms"}},
	} {
		s, err := scenario.Parse([]byte(strings.NewReplacer(c.change...).Replace(playedVillage)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Play(t, PlayConfig{Scenario: s, Seed: 1}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}

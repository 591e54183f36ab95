package model

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

const village = `schema: kreidfeuer.scenario/1
name: village
title: A village on its own radios
duration: 6h
places:
  - {name: village, kind: plane, size: [2km, 2km]}
links:
  wifi: {range: 60m, latency: 5ms, rate: 2MB/s, loss: 1%}
  net: {latency: 25ms, rate: 5MB/s, needs: [power, internet]}
groups:
  - {name: station, count: 1, at: village, links: [wifi, net], role: station, battery: 72h}
  - {name: homes, count: 8000, adoption: 10%, at: village, links: [wifi, net], battery: 12h}
  - name: walkers
    count: 2000
    adoption: 10%
    at: village
    links: [wifi]
    battery: 12h
    movement: {model: waypoint, speed: [0.8m/s, 1.6m/s], pause: [0s, 10m]}
outages:
  - {at: 10m, until: 5h, what: power}
alerts:
  - {at: 5m, from: station, severity: Severe}
  - {at: 30m, from: station, severity: Extreme}
`

func play(t testing.TB, text string, seed uint64) *scenario.Result {
	t.Helper()
	s, err := scenario.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	res, err := Run(t.Context(), Config{Scenario: s, Seed: seed, MapCells: 20, Open: os.ReadFile})
	if err != nil {
		t.Fatal(err)
	}
	return res
}

func TestVillage(t *testing.T) {
	res := play(t, village, 1)
	for _, a := range res.Alerts {
		t.Logf("at %.0f s: %d of %d, marks %.3f, p50 %.2f s p99 %.2f s, %v", a.At, a.Reached, a.Concerned, a.AtMarks, a.P50, a.P99, a.Unreached)
	}
	t.Logf("%+v", res.Traffic)
	t.Logf("%+v", res.Cost)
}

// TestSame: a seed gives the same result, bit for bit, and another one another.
func TestSame(t *testing.T) {
	followUps, _ := scenario.FromLibrary("blackout-all-clear")
	few := strings.Replace(string(followUps), "alerts:\n", "authorities: [{path: fire-station, alerts: 2}]\nalerts:\n", 1)
	for _, text := range []string{village, string(followUps), few} {
		checkSame(t, text)
	}
}

func checkSame(t *testing.T, text string) {
	var all [3][]byte
	for i, seed := range []uint64{7, 7, 8} {
		res := play(t, text, seed)
		res.Cost, res.Seed = scenario.Cost{}, 0
		b, err := json.Marshal(res)
		if err != nil {
			t.Fatal(err)
		}
		all[i] = b
	}
	if !bytes.Equal(all[0], all[1]) {
		t.Error("the same seed gave two results")
	}
	if bytes.Equal(all[0], all[2]) {
		t.Error("two seeds gave the same result")
	}
}

// TestGrowth prints what a blackout costs by devices and hours, up to a million
// devices for a day, which must stay within a minute and 4 GB.
func TestGrowth(t *testing.T) {
	if os.Getenv("KREIDFEUER_SOAK") == "" {
		t.Skip("takes a minute: make soak")
	}
	t.Logf("%9s %5s %8s %8s %9s %9s %11s %12s", "devices", "hours", "wall s", "CPU s", "MB", "B/device", "events", "contacts/s")
	for _, c := range []struct{ devices, hours int }{{10_000, 6}, {10_000, 24}, {10_000, 96}, {100_000, 6}, {100_000, 24}, {1_000_000, 6}, {1_000_000, 24}} {
		side := fmt.Sprintf("%dm", isqrt(c.devices)*45)
		text := strings.NewReplacer("8000", fmt.Sprint(c.devices*9), "2000", fmt.Sprint(c.devices), "[2km, 2km]", "["+side+", "+side+"]",
			"duration: 6h", fmt.Sprintf("duration: %dh", c.hours)).Replace(village)
		res := play(t, text, 1)
		cost := res.Cost
		t.Logf("%9d %5d %8.1f %8.1f %9.0f %9.0f %11d %12.0f", res.Devices, c.hours, cost.Wall, cost.CPU, cost.Memory/1e6, cost.BytesPerDevice,
			cost.Events, float64(*res.Traffic.Contacts)/cost.CPU)
		if c.devices == 1_000_000 && (cost.CPU > 60 || cost.Memory > 4e9) {
			t.Errorf("%.0f s of CPU time and %.1f GB, want at most 60 and 4", cost.CPU, cost.Memory/1e9)
		}
		if a := res.Alerts[1]; float64(a.Reached) < 0.99*float64(a.Concerned) {
			t.Errorf("%d of %d reached", a.Reached, a.Concerned)
		}
	}
}

func isqrt(n int) (r int) {
	for r*r < n {
		r++
	}
	return r
}

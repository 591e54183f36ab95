package model

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

// TestInstants: what 32 bits of milliseconds do not hold is never, and does not wrap around.
func TestInstants(t *testing.T) {
	for _, c := range []struct {
		name      string
		got, want uint32
	}{
		{"millis rounds up", millis(1500 * time.Microsecond), 2},
		{"millis of what is past", millis(-time.Hour), 0},
		{"millis of the longest scenario", millis(40 * 24 * time.Hour), 3_456_000_000},
		{"millis of 50 days", millis(50 * 24 * time.Hour), never},
		{"millis of the longest duration", millis(time.Duration(math.MaxInt64)), never},
		{"rounded", rounded(1.9), 1},
		{"rounded infinity", rounded(math.Inf(1)), never},
		{"rounded no number", rounded(math.NaN()), never},
		{"rounded too much", rounded(1 << 32), never},
		{"after", after(5, 6), 11},
		{"after too much", after(never-5, 6), never},
		{"times", times(15, 25), 375},
		{"times too many", times(1<<20, 1<<12), never},
		{"wait", wait(time.Second, 1.5), 1500},
		{"wait a year", wait(365*24*time.Hour, 1.5), never},
	} {
		if c.got != c.want {
			t.Errorf("%s: %d, want %d", c.name, c.got, c.want)
		}
	}
}

const longTimes = `schema: kreidfeuer.scenario/1
name: long-times
title: Times beyond what the scenario lasts
duration: 24h
marks: [1h]
places: [{name: town, kind: plane, size: [500m, 500m]}]
links: {lan: {latency: 5ms, needs: [power]}}
groups:
  - {name: station, count: 1, at: town, links: [lan], role: station, battery: 2h}
  - {name: homes, count: 400, at: town, links: [lan], battery: 2h}
outages: [{at: 1h, until: 24h, what: power}]
alerts: [{at: 10h, from: station, severity: Extreme}]
`

// TestLongTimes: times beyond 49 days are late, not early.
func TestLongTimes(t *testing.T) {
	const homes = "400, at: town, links: [lan]"
	const calm = "outages: [{at: 1h, until: 24h, what: power}]\n"
	for _, c := range []struct {
		name            string
		change          []string
		alerts, reached int // of the first alert; -1: not asked
		away            int // at most
	}{
		{"power is back after the end", []string{"until: 24h", "until: 50d"}, 1, 0, 0},
		{"it holds for longer", []string{calm, "outages: [{at: 9h, until: 20h, what: 'link:lan'}]\n", "Extreme}", "Extreme, expires: 50d}"}, 1, 400, 0},
		{"it holds for longer by clocks that are wrong, too", []string{calm, "", homes, homes + ", clock: {offset: 100d}", "Extreme}", "Extreme, expires: 1y}"}, 1, 400, 0},
		{"the next one is issued after the end", []string{calm, "", "Extreme}", "Extreme, count: 10, every: 50d}"}, 1, 400, 0},
		{"the second signature comes after the end", []string{calm, "", "Extreme}", "Extreme, signatures: 1, confirmed: 50d}"}, 1, 400, 0},
		{"nearly all stay", []string{calm, "", homes, homes + ", leave: 1y, return: 1y", "at: 10h", "at: 22h"}, 1, -1, 4},
		{"who has left does not come back", []string{calm, "", homes, homes + ", leave: 1s, return: 10y"}, 1, 0, 400},
		{"who sleeps does so for months", []string{calm, "", homes, homes + ", awake: 50%, turn: 50d"}, 1, -1, 0},
		{"a link so slow that nothing comes", []string{calm, "", "latency: 5ms", "latency: 5ms, rate: 0.01bit/s", "Extreme}", "Extreme, size: 60kB}"}, 1, 0, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			res := play(t, strings.NewReplacer(c.change...).Replace(longTimes), 1)
			a := res.Alerts[0]
			t.Logf("%d alerts, %d of %d, %d late, max %g s, %v", len(res.Alerts), a.Reached, a.Concerned, a.Late, a.Max, a.Unreached)
			if len(res.Alerts) != c.alerts || c.reached >= 0 && a.Reached != c.reached || a.Unreached["away"] > c.away {
				t.Errorf("%d alerts, the first reached %d, %d are away; want %d, %d and at most %d", len(res.Alerts), a.Reached, a.Unreached["away"],
					c.alerts, c.reached, c.away)
			}
			if n := float64(a.Reached); strings.Contains(c.name, "sleeps") && (n < 120 || n > 280) {
				t.Errorf("%g of 400 are awake, of whom each is with a chance of one half", n)
			}
		})
	}
}

const logged = `schema: kreidfeuer.scenario/1
name: logged
title: A contact log
duration: 30m
marks: [1m]
places: [{name: town, kind: plane, size: [50km, 50km]}]
links: {bluetooth: {range: 10m}}
groups: [{name: people, count: 3, at: town, links: [bluetooth], movement: {model: trace, file: log.txt}}]
alerts: [{at: 1m, from: people, severity: Severe}]
`

// TestLogTimes: a contact of a log happens when the log says, not 49 days earlier; of a log
// that begins after the end, as one with the time of day since 1970 does, nothing would.
func TestLogTimes(t *testing.T) {
	s, err := scenario.Parse([]byte(logged))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, log, want string
		reached         int
	}{
		{"as it should be", "600 CONN a b up\n700 CONN a b down\n", "", 2},
		{"the second is late", "600 CONN a b up\n700 CONN a b down\n4295567.296 CONN b c up\n4296567.296 CONN b c down\n", "", 2},
		{"since 1970", "1600000000 CONN a b up\n1600000300 CONN a b down\n", "log.txt: the first contact is 444444h26m40s after the log's zero, the scenario lasts 30m0s: subtract", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			res, err := Run(t.Context(), Config{Scenario: s, Seed: 1, Open: func(string) ([]byte, error) { return []byte(c.log), nil }})
			switch {
			case c.want != "":
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("error %v, want %q", err, c.want)
				}
			case err != nil:
				t.Error(err)
			case res.Alerts[0].Reached != c.reached:
				t.Errorf("reached %d, want %d: %v", res.Alerts[0].Reached, c.reached, res.Alerts[0].Unreached)
			}
		})
	}
}

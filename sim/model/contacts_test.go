package model

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

const hosted = `schema: kreidfeuer.scenario/1
name: logged
title: Who stands side by side meets when the log says so
duration: 30m
marks: [1s, 9m]
places: [{name: here, kind: plane, size: [5m, 5m]}]
links: {bluetooth: {range: 10m, latency: 5ms, exchange: 2s}, lora: {range: 5km, airtime: longfast}, net: {latency: 25ms}}
groups:
  - {name: pair, count: 2, at: here, links: [bluetooth], movement: {model: trace, file: pair.txt}}
  - {name: others, count: 2, at: here, links: [bluetooth]}
alerts: [{at: 90s, from: pair, severity: Extreme}, {at: 20m, from: others, severity: Extreme}]
`

// contacts are logs: of one, the second meeting is too brief to begin.
func contacts(name string) ([]byte, error) {
	text, is := map[string]string{
		"pair.txt": "0 CONN h0 h1 up\n61 CONN h0 h1 down\n120 CONN h0 h1 up\n121 CONN h0 h1 down\n600 CONN h0 h1 up\n690 CONN h0 h1 down\n",
		"more.txt": "900 CONN g0 g1 up\n1000 CONN g0 g1 down\n",
	}[name]
	if !is {
		return nil, errors.New("no such file")
	}
	return []byte(text), nil
}

// TestLogReplacesRange: hosts of a log meet when it says so and as long as it says, however near
// they are to each other; others on the same link meet as always.
func TestLogReplacesRange(t *testing.T) {
	for _, c := range []struct {
		at          string
		least, most float64 // seconds until the other host has it; -1: never
	}{{"30s", 0, 0.1}, {"62s", 540, 540.1}, {"650s", 0, 0.1}, {"700s", -1, -1}} {
		s, err := scenario.Parse([]byte(strings.Replace(hosted, "at: 90s", "at: "+c.at, 1)))
		if err != nil {
			t.Fatal(err)
		}
		arrived := [2]float64{-1, -1}
		_, err = Run(t.Context(), Config{Scenario: s, Open: contacts, Arrived: func(alert, device int, age time.Duration) {
			if arrived[alert] >= 0 || device/2 != alert {
				t.Errorf("alert %d came to device %d", alert, device)
			}
			arrived[alert] = age.Seconds()
		}})
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("issued at %s: after %.3f s, among the others after %.3f s", c.at, arrived[0], arrived[1])
		if arrived[0] < c.least || arrived[0] > c.most || arrived[1] < 0 || arrived[1] > 0.1 {
			t.Errorf("issued at %s: after %.3f s, want %g to %g; among the others after %.3f s", c.at, arrived[0], c.least, c.most, arrived[1])
		}
	}
}

// TestLogRefused: what cannot be played of a contact log is an error that names the file.
func TestLogRefused(t *testing.T) {
	for _, c := range []struct{ want, old, by string }{
		{"group others: more.txt: group pair has a contact log, and there is one for all groups",
			"{name: others, count: 2, at: here, links: [bluetooth]}", "{name: others, count: 2, at: here, links: [bluetooth], movement: {model: trace, file: more.txt}}"},
		{"group others: pair.txt: group pair has a contact log",
			"{name: others, count: 2, at: here, links: [bluetooth]}", "{name: others, count: 2, at: here, links: [bluetooth], movement: {model: trace, file: pair.txt}}"},
		{"group pair: pair.txt: a contact log is of a link with a range that carries packets; the first link of the group, lora, does not",
			"name: pair, count: 2, at: here, links: [bluetooth]", "name: pair, count: 2, at: here, links: [lora, bluetooth]"},
		{"the first link of the group, net, does not", "name: pair, count: 2, at: here, links: [bluetooth]", "name: pair, count: 2, at: here, links: [net]"},
	} {
		s, err := scenario.Parse([]byte(strings.Replace(hosted, c.old, c.by, 1)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := NewStage(Config{Scenario: s, Open: contacts}); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("error %v, want %q", err, c.want)
		}
	}
}

package sim

import (
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/sim/model"
	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

const recorded = `schema: kreidfeuer.scenario/1
name: recorded
title: Two who stand side by side and meet when a log says so, and two others
duration: 15m
marks: [1s, 5m]
places: [{name: here, kind: plane, size: [5m, 5m]}]
links: {bluetooth: {range: 10m, latency: 5ms}}
groups:
  - {name: pair, count: 2, at: here, links: [bluetooth], movement: {model: trace, file: pair.txt}}
  - {name: others, count: 2, at: here, links: [bluetooth]}
alerts: [{at: 1m, from: pair, severity: Extreme}, {at: 1m, from: others, severity: Extreme}]
`

// TestPlayLog: in both engines a log's hosts meet when it says so, whatever the distance,
// and the others when they are in range.
func TestPlayLog(t *testing.T) {
	s, err := scenario.Parse([]byte(recorded))
	if err != nil {
		t.Fatal(err)
	}
	open := func(string) ([]byte, error) {
		return []byte("600 CONN a b up\n690 CONN a b down\n"), nil
	}
	for _, engine := range []string{"real", "model"} {
		var came [2][]time.Duration
		note := func(alert, device int, age time.Duration) {
			if device/2 != alert {
				t.Errorf("%s: alert %d came to device %d", engine, alert, device)
			}
			came[alert] = append(came[alert], age)
		}
		if engine == "real" {
			_, err = Play(t, PlayConfig{Scenario: s, Seed: 1, Open: open, Arrived: note})
		} else {
			_, err = model.Run(t.Context(), model.Config{Scenario: s, Seed: 1, Open: open, Arrived: note})
		}
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%-5s %s", engine, came)
		if len(came[0]) != 1 || len(came[1]) != 1 || came[0][0] < 9*time.Minute || came[0][0] > 9*time.Minute+5*time.Second || came[1][0] > time.Second {
			t.Errorf("%s: %s, want the pair's in their meeting after nine minutes, and the others' at once", engine, came)
		}
	}
}

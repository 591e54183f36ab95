package sim

import (
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/airtime"
)

const radioValley = `schema: kreidfeuer.scenario/1
name: radios
title: A warning crosses a valley by radio and goes on by cable
duration: 20m
places:
  - {name: west, kind: plane, size: [10m, 10m]}
  - {name: middle, kind: plane, size: [10m, 10m], origin: [3km, 0m]}
  - {name: east, kind: plane, size: [10m, 10m], origin: [6km, 0m]}
links:
  lora: {range: 4km, airtime: longfast, duty: 1%, latency: 1ms}
  lan: {latency: 1ms, local: true}
groups:
  - {name: station, count: 1, at: west, links: [lora], role: station}
  - {name: relay, count: 1, at: middle, links: [lora]}
  - {name: far, count: 1, at: east, links: [lora, lan]}
  - {name: house, count: 3, at: east, links: [lan]}
  - {name: deaf, count: 1, at: middle, links: [lan]}
alerts:
  - {at: 1m, from: station, severity: Extreme}
  - {at: 1m, from: station, severity: Minor, drill: true}
`

// TestPlayRadio: real devices with nothing but a radio pass a warning on within what
// gossip/airtime computes for it, and one of them to a network behind it. A drill stays
// where it is. The model reaches the same.
func TestPlayRadio(t *testing.T) {
	modem, err := airtime.Preset("longfast")
	if err != nil {
		t.Fatal(err)
	}
	// Two frames carry the warning, three are sent. The first radio begins within four
	// slots of half a preamble, the relay within its first interval, which is eight times
	// what it sends; both leave up to five slots between frames, and a device looks once
	// a second for what there is to say.
	frame, slot, look := modem.Airtime(136), 8*8192*time.Microsecond, time.Second
	least := 4 * frame
	most := 2*look + 9*slot + 2*frame + 8*3*frame + 9*slot + 2*frame
	real, modelled := playBoth(t, radioValley, 1)
	for _, p := range []played{real, modelled} {
		for i, want := range []int{5, 0} {
			a := p.Alerts[i]
			t.Logf("%-5s %d of %d, p50 %g s, max %g s, %v", p.Engine, a.Reached, a.Concerned, a.P50, a.Max, a.Unreached)
			if a.Concerned != 6 || a.Reached != want {
				t.Errorf("%s: reached %d of %d, want %d", p.Engine, a.Reached, a.Concerned, want)
			}
		}
		t.Logf("%-5s %+v", p.Engine, p.Traffic)
		if last := time.Duration(p.Alerts[0].Max * float64(time.Second)); last < least || last > most {
			t.Errorf("%s: the last has it after %s, want %s to %s", p.Engine, last, least, most)
		}
		// Of three radios none may send more than a hundredth of an hour.
		if on := time.Duration(p.Traffic.Airtime * float64(time.Second)); on < 6*frame || on > 3*36*time.Second {
			t.Errorf("%s: %s on the air", p.Engine, on)
		}
	}
}

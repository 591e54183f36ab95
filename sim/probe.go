package sim

import (
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Reached counts the devices that have told of an alert.
func (w *World) Reached(id wire.ID) (n int) {
	for _, d := range w.devices {
		if _, ok := d.toldOf(id); ok {
			n++
		}
	}
	return n
}

// Latency is how long alerts took to the devices that have told of them, other
// than the one each was published on, and how many such devices have not.
func (w *World) Latency(ids ...wire.ID) (took Distribution, missing int) {
	var all []time.Duration
	for _, id := range ids {
		w.checker.mu.Lock()
		g := w.checker.genuine[id.String()]
		w.checker.mu.Unlock()
		for _, d := range w.devices {
			if d.number == g.on {
				continue
			}
			if told, ok := d.toldOf(id); ok {
				all = append(all, told.at-g.at)
			} else {
				missing++
			}
		}
	}
	return distribution(all), missing
}

func (d *Device) toldOf(id wire.ID) (first told, ok bool) {
	d.seen.mu.Lock()
	defer d.seen.mu.Unlock()
	first, ok = d.seen.alerts[id.String()]
	return first, ok
}

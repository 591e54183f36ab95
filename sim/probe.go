package sim

import "github.com/kreidfeuer/kreidfeuer/gossip/wire"

// Reached counts the devices that have told of an alert.
func (w *World) Reached(id wire.ID) (n int) {
	for _, d := range w.devices {
		d.seen.mu.Lock()
		if _, ok := d.seen.alerts[id.String()]; ok {
			n++
		}
		d.seen.mu.Unlock()
	}
	return n
}

package sim

import "time"

// sleepers is when those devices wake next that sleep at times, by their number; zero: it
// does not.
type sleepers []time.Duration

// wake tells devices that wake now that they slept, as their systems do, and returns when
// the next one wakes.
func (p *player) wake(now time.Duration) (next time.Duration) {
	if p.sleepers == nil {
		p.sleepers = make(sleepers, p.cast.devices)
		for d := range p.sleepers {
			p.sleepers[d] = p.stage.Wakes(p.cast.roles[d], now)
		}
	}
	next = time.Duration(p.Scenario.Duration) + time.Hour
	for d, at := range p.sleepers {
		if at > 0 && at <= now {
			if device := p.world.devices[d]; device.up {
				device.NetworkChanged()
			}
			at = p.stage.Wakes(p.cast.roles[d], now)
			p.sleepers[d] = at
		}
		if at > 0 {
			next = min(next, at)
		}
	}
	return next
}

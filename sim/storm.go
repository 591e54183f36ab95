package sim

import (
	"math/rand/v2"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/sim/netmodel"
)

// Storm is a bad day: warnings, partitions, crashes, power that comes back and
// weather, in random order.
type Storm struct {
	Seed   uint64
	Events int
	Every  time.Duration // an event, in the mean
}

// Rage plays the storm and returns what was published in it. At its end the
// network is whole and every device runs.
func (s Storm) Rage(w *World) (published []wire.ID, err error) {
	random := rand.New(rand.NewPCG(s.Seed, 4))
	for range s.Events {
		w.Sleep(time.Duration(random.ExpFloat64() * float64(s.Every)))
		device := random.IntN(w.Devices())
		switch what := random.IntN(10); {
		case what < 4:
			if w.devices[device].up {
				var id wire.ID
				if id, err = w.Publish(device); err == nil {
					published = append(published, id)
				}
			}
		case what < 6:
			if w.devices[device].up {
				err = w.Crash(device)
			} else {
				err = w.Start(device)
			}
		case what < 7:
			w.Split(1 + random.IntN(w.Devices()-1))
		case what < 8:
			w.SetNetwork(netmodel.All{w.cfg.Network, netmodel.Link{Loss: random.Float64() / 2, Jitter: 200 * time.Millisecond}})
		case what < 9:
			w.SetNetwork(netmodel.All{w.cfg.Network, netmodel.Link{Latency: 500 * time.Millisecond, Rate: 20_000}})
		default:
			w.Heal()
		}
		if err != nil {
			return published, err
		}
	}
	w.Heal()
	for i, d := range w.devices {
		if !d.up {
			if err := w.Start(i); err != nil {
				return published, err
			}
		}
	}
	return published, nil
}

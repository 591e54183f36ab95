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
		if what := random.IntN(12); what < 6 {
			err = s.speak(w, random, device, &published)
		} else if what < 8 && w.devices[device].up {
			err = w.Crash(device)
		} else if what < 8 {
			err = w.Start(device)
		} else {
			s.blow(w, random)
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

// speak has the authority warn, give an all-clear, or confirm one.
func (s Storm) speak(w *World, random *rand.Rand, device int, published *[]wire.ID) error {
	if !w.devices[device].up {
		return nil
	}
	var id wire.ID
	var err error
	switch what := random.IntN(6); {
	case what < 3 || len(*published) == 0:
		id, err = w.Publish(device)
	case what < 5:
		id, err = w.AllClear(device, (*published)[random.IntN(len(*published))], 1+random.IntN(2))
	default:
		return w.Confirm(device, (*published)[random.IntN(len(*published))])
	}
	*published = append(*published, id)
	return err
}

// blow changes the network.
func (s Storm) blow(w *World, random *rand.Rand) {
	switch random.IntN(4) {
	case 0:
		w.Split(1 + random.IntN(w.Devices()-1))
	case 1:
		w.SetNetwork(netmodel.All{w.cfg.Network, netmodel.Link{Loss: random.Float64() / 2, Jitter: 200 * time.Millisecond}})
	case 2:
		w.SetNetwork(netmodel.All{w.cfg.Network, netmodel.Link{Latency: 500 * time.Millisecond, Rate: 20_000}})
	default:
		w.Heal()
	}
}

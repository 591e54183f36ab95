package sim

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/network"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
	"github.com/kreidfeuer/kreidfeuer/sim/netmodel"
)

// Four Sybils to an honest device, in the four attacks of gossipsub-hardening: all
// warnings come to all honest devices, and the last hundredth takes at most three
// times as long as without the attack.
func TestSybils(t *testing.T) {
	honest := scale(t, 16, 100)
	links := min(honest, 25)
	city := Config{Devices: honest, Seed: 7, Mesh: Random(10)}
	var quiet Distribution
	Run(t, city, func(w *World) {
		w.Sleep(20 * time.Second)
		quiet = volley(t, w, "undisturbed", 20)
	})
	within := func(t *testing.T, took Distribution) {
		t.Helper()
		if took.P99 > 3*quiet.P99 {
			t.Errorf("p99 %s, undisturbed %s", took.P99, quiet.P99)
		}
	}
	t.Run("covert flash", func(t *testing.T) {
		Run(t, city, func(w *World) {
			s := lay(t, w, &Siege{Sybils: 4 * honest, Links: links})
			w.Sleep(30 * time.Second)
			volley(t, w, "before the flash", 5)
			s.Begin()
			within(t, volley(t, w, "covert flash", 20))
		})
	})
	t.Run("cold boot", func(t *testing.T) {
		// At first the honest hear only the Sybils.
		Run(t, city, func(w *World) {
			w.SetNetwork(netmodel.All{w.cfg.Network, cold(honest)})
			s := lay(t, w, &Siege{Sybils: 4 * honest, Links: links})
			s.Begin()
			w.Sleep(40 * time.Second) // connections of the honest have timed out
			w.Heal()
			w.Sleep(20 * time.Second)
			within(t, volley(t, w, "cold boot", 20))
		})
	})
	t.Run("eclipse", func(t *testing.T) {
		Run(t, city, func(w *World) {
			s := lay(t, w, &Siege{Sybils: min(4*honest, 140), Links: 2, Targets: []int{0, 1}})
			s.Begin()
			w.Sleep(20 * time.Second)
			within(t, volley(t, w, "eclipse of two devices", 20))
		})
	})
	t.Run("censor", func(t *testing.T) {
		Run(t, city, func(w *World) {
			s := &Siege{Sybils: 4 * honest, Links: links, Swallows: func(message []byte) bool { return bytes.Contains(message, []byte("Hochwasser")) }}
			lay(t, w, s)
			s.Begin()
			w.Sleep(30 * time.Second)
			within(t, volley(t, w, "censor", 20))
		})
	})
}

// Forgers send what nobody has signed: noise, warnings of their own domain, and
// genuine ones that they have changed. Nobody believes them, nobody who passes on is
// taken for them, and what is genuine arrives.
func TestForgers(t *testing.T) {
	own, err := trusttest.NewTree(4711, 2)
	if err != nil {
		t.Fatal(err)
	}
	Run(t, Config{Devices: 8, Seed: 10, Mesh: Random(6)}, func(w *World) {
		s := lay(t, w, &Siege{Sybils: 8, Links: 4})
		w.Sleep(5 * time.Second)
		genuine := w.checker.message(w.MustPublish(0)).EncodeFull()
		w.Sleep(time.Second)
		for round := range 12 {
			err := s.Send(func(sybil int) []byte {
				switch sybil % 3 {
				case 0:
					return bytes.Repeat([]byte{byte(round), byte(sybil)}, 500)
				case 1:
					e, err := Message{Identifier: fmt.Sprint(round, sybil), Now: trueTime(w.Now())}.Sign(own, own.Leitstelle)
					if err != nil {
						t.Fatal(err)
					}
					return e.EncodeFull()
				}
				changed := bytes.Clone(genuine)
				changed[100+(round*37+sybil*101)%300] ^= 1
				return changed
			})
			if err != nil {
				t.Fatal(err)
			}
			w.Sleep(time.Second)
		}
		volley(t, w, "among forgers", 8)
		var rejected, cut uint64
		for i := range w.Devices() {
			rejected, cut = rejected+w.Device(i).Stats().Rejected, cut+w.Device(i).Stats().CutOff
		}
		if t.Logf("%d messages rejected, %d neighbours cut off", rejected, cut); rejected == 0 {
			t.Error("nothing was rejected")
		}
		for i := range w.Devices() {
			for _, other := range w.dials[i] {
				if info, _ := infoOf(w.cfg.Seed, other); w.Device(i).host.Network().Connectedness(info.ID) != network.Connected {
					t.Errorf("device %d has lost device %d", i, other)
				}
			}
		}
	})
}

// cold lets the honest devices, those below the border, hear nobody but the others.
type cold int

func (border cold) Link(_ time.Duration, from, to int) netmodel.Link {
	return netmodel.Link{Down: from < int(border) && to < int(border)}
}

func lay(t *testing.T, w *World, s *Siege) *Siege {
	t.Helper()
	if err := s.Lay(w); err != nil {
		t.Fatal(err)
	}
	return s
}

// volley publishes warnings on random devices, two a second, and returns how long
// they took; all must come.
func volley(t *testing.T, w *World, name string, n int) Distribution {
	t.Helper()
	random := rand.New(rand.NewPCG(w.cfg.Seed, 3))
	var ids []wire.ID
	for i := range n {
		on := random.IntN(w.Devices())
		if i%4 == 0 {
			on = 0
		}
		ids = append(ids, w.MustPublish(on))
		w.Sleep(500 * time.Millisecond)
	}
	w.Sleep(2 * w.cfg.Bound)
	took, missing := w.Latency(ids...)
	t.Logf("%s: %s, %d of %d missing", name, took, missing, n*(w.Devices()-1))
	if missing > 0 {
		t.Errorf("%s: %d of %d did not come", name, missing, n*(w.Devices()-1))
	}
	return took
}

package sim

import (
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/persist"
	"github.com/kreidfeuer/kreidfeuer/sim/netmodel"
)

// everywhere fails unless all devices have all the alerts.
func everywhere(t *testing.T, w *World, ids ...wire.ID) {
	t.Helper()
	for i, id := range ids {
		if n := w.Reached(id); n != w.Devices() {
			t.Errorf("alert %d is on %d of %d devices", i, n, w.Devices())
		}
	}
}

func TestPartitionHeals(t *testing.T) {
	Run(t, Config{Devices: 12, Seed: 1, Network: netmodel.Link{Latency: 25 * time.Millisecond, Loss: 0.1}}, func(w *World) {
		splitAndHeal(t, w)
	})
}

// splitAndHeal publishes to all, cuts the world in two for five minutes with
// publishing on both sides, and heals it.
func splitAndHeal(t *testing.T, w *World) {
	n := w.Devices()
	w.Sleep(10 * time.Second)
	first := w.MustPublish(0)
	w.Sleep(10 * time.Second)
	everywhere(t, w, first)
	w.Split(n / 2)
	w.Sleep(time.Minute)
	here, there := w.MustPublish(0), w.MustPublish(n-1)
	w.Sleep(4 * time.Minute)
	for _, id := range []wire.ID{here, there} {
		if got := w.Reached(id); got != n/2 {
			t.Errorf("in a partition of halves %d of %d devices have an alert", got, n)
		}
	}
	w.Check()
	w.Heal()
	w.Sleep(2 * time.Minute)
	everywhere(t, w, first, here, there)
}

func TestCrashedDeviceReturns(t *testing.T) {
	Run(t, Config{Devices: 6, Seed: 2}, func(w *World) {
		w.Sleep(5 * time.Second)
		before := w.MustPublish(0)
		w.Sleep(5 * time.Second)
		if err := w.Crash(3); err != nil {
			t.Fatal(err)
		}
		meanwhile := w.MustPublish(0)
		w.Sleep(2 * time.Minute)
		if n := w.Reached(meanwhile); n != 5 {
			t.Errorf("%d devices have what was published while one was down", n)
		}
		if err := w.Start(3); err != nil {
			t.Fatal(err)
		}
		w.Sleep(2 * time.Minute)
		everywhere(t, w, before, meanwhile)
	})
}

// A device that is back before its neighbours have noticed its end, at another
// address, hears what they learn, and soon by gossip: they still hold connections with
// its earlier lives.
func TestBackUnnoticed(t *testing.T) {
	Run(t, Config{Devices: 2, Seed: 3}, func(w *World) {
		back := 0 // who dials the other
		if len(w.dials[back]) == 0 {
			back = 1
		}
		for _, lived := range []time.Duration{12 * time.Second, 5 * time.Second, 15 * time.Second, 3 * time.Second, 3 * time.Second, 30 * time.Second} {
			w.Sleep(lived)
			if err := w.Crash(back); err != nil {
				t.Fatal(err)
			}
			w.devices[back].moved++
			if err := w.Start(back); err != nil {
				t.Fatal(err)
			}
			started := w.Now()
			for w.Now() < started+5*time.Second {
				w.Sleep(200 * time.Millisecond)
				id, published := w.MustPublish(1-back), w.Now()
				for w.Reached(id) < 2 && w.Now()-published < time.Minute {
					w.Sleep(10 * time.Millisecond)
				}
				took := w.Now() - published
				if took > 2*time.Second || took > 50*time.Millisecond && published > started+3*time.Second {
					t.Errorf("after a life of %s: what is published %s after the return takes %s", lived, published-started, took)
				}
			}
		}
	})
}

// After a power cut a whole house listens at once, and each device begins to run
// when it has read its store: that it speaks our protocols, its neighbours learn
// after they have met it.
func TestPowerReturns(t *testing.T) {
	Run(t, Config{Devices: 40, Seed: 8, Mesh: Star, Boot: 10 * time.Second}, func(w *World) {
		w.Sleep(20 * time.Second)
		id := w.MustPublish(0)
		w.Sleep(time.Second)
		everywhere(t, w, id)
		w.Sleep(time.Minute)
	})
}

// A village hangs on one device: what one of the others publishes, that one passes on
// to all at once.
func TestHubPassesOn(t *testing.T) {
	Run(t, Config{Devices: 40, Seed: 11, Mesh: Star}, func(w *World) {
		w.Sleep(20 * time.Second)
		var ids []wire.ID
		for i := range 5 {
			ids = append(ids, w.MustPublish(10+i))
			w.Sleep(5 * time.Second)
		}
		took, missing := w.Latency(ids...)
		if t.Logf("%s, %d missing", took, missing); took.Max > 100*time.Millisecond || missing > 0 {
			t.Errorf("%s, %d missing: want two links' latency", took, missing)
		}
	})
}

// Clocks a day behind or ahead, or running fast, keep no warning from anybody.
func TestWrongClocks(t *testing.T) {
	clocks := []netmodel.Clock{{}, {Offset: -24 * time.Hour}, {Offset: 24 * time.Hour}, {Drift: 0.01}, {}, {Offset: 20 * time.Minute}}
	Run(t, Config{Devices: 6, Seed: 3, Clock: func(i int) netmodel.Clock { return clocks[i] }}, func(w *World) {
		w.Sleep(5 * time.Second)
		id := w.MustPublish(0)
		w.Sleep(2 * time.Minute)
		everywhere(t, w, id)
	})
}

// People with radios of 120 m walk through a square of 400 m: a warning walks with
// them.
func TestWarningWalks(t *testing.T) {
	radio := netmodel.All{netmodel.Link{Latency: 5 * time.Millisecond, Rate: 1e6},
		netmodel.Radio{Mobility: netmodel.Wander{Seed: 4, Width: 400, Height: 400, Leg: 5 * time.Minute}, Clear: 80, Range: 120}}
	Run(t, Config{Devices: 10, Seed: 4, Network: radio, Mesh: Random(9), Bound: time.Hour}, func(w *World) {
		w.Sleep(5 * time.Second)
		id := w.MustPublish(0)
		w.Sleep(10 * time.Second)
		if n := w.Reached(id); n == w.Devices() {
			t.Error("everybody was in range")
		}
		w.Sleep(20 * time.Minute)
		everywhere(t, w, id)
	})
}

// More warnings than an authority may have, on both sides of a partition: all
// devices give up the same ones.
func TestOverflow(t *testing.T) {
	Run(t, Config{Devices: 8, Seed: 9, Mesh: Random(6), Quota: 12}, func(w *World) {
		w.Sleep(5 * time.Second)
		w.Split(4)
		for i := range 30 {
			w.MustPublish(i % 8)
			w.Sleep(3 * time.Second)
		}
		w.Heal()
		w.Sleep(3 * time.Minute)
		w.Check()
		for i := range 30 {
			w.MustPublish((i * 3) % 8)
		}
		w.Sleep(3 * time.Minute)
		for i := range w.Devices() {
			if n := len(w.checker.holds(w.Device(i))); n != 12 {
				t.Errorf("device %d holds %d alerts", i, n)
			}
		}
	})
}

// A day of random trouble; each seed is another one.
func TestStorm(t *testing.T) {
	storms := 1
	if os.Getenv("KREIDFEUER_SIM") != "" {
		storms = 4
	}
	if os.Getenv("KREIDFEUER_SOAK") != "" {
		storms = 40
	}
	for seed := range uint64(storms) {
		Run(t, Config{Devices: 10, Seed: 100 + seed, Mesh: Random(6)}, func(w *World) {
			w.Sleep(5 * time.Second)
			ids, err := Storm{Seed: seed, Events: 60, Every: 10 * time.Second}.Rage(w)
			if err != nil {
				t.Fatal(err)
			}
			w.Sleep(3 * time.Minute)
			everywhere(t, w, ids...)
			t.Logf("storm %d: %d warnings in %s", seed, len(ids), w.Now().Round(time.Second))
		})
	}
}

// Faults are planted, and the checker has to find each.
func TestCheckerFindsFaults(t *testing.T) {
	tests := []struct {
		name, want string
		script     func(t *testing.T, w *World)
	}{
		{"a forger is believed", "which nobody has published", func(t *testing.T, w *World) {
			e, err := Message{Identifier: "forged", Now: trueTime(w.Now())}.Sign(w.tree, w.author)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.devices[0].Submit(w.ctx, e.EncodeFull()); err != nil {
				t.Fatal(err)
			}
			w.Sleep(time.Second)
		}},
		{"a device loses what it had", "has lost", func(t *testing.T, w *World) {
			id := w.MustPublish(0)
			w.Sleep(time.Second)
			w.Split(1)
			if err := w.Crash(0); err != nil {
				t.Fatal(err)
			}
			if _, err := w.devices[0].store.Put(w.ctx, persist.Batch{Delete: []wire.ID{id}}); err != nil {
				t.Fatal(err)
			}
			if err := w.Start(0); err != nil {
				t.Fatal(err)
			}
		}},
		{"a device that is connected gets nothing", "lacks 1 of 1 live alerts", func(t *testing.T, w *World) {
			w.SetNetwork(netmodel.All{netmodel.Between{A: 0, B: 1, Model: netmodel.Link{Loss: 1}},
				netmodel.Between{A: 1, B: 2, Model: netmodel.Link{Loss: 1}}, netmodel.Between{A: 1, B: 3, Model: netmodel.Link{Loss: 1}}})
			w.MustPublish(0)
			w.Sleep(2 * time.Minute)
			w.Heal() // the check has come before, in time
		}},
		{"two devices are told different things", "is in another state", func(t *testing.T, w *World) {
			w.MustPublish(0)
			w.Sleep(time.Second)
			one, other := w.checker.holds(w.devices[0]), w.checker.holds(w.devices[1])
			for id, a := range other { // as if it had counted another number of persons
				a.Level--
				other[id] = a
			}
			w.checker.equal([]int{0, 1}, map[int]map[string]apitype.AlertSummary{0: one, 1: other},
				map[int]string{0: w.checker.state(one), 1: w.checker.state(other)})
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			found := play(t, Config{Devices: 4, Seed: 5}, func(w *World) {
				w.Sleep(5 * time.Second)
				test.script(t, w)
			})
			if !slices.ContainsFunc(found, func(v Violation) bool { return strings.Contains(v.What, test.want) }) {
				t.Errorf("the checker has found %v, want: %s", found, test.want)
			}
		})
	}
}

// 300 devices in make sim, 1,000 in make soak, and more if it is told so.
func TestCity(t *testing.T) {
	n := scale(t, 300, 1000)
	Run(t, Config{Devices: n, Seed: 6, Network: netmodel.Link{Latency: 25 * time.Millisecond, Loss: 0.02}}, func(w *World) {
		splitAndHeal(t, w)
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		t.Logf("%d devices, %s: %.1f MB of heap and stacks, %d goroutines, %d packets, %.1f MB sent", n, w.Now().Round(time.Second),
			float64(m.HeapInuse+m.StackInuse)/1e6, runtime.NumGoroutine(), w.Traffic().Sent, float64(w.Traffic().SentBytes)/1e6)
		if each := (m.HeapInuse + m.StackInuse) / uint64(n); each > 3<<20 {
			t.Errorf("a device takes %d KiB of memory, at most 3,072", each>>10)
		}
	})
}

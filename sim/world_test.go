package sim

import (
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/sim/netmodel"
)

func devices(def int) int {
	if n, err := strconv.Atoi(os.Getenv("KREIDFEUER_SIM_DEVICES")); err == nil {
		return n
	}
	return def
}

func TestPartitionHeals(t *testing.T) {
	n := devices(12)
	Run(t, Config{Devices: n, Seed: 1, Network: netmodel.Link{Latency: 25 * time.Millisecond, Loss: 0.02}}, func(w *World) {
		t.Log("started", w.Now())
		w.Sleep(10 * time.Second)
		id := w.MustPublish(0)
		w.Sleep(10 * time.Second)
		t.Log("have it:", w.reached(id))
		w.Split(n / 2)
		w.Sleep(time.Minute)
		a, b := w.MustPublish(0), w.MustPublish(n-1)
		w.Sleep(4 * time.Minute)
		t.Log("have them:", w.reached(a), w.reached(b))
		w.Check()
		w.Heal()
		w.Sleep(2 * time.Minute)
		t.Log("have them:", w.reached(a), w.reached(b))
	})
}

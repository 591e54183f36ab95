package sim

import (
	"testing"
	"time"
)

// TestCutOff: a device whose neighbours are all on the internet, and whose own link stays up
// while everything behind it is gone, dials seldom, and meets all of them soon when it is back.
func TestCutOff(t *testing.T) {
	const neighbours = 24
	mesh := func(n int, _ uint64) [][]int { // half of them are told to keep it, half it is told to keep
		dials := make([][]int, n)
		for i := 1; i < n; i++ {
			if i <= neighbours/2 {
				dials[0] = append(dials[0], i)
			} else {
				dials[i] = []int{0}
			}
		}
		return dials
	}
	Run(t, Config{Devices: 1 + neighbours, Mesh: mesh}, func(w *World) {
		connected := func() int { return len(w.Device(0).host.Network().Peers()) }
		rate := func(d time.Duration) float64 {
			count := func() uint64 {
				w.air.mu.Lock()
				defer w.air.mu.Unlock()
				return w.air.sentBy[0]
			}
			before := count()
			w.Sleep(d)
			return float64(count()-before) / d.Seconds()
		}
		w.Sleep(5 * time.Minute)
		if n := connected(); n != neighbours {
			t.Fatalf("%d neighbours before the link fails", n)
		}
		for _, outage := range []time.Duration{5 * time.Minute, 90 * time.Minute} {
			w.Split(1)
			first := rate(5 * time.Minute)
			w.Sleep(max(0, outage-35*time.Minute))
			last := rate(max(time.Second, min(30*time.Minute, outage-5*time.Minute)))
			w.Heal()
			began := w.Now()
			for connected() == 0 && w.Now()-began < 5*time.Minute {
				w.Sleep(50 * time.Millisecond)
			}
			met := w.Now() - began
			w.Sleep(time.Second)
			t.Logf("cut off for %s: %.0f bytes a second at first, %.0f at last; back after %s, connected to %d a second later", outage, first, last, met, connected())
			if first > 1000 {
				t.Errorf("%.0f bytes a second in the first five minutes", first)
			}
			if outage > time.Hour && last > 100 {
				t.Errorf("%.0f bytes a second after an hour", last)
			}
			if met > 75*time.Second || connected() < neighbours {
				t.Errorf("back after %s, with %d neighbours a second later", met, connected())
			}
			w.Sleep(2 * time.Minute)
		}
	})
}

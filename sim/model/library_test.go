package model

import (
	"os"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

// TestLibrary plays every scenario of the library once; those that take longer
// than a moment in the soak only.
func TestLibrary(t *testing.T) {
	slow := map[string]bool{"city-blackout": true, "warning-day": true}
	for _, name := range scenario.Library() {
		t.Run(name, func(t *testing.T) {
			if slow[name] && os.Getenv("KREIDFEUER_SOAK") == "" {
				t.Skip("takes seconds: make soak")
			}
			text, _ := scenario.FromLibrary(name)
			res := play(t, string(text), 1)
			for i, a := range res.Alerts {
				if i < 3 {
					t.Logf("at %.0f s: %d of %d, late %d, marks %.3f, p50 %.2f s p99 %.2f s, %v", a.At, a.Reached, a.Concerned, a.Late, a.AtMarks, a.P50, a.P99, a.Unreached)
				}
			}
			t.Logf("%+v %+v", res.Traffic, res.Attack)
			t.Logf("%+v", res.Cost)
			if res.Attack.Accepted != 0 {
				t.Error("something of an adversary was accepted")
			}
		})
	}
}

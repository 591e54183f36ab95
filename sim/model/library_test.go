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
			for _, in := range res.Incidents {
				for _, c := range in.Changes {
					t.Logf("%s at %.0f s: %d of %d outdated, until %.0f s p90 %.0f s p99 %.0f s, at the marks %.3f, latest %.3f", c.Kind, c.At, c.Outdated, in.Concerned,
						c.Max, c.P90, c.P99, c.OutdatedAtMarks, c.LatestAtMarks)
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

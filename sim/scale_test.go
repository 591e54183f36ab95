package sim

import (
	"os"
	"strconv"
	"testing"
)

// scale is how large a slow test is to be: made for make sim (KREIDFEUER_SIM), or
// large, for make soak (KREIDFEUER_SOAK); without either it is skipped.
// KREIDFEUER_SIM_DEVICES sets any other size.
func scale(t *testing.T, sim, soak int) int {
	t.Helper()
	if n, err := strconv.Atoi(os.Getenv("KREIDFEUER_SIM_DEVICES")); err == nil {
		return n
	}
	switch {
	case os.Getenv("KREIDFEUER_SOAK") != "":
		return soak
	case os.Getenv("KREIDFEUER_SIM") != "":
		return sim
	}
	t.Skip("slow: run it by make sim or make soak")
	return 0
}

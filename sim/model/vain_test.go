package model

import (
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/node/vigil"
)

// TestVain: who is cut off sends as much as the program's vigil does, and who is away is
// dialled every half minute; nobody sends anything for a moment that nobody notices.
func TestVain(t *testing.T) {
	sent := func(outage string) float64 { return play(t, net+outage, 1).Traffic.PerDevice[0] }
	none := sent("")
	if short := sent("outages: [{at: 2m, until: 140s, what: link:net}]\n"); short > none+2*24*3000 {
		t.Errorf("%.0f bytes more for 20 seconds", short-none)
	}
	long := sent("outages: [{at: 2m, until: 7m, what: link:net}]\n") - none
	want := 24*vigil.DialBytes + float64(watching(270*time.Second))
	t.Logf("%.0f bytes more for five minutes, of which %.0f in vain", long, want)
	if long < want || long > want+3*24*3000 {
		t.Errorf("%.0f bytes more for five minutes, want about %.0f", long, want)
	}
	if n := redials(5*time.Minute, 30*time.Second); n < 10 || n > 13 {
		t.Errorf("%d dials in five minutes of one that is away", n)
	}
}

package discovery

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

// TestSlowLinkIsLeftAlone: on a slow link beacons are rare, and a newcomer is
// heard at once all the same.
func TestSlowLinkIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := &ground{}
		for i := range 3 {
			d := g.add(t, byte(i+1), fmt.Sprintf("10.0.0.%d/24", i+1))
			d.slow = func(link) bool { return true }
			d.refresh(func() ([]link, error) { return []link{d.links[2].link}, nil })
		}
		g.pass(2 * time.Minute)
		g.packets = 0
		g.pass(20 * time.Minute)
		if perMinute := float64(g.packets) / 20; perMinute < 2 || perMinute > 4 {
			t.Errorf("%.1f beacons a minute of three devices, want 3", perMinute)
		}
		late := g.add(t, 200, "10.0.0.200/24")
		g.pass(time.Second)
		for _, d := range g.devices[:3] {
			if len(d.found[late.self]) == 0 {
				t.Error("a newcomer is not heard at once")
			}
		}
	})
}

func TestSlowLinkIsAskedSeldom(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	for slow, every := range map[bool]time.Duration{false: queryEvery, true: querySeldom} {
		s := linkState{slow: slow}
		if got := s.nextAsk(now).Sub(now); got < every || got > every*3/2 {
			t.Errorf("slow %t: asked after %s", slow, got)
		}
	}
}

func TestProbeTime(t *testing.T) {
	for exchange, want := range map[time.Duration]time.Duration{
		0: probeTimeout, 20 * time.Millisecond: probeTimeout, 4 * time.Second: 16 * time.Second, time.Hour: slowestProbe,
	} {
		if got := probeTime(exchange); got != want {
			t.Errorf("after an exchange of %s: %s, want %s", exchange, got, want)
		}
	}
}

package ether

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestLink(t *testing.T) {
	now := time.Unix(1000, 0)
	for _, c := range []struct {
		name        string
		link        Link
		low, high   int // copies of 1,000 frames of 976 bytes sent at once
		last, least time.Duration
	}{
		{"plain", Link{}, 1000, 1000, 0, 0},
		{"down", Link{Down: true}, 0, 0, 0, 0},
		{"loss", Link{Loss: 0.3}, 650, 750, 0, 0},
		{"repeat", Link{Repeat: 0.5}, 1440, 1560, 0, 0},
		{"delay", Link{Delay: time.Second}, 1000, 1000, time.Second, time.Second},
		{"rate", Link{Rate: 8_000_000}, 1000, 1000, time.Second, time.Millisecond},
		{"full queue", Link{Rate: 8_000}, 5, 5, 5 * time.Second, time.Second},
	} {
		t.Run(c.name, func(t *testing.T) {
			l, chance := lane{Link: c.link}, rand.New(rand.NewPCG(1, 2))
			var all []time.Duration
			for range 1000 {
				all = append(all, l.arrivals(now, 976, chance)...)
			}
			if len(all) < c.low || len(all) > c.high {
				t.Errorf("%d copies arrive, want %d to %d", len(all), c.low, c.high)
			}
			if len(all) > 0 && (all[0] != c.least || all[len(all)-1] != c.last) {
				t.Errorf("the first after %s, the last after %s; want %s and %s", all[0], all[len(all)-1], c.least, c.last)
			}
		})
	}
}

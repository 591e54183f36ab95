//go:build linux

package trial

import (
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/cmd/internal/ether"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// TestMule: two villages have no link; one device visits both in turn. All alerts
// cross, and no device is told of anything twice.
func TestMule(t *testing.T) {
	t.Parallel()
	l := newLAN(t, 5, ether.Link{}, nil)
	upper, lower, mule := []int{0, 1}, []int{2, 3}, []int{4}
	all := []int{0, 1, 2, 3}
	down := ether.Link{Down: true}
	l.cut(upper, lower, down)
	l.cut(mule, all, down)
	for _, d := range l.devices {
		d.up()
	}
	left, right := l.newLoad(t, "upper", 15, 30), l.newLoad(t, "lower", 15, 30)
	l.publish(upper, left)
	l.publish(lower, right)

	visit := func(village []int, expect load) {
		began := time.Now()
		l.cut(mule, village, ether.Link{})
		for _, i := range append(append([]int{}, village...), 4) {
			if _, err := l.devices[i].awaitAll(time.Minute, append(append([]*wire.Envelope{}, expect.alerts...), expect.drills...)); err != nil {
				t.Fatalf("device %d: %v", i, err)
			}
		}
		t.Logf("everything the village and the visitor have between them was on both sides after %s", time.Since(began).Round(time.Millisecond))
		l.cut(mule, village, down)
	}
	both := load{append(append([]*wire.Envelope{}, left.alerts...), right.alerts...), append(append([]*wire.Envelope{}, left.drills...), right.drills...)}
	visit(upper, left)
	visit(lower, both)
	visit(upper, both)
	for i, d := range l.devices {
		if twice := d.alarmedTwice(); twice != "" {
			t.Errorf("device %d alarmed twice for %s", i, twice)
		}
	}
}

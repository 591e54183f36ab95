//go:build linux

package trial

import (
	"os"
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/cmd/internal/ether"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

const (
	// liveAfterMeeting and liveAfterHeal are what the last device may need for all
	// alerts, from the first connection between the halves and from the link's return.
	liveAfterMeeting = 5 * time.Second
	liveAfterHeal    = 20 * time.Second

	// allAfterHeal bounds everything else; it has no promise.
	allAfterHeal = 60 * time.Second
)

// soak says whether the slow and large versions run.
func soak() bool { return os.Getenv("KREIDFEUER_SOAK") != "" }

// TestPartition: two halves of a network that never met, or that lost each other
// for so long that every connection is gone, publish alone; when the link is back
// every device ends with everything.
func TestPartition(t *testing.T) {
	devices, alerts, drills := 6, 30, 120
	if soak() {
		devices, alerts, drills = 20, 100, 1000 // of each half
	}
	l := newLAN(t, devices, ether.Link{}, nil)
	a, b := l.halves()
	if !soak() { // apart from the start: waiting until connections have died takes half a minute
		l.cut(a, b, ether.Link{Down: true})
	}
	l.each(func(_ int, d *device) { d.up() })
	if soak() {
		l.awaitMeeting(t, a, b)
		l.cut(a, b, ether.Link{Down: true})
		l.awaitParted(t, a, b)
	}
	left, right := l.newLoad(t, "left", alerts, drills), l.newLoad(t, "right", alerts, drills)
	began := time.Now()
	l.publish(a, left)
	l.publish(b, right)
	l.wantAll(t, a, left)
	l.wantAll(t, b, right)
	t.Logf("%d alerts and %d exercises on each side, published to all of their side in %s", alerts, drills, time.Since(began).Round(time.Millisecond))

	before := l.Count()
	healed := time.Now()
	l.cut(a, b, ether.Link{})
	met := l.awaitMeeting(t, a, b)
	live, all := l.lastTold(t, append(left.alerts, right.alerts...)), l.lastTold(t, append(append(left.drills, right.drills...), append(left.alerts, right.alerts...)...))
	after := l.Count()
	t.Logf("link back; first connection after %s; all %d devices have all %d alerts %s after it, and all %d envelopes after %s; %d kB on the segment since",
		met.Sub(healed).Round(time.Millisecond), devices, 2*alerts, live.Sub(met).Round(time.Millisecond), 2*(alerts+drills),
		all.Sub(met).Round(time.Millisecond), (after.Bytes-before.Bytes)/1000)
	if took := live.Sub(met); took > liveAfterMeeting {
		t.Errorf("all alerts %s after the first connection, want at most %s", took, liveAfterMeeting)
	}
	if took := live.Sub(healed); took > liveAfterHeal {
		t.Errorf("all alerts %s after the link's return, want at most %s", took, liveAfterHeal)
	}
}

// wantAll waits until the devices at some ports have told of a whole load.
func (l *lan) wantAll(t *testing.T, ports []int, made load) {
	t.Helper()
	for _, i := range ports {
		if _, err := l.devices[i].awaitAll(allAfterHeal, append(append([]*wire.Envelope{}, made.alerts...), made.drills...)); err != nil {
			t.Fatalf("device %d: %v", i, err)
		}
	}
}

// lastTold is when the last device has told of the last of some envelopes.
func (l *lan) lastTold(t *testing.T, want []*wire.Envelope) (last time.Time) {
	t.Helper()
	for i, d := range l.devices {
		at, err := d.awaitAll(allAfterHeal, want)
		if err != nil {
			t.Fatalf("device %d: %v", i, err)
		}
		if at.After(last) {
			last = at
		}
	}
	return last
}

// awaitParted waits until no device of one group is connected to one of the other.
func (l *lan) awaitParted(t *testing.T, a, b []int) {
	t.Helper()
	other := map[string]bool{}
	for _, i := range b {
		other[l.devices[i].status.PeerID] = true
	}
	for _, i := range a {
		d := l.devices[i]
		d.awaitFor(2*time.Minute, "connections across the partition to die", func() bool {
			for p := range d.neighbours() {
				if other[p] {
					return false
				}
			}
			return true
		})
	}
}

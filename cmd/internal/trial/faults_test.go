//go:build linux

package trial

import (
	"fmt"
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/cmd/internal/ether"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// TestBadLinks: over links that lose, repeat, delay and slow down what is sent,
// every device gets every alert that another one published, before they met and
// after.
func TestBadLinks(t *testing.T) {
	for _, c := range []struct {
		name   string
		link   ether.Link
		alerts int
		within time.Duration
		slow   bool
	}{
		{"loses 30 percent", ether.Link{Loss: 0.3}, 20, 60 * time.Second, false},
		{"loses and repeats", ether.Link{Loss: 0.1, Repeat: 0.3, Delay: 20 * time.Millisecond}, 20, 30 * time.Second, false},
		{"1 Mbit a second", ether.Link{Rate: 1_000_000, Delay: 10 * time.Millisecond}, 20, 30 * time.Second, false},
		{"5 kbit a second", ether.Link{Rate: 5_000, Delay: 100 * time.Millisecond}, 5, 5 * time.Minute, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.slow && !soak() {
				t.Skip("takes minutes: make soak")
			}
			t.Parallel()
			l := newLAN(t, 3, c.link, nil)
			l.devices[0].up()
			made := l.newLoad(t, "early", c.alerts, 0)
			l.publish([]int{0}, made)
			began := time.Now()
			for _, d := range l.devices[1:] {
				d.up()
			}
			l.wantWithin(t, c.within, made)
			t.Logf("everything from before they met was everywhere after %s", time.Since(began).Round(time.Millisecond))
			late := l.newLoad(t, "late", 2, 0)
			began = time.Now()
			l.publish([]int{1, 2}, late)
			l.wantWithin(t, c.within, late)
			t.Logf("two more alerts were everywhere after %s", time.Since(began).Round(time.Millisecond))
			if c.slow {
				l.devices[1].wantSlowTold()
			}
		})
	}
}

// wantWithin waits until every device has told of a whole load.
func (l *lan) wantWithin(t *testing.T, limit time.Duration, made load) {
	t.Helper()
	for i, d := range l.devices {
		if _, err := d.awaitAll(limit, append(append([]*wire.Envelope{}, made.alerts...), made.drills...)); err != nil {
			t.Fatalf("device %d: %v", i, err)
		}
	}
}

// TestOneWayLoss: a device that hears well and is hardly heard, and the other way
// round, ends with everything, and so do those it talks to.
func TestOneWayLoss(t *testing.T) {
	t.Parallel()
	l := newLAN(t, 3, ether.Link{}, nil)
	for _, other := range []int{1, 2} {
		l.Set(0, other, ether.Link{Loss: 0.5})
	}
	l.Set(2, 0, ether.Link{Loss: 0.3})
	for _, d := range l.devices {
		d.up()
	}
	made := l.newLoad(t, "one-way", 15, 0)
	began := time.Now()
	l.publish([]int{0, 1, 2}, made)
	l.wantWithin(t, time.Minute, made)
	t.Logf("everything was everywhere after %s", time.Since(began).Round(time.Millisecond))
}

// TestDuplicateAddress: two devices have the same address. The others are not
// disturbed; once the conflict has ended everyone has everything.
func TestDuplicateAddress(t *testing.T) {
	t.Parallel()
	l := newLAN(t, 4, ether.Link{}, []string{"10.78.0.1/24", "10.78.0.2/24", "10.78.0.9/24", "10.78.0.9/24"})
	for _, d := range l.devices {
		d.up()
	}
	made := l.newLoad(t, "conflict", 12, 0)
	began := time.Now()
	l.publish([]int{0, 1, 2, 3}, made)
	for i, d := range l.devices[:2] {
		half := load{alerts: []*wire.Envelope{}}
		for j, e := range made.alerts {
			if j%4 < 2 {
				half.alerts = append(half.alerts, e)
			}
		}
		if _, err := d.awaitAll(limit, half.alerts); err != nil {
			t.Fatalf("device %d with an address of its own: %v", i, err)
		}
	}
	t.Logf("devices with addresses of their own had theirs after %s", time.Since(began).Round(time.Millisecond))
	ip(t, "-n", l.names[3], "address", "add", "10.78.0.4/24", "dev", "lan")
	ip(t, "-n", l.names[3], "address", "delete", "10.78.0.9/24", "dev", "lan")
	began = time.Now()
	l.wantWithin(t, time.Minute, made)
	t.Logf("everyone had everything %s after the conflict", time.Since(began).Round(time.Millisecond))
}

// TestVanishing: a neighbour is gone in the middle of a transfer, again and again,
// by power cut or because its cable is pulled. What arrived is kept, and the next
// meeting goes on from there.
func TestVanishing(t *testing.T) {
	t.Parallel()
	l := newLAN(t, 2, ether.Link{Rate: 4_000_000}, nil) // slow enough to be interrupted
	source, sink := l.devices[0], l.devices[1]
	source.up()
	made := l.newLoad(t, "vanishing", 20, 280)
	l.publish([]int{0}, made)
	all := append(append([]*wire.Envelope{}, made.alerts...), made.drills...)
	sink.up()
	for round := 1; round <= 3; round++ {
		want := round * len(all) / 5
		sink.awaitFor(time.Minute, fmt.Sprintf("%d envelopes", want), func() bool { return len(sink.told()) >= want })
		before := len(sink.told())
		if round == 2 {
			l.cut([]int{0}, []int{1}, ether.Link{Down: true})
			source.Kill()
			l.cut([]int{0}, []int{1}, ether.Link{Rate: 4_000_000})
		} else {
			source.Kill()
		}
		source.up()
		t.Logf("vanished when %d of %d had arrived", before, len(all))
	}
	if _, err := sink.awaitAll(time.Minute, all); err != nil {
		t.Fatal(err)
	}
}

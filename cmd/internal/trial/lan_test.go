//go:build linux

package trial

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/cmd/internal/ether"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/nodetest"
)

// lan is one Ethernet segment with a device in a namespace of its own at each port.
type lan struct {
	*ether.Segment
	tree    *trusttest.Tree
	names   []string
	devices []*device
}

// newLAN makes the segment and the devices, none of which runs. addresses are
// theirs; nil gives each its own.
func newLAN(t *testing.T, n int, usual ether.Link, addresses []string) *lan {
	t.Helper()
	l := &lan{Segment: ether.New(usual, 1), tree: newTree(t, 1), names: newNamespaces(t, n)}
	for i, name := range l.names {
		if _, err := l.Attach(name, "lan"); err != nil {
			t.Skipf("tap devices are not permitted here: %v", err)
		}
		address := fmt.Sprintf("10.78.0.%d/24", i+1)
		if addresses != nil {
			address = addresses[i]
		}
		ip(t, "-n", name, "address", "add", address, "dev", "lan")
	}
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := l.Run(ctx); err != nil {
			t.Errorf("segment: %v", err)
		}
	})
	t.Cleanup(func() { stop(); wg.Wait() })
	for _, name := range l.names {
		d := newDevice(t, l.tree)
		d.prefix = []string{"ip", "netns", "exec", name}
		l.devices = append(l.devices, d)
	}
	return l
}

// cut opens or closes every link between two groups of ports.
func (l *lan) cut(a, b []int, link ether.Link) {
	for _, i := range a {
		for _, j := range b {
			l.Set(i, j, link)
			l.Set(j, i, link)
		}
	}
}

// halves are the ports of the lower and the upper half.
func (l *lan) halves() (a, b []int) {
	for i := range l.devices {
		if i < len(l.devices)/2 {
			a = append(a, i)
		} else {
			b = append(b, i)
		}
	}
	return a, b
}

// each runs f for every device at once.
func (l *lan) each(f func(i int, d *device)) {
	var wg sync.WaitGroup
	for i, d := range l.devices {
		wg.Go(func() { f(i, d) })
	}
	wg.Wait()
}

// load is what one side of a partition publishes.
type load struct{ alerts, drills []*wire.Envelope }

// newLoad signs alerts and exercises; signing is not what is measured.
func (l *lan) newLoad(t *testing.T, side string, alerts, drills int) load {
	t.Helper()
	persons := l.tree.Leitstelle.Persons
	var made load
	for i := range alerts {
		made.alerts = append(made.alerts, warning(t, l.tree, fmt.Sprintf("%s-%d", side, i), persons[i%len(persons)]))
	}
	for i := range drills {
		c := nodetest.Warning(fmt.Sprintf("drill-%s-%d", side, i), cap.Minor, 0)
		c.Status = cap.Exercise
		made.drills = append(made.drills, nodetest.Sign(t, l.tree, l.tree.Leitstelle, c, persons[i%len(persons)]))
	}
	return made
}

// publish hands a load over to the devices at some ports in turn.
func (l *lan) publish(ports []int, made load) {
	for i, e := range append(append([]*wire.Envelope{}, made.alerts...), made.drills...) {
		l.devices[ports[i%len(ports)]].submit(e)
	}
}

// told is when a device told of each alert for the first time.
func (d *device) told() map[string]time.Time {
	lines, _ := d.from(0)
	at := map[string]time.Time{}
	for _, line := range lines {
		var ev apitype.Event
		if json.Unmarshal(line.Text, &ev) == nil && ev.Alert != nil {
			if _, again := at[ev.Alert.ID]; !again {
				at[ev.Alert.ID] = line.At
			}
		}
	}
	return at
}

// alarmedTwice is an alert that a device told of as new more than once.
func (d *device) alarmedTwice() string {
	lines, _ := d.from(0)
	seen := map[string]bool{}
	for _, line := range lines {
		var ev apitype.Event
		if json.Unmarshal(line.Text, &ev) != nil || ev.Alert == nil || !ev.Alert.Alarm {
			continue
		}
		if seen[ev.Alert.ID] {
			return ev.Alert.ID
		}
		seen[ev.Alert.ID] = true
	}
	return ""
}

// awaitAll waits until a device has told of every envelope and returns when it
// did of the last.
func (d *device) awaitAll(limit time.Duration, want []*wire.Envelope) (time.Time, error) {
	deadline := time.After(limit)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		at, last, missing := d.told(), time.Time{}, 0
		for _, e := range want {
			when, there := at[e.ID().String()]
			if !there {
				missing++
			} else if when.After(last) {
				last = when
			}
		}
		if missing == 0 {
			return last, nil
		}
		select {
		case <-tick.C:
		case <-deadline:
			return last, fmt.Errorf("%d of %d not told after %s: %s", missing, len(want), limit, d.Stderr())
		}
	}
}

// awaitMeeting waits until a device of one group is connected to one of the other.
func (l *lan) awaitMeeting(t *testing.T, a, b []int) time.Time {
	t.Helper()
	other := map[string]bool{}
	for _, i := range b {
		other[l.devices[i].status.PeerID] = true
	}
	met := make(chan time.Time, 1)
	ctx, stop := context.WithTimeout(t.Context(), limit)
	defer stop()
	for _, i := range a {
		d := l.devices[i]
		go func() {
			tick := time.NewTicker(50 * time.Millisecond)
			defer tick.Stop()
			for ctx.Err() == nil {
				for p, err := range d.api.Peers(ctx) {
					if err == nil && p.Connected && other[p.PeerID] {
						select {
						case met <- time.Now():
						default:
						}
						return
					}
				}
				<-tick.C
			}
		}()
	}
	select {
	case at := <-met:
		return at
	case <-ctx.Done():
		t.Fatalf("no connection between the groups within %s", limit)
		return time.Time{}
	}
}

package gossip

import (
	"context"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/marcopolo/simnet"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
)

// village is some devices in virtual time. It is used within synctest only.
type village struct {
	t       *testing.T
	ctx     context.Context
	stop    func()
	network *simnet.Simnet
	all     []*station
	running sync.WaitGroup
}

// found starts devices that do not know each other.
func found(t *testing.T, tree *trusttest.Tree, devices, bitsPerSecond int, latency func(*simnet.Packet) time.Duration) *village {
	t.Helper()
	return foundOn(t, tree, many(devices, func(int) *memory { return newMemory() }), bitsPerSecond, latency)
}

// foundOn starts devices on what they stored before.
func foundOn(t *testing.T, tree *trusttest.Tree, stores []*memory, bitsPerSecond int, latency func(*simnet.Packet) time.Duration) *village {
	t.Helper()
	v := &village{t: t, network: &simnet.Simnet{LatencyFunc: latency}}
	v.ctx, v.stop = context.WithCancel(t.Context())
	for i, store := range stores {
		s := &station{host: simulatedHostAt(t, v.network, i, bitsPerSecond), store: store, pool: tree.Pinned()}
		r, err := New(s.host, s.store, s.pool, config())
		if err != nil {
			t.Fatal(err)
		}
		s.Router = r
		v.all = append(v.all, s)
	}
	v.network.Start()
	for _, s := range v.all {
		v.running.Go(func() {
			if err := s.Run(v.ctx); err != nil {
				t.Error(err)
			}
		})
	}
	synctest.Wait()
	return v
}

func (v *village) end() {
	v.stop()
	v.running.Wait()
	for _, s := range v.all {
		_ = s.host.Close()
	}
	v.network.Close()
}

func (v *village) connect(i, j int) {
	v.t.Helper()
	b := v.all[j].host
	if err := v.all[i].host.Connect(v.ctx, peer.AddrInfo{ID: b.ID(), Addrs: b.Addrs()}); err != nil {
		v.t.Fatal(err)
	}
}

func (v *village) part(i, j int) {
	_ = v.all[i].host.Network().ClosePeer(v.all[j].host.ID())
	_ = v.all[j].host.Network().ClosePeer(v.all[i].host.ID())
}

func (v *village) ingest(i int, list []*wire.Envelope) {
	v.t.Helper()
	for _, e := range list {
		if _, err := v.all[i].Ingest(v.ctx, e.EncodeFull(), MeansCarry); err != nil {
			v.t.Fatal(err)
		}
	}
}

// until waits until the devices know all of a list at level 2 and returns how long
// that took.
func (v *village) until(what string, list []*wire.Envelope, within time.Duration, devices ...*station) time.Duration {
	v.t.Helper()
	begun := time.Now()
	for _, s := range devices {
		for _, e := range list {
			for !s.knows(e.ID(), 2)() {
				if time.Since(begun) > within {
					v.t.Fatalf("%s: device %d lacks some after %s", what, slices.Index(v.all, s), time.Since(begun))
				}
				time.Sleep(10 * time.Millisecond)
			}
		}
	}
	v.t.Logf("%s: after %s", what, time.Since(begun))
	return time.Since(begun)
}

// drill is an exercise, which travels behind what is live.
func drill(t testing.TB, tree *trusttest.Tree, identifier string) *wire.Envelope {
	c := document(identifier, cap.Severe, false)
	c.Status, c.Note = cap.Exercise, "Übung"
	return sign(t, tree, c, tree.Leitstelle.Persons...)
}

func many[T any](n int, make func(i int) T) (list []T) {
	for i := range n {
		list = append(list, make(i))
	}
	return list
}

// Two villages that were apart, each a chain of devices, meet at one link between
// their ends: everything live is everywhere within seconds, through all hops, and all
// the rest soon after. KREIDFEUER_SOAK has it with as much as a bad week brings.
func TestHealedPartition(t *testing.T) {
	half, live, others := 4, 30, 100
	if os.Getenv("KREIDFEUER_SOAK") != "" {
		half, live, others = 10, 100, 1000
	}
	tree := newTree(t)
	var lives, drills [2][]*wire.Envelope
	for side := range 2 {
		lives[side] = many(live, func(i int) *wire.Envelope { return warning(t, tree, fmt.Sprint("live-", side, "-", i)) })
		drills[side] = many(others, func(i int) *wire.Envelope { return drill(t, tree, fmt.Sprint("drill-", side, "-", i)) })
	}
	synctest.Test(t, func(t *testing.T) {
		v := found(t, tree, 2*half, 20e6, simnet.StaticLatency(2*time.Millisecond))
		defer v.end()
		for side := range 2 {
			first := side * half
			for i := range half {
				v.connect(first+i, first+(i+1)%half)
			}
			v.ingest(first+half/2, lives[side])
			v.ingest(first+half/2, drills[side])
			own := v.all[first : first+half]
			v.until(fmt.Sprintf("side %d by itself", side), slices.Concat(lives[side], drills[side]), 30*time.Second, own...)
		}
		time.Sleep(time.Minute)
		v.connect(0, half)
		if took := v.until("all that is live", slices.Concat(lives[0], lives[1]), 20*time.Second, v.all...); took > 5*time.Second {
			t.Errorf("all that is live: after %s", took)
		}
		v.until("everything", slices.Concat(drills[0], drills[1]), 20*time.Second, v.all...)
		for i, s := range v.all {
			if got := s.store.count(); got != v.all[0].store.count() {
				t.Errorf("device %d holds %d, device 0 %d", i, got, v.all[0].store.count())
			}
		}
	})
}

func hostInfo(h host.Host) peer.AddrInfo { return peer.AddrInfo{ID: h.ID(), Addrs: h.Addrs()} }

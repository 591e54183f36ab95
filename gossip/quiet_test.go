package gossip

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/metrics"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
)

// listener answers sessions and begins none, and counts what they cost.
type listener struct {
	*station
	bytes *streamBytes
}

// streamBytes counts the bytes of catch-up at once; libp2p's own counter does so each second.
type streamBytes struct {
	*metrics.BandwidthCounter
	total atomic.Int64
}

func (b *streamBytes) LogSentMessageStream(n int64, p protocol.ID, _ peer.ID) { b.count(n, p) }
func (b *streamBytes) LogRecvMessageStream(n int64, p protocol.ID, _ peer.ID) { b.count(n, p) }

func (b *streamBytes) count(n int64, p protocol.ID) {
	if p == wire.ProtocolCatchUp {
		b.total.Add(n)
	}
}

func newListener(t *testing.T, ctx context.Context, pool *identity.Pool, clock time.Time) *listener {
	t.Helper()
	l := &listener{&station{store: newMemory(), pool: pool}, &streamBytes{BandwidthCounter: metrics.NewBandwidthCounter()}}
	h, err := libp2p.New(libp2p.ListenAddrStrings("/ip4/127.0.0.1/udp/0/quic-v1"), libp2p.DisableRelay(), libp2p.DisableMetrics(),
		libp2p.ForceReachabilityPrivate(), libp2p.BandwidthReporter(l.bytes))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	l.host = h
	c := config()
	c.Now = func() time.Time { return clock }
	if l.Router, err = New(h, l.store, pool, c); err != nil {
		t.Fatal(err)
	}
	go l.commit(ctx)
	go l.serve(ctx)
	eventually(t, "it answers", func() bool { return slices.Contains(h.Mux().Protocols(), wire.ProtocolCatchUp) })
	return l
}

// cost is what one session takes, both ways, and what it brings.
func (l *listener) cost(t *testing.T, with *listener) (bytes int64, got int) {
	t.Helper()
	before := l.bytes.total.Load()
	got, err := l.CatchUp(t.Context(), with.host.ID())
	if err != nil {
		t.Fatal(err)
	}
	return l.bytes.total.Load() - before, got
}

// settle has all devices ask each other until nobody fetches anything.
func settle(t *testing.T, devices []*listener) {
	t.Helper()
	for round := 0; ; round++ {
		got := 0
		for _, a := range devices {
			for _, b := range devices {
				if a != b {
					_, n := a.cost(t, b)
					got += n
				}
			}
		}
		if got == 0 {
			break
		}
		if round > 12 {
			t.Fatal("they fetch for ever")
		}
	}
}

// forgetNews leaves what there is to comparisons.
func (l *listener) forgetNews() {
	l.writing.Lock() // the writer tells of what it has written
	defer l.writing.Unlock()
	for _, n := range l.near.List() {
		l.near.TakeFresh(n.Peer, time.Now().Add(time.Hour))
		l.near.DropOffers(n.Peer)
	}
}

// Honest devices that differ in what they heard, hold, let go of and trust, and in
// their clocks, come to a point where a session costs what it costs between equal sets; where one has
// dropped by its clock what the other one holds, some hundred bytes more to find out.
func TestDevicesFallQuiet(t *testing.T) {
	tree, other := newTree(t), func() *trusttest.Tree {
		tree, err := trusttest.NewTree(2, 2)
		if err != nil {
			t.Fatal(err)
		}
		return tree
	}()
	var all []*wire.Envelope
	for i := range 30 {
		from := tree
		if i%5 == 0 {
			from = other
		}
		e := sign(t, from, document(fmt.Sprint("m-", i), []cap.Severity{cap.Minor, cap.Moderate}[i%2], i%3 == 0), from.Leitstelle.Persons...)
		bare := *e
		bare.Parts = nil
		all = append(all, e, byFirst(from, e), &bare)
	}
	const sessionBytes = 400 // hellos, and the name of the protocol
	ends := time.Unix(int64(all[0].Header.Expires), 0).Add(graceAfterExpiry)
	for _, test := range []struct {
		name   string
		place  int // bytes that each lane of each domain may cost
		clocks []time.Time
	}{
		{"clocks that agree", 140, []time.Time{now(), now(), now(), now()}},
		{"clocks that differ", 140, []time.Time{now(), now().Add(2 * time.Hour), now().Add(-30 * time.Hour), now().Add(40 * time.Minute)}},
		{"when everything has just ended", 140, []time.Time{ends.Add(-time.Minute), ends.Add(time.Second), ends.Add(-20 * time.Minute), ends.Add(10 * time.Minute)}},
		{"before and after", 1000, []time.Time{now(), ends.Add(2 * time.Hour), now().Add(time.Hour), ends.Add(30 * time.Hour)}},
	} {
		t.Run(test.name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			random := rand.New(rand.NewPCG(7, uint64(len(test.name))))
			var devices []*listener
			for i, clock := range test.clocks {
				pool := tree.Pinned()
				if i%2 == 0 {
					if err := pool.Pin(other.Root, other.Root.ID().String()); err != nil {
						t.Fatal(err)
					}
				}
				l := newListener(t, ctx, pool, clock)
				for _, d := range devices {
					connect(t, l.host, d.host)
					l.near.Meet(d.host.ID(), time.Hour, time.Now())
					d.near.Meet(l.host.ID(), time.Hour, time.Now())
				}
				devices = append(devices, l)
				for _, i := range random.Perm(len(all))[:len(all)/2] {
					_, _ = l.Ingest(ctx, all[i].EncodeFull(), MeansCarry)
				}
			}
			settle(t, devices)
			for _, l := range devices {
				var let []wire.ID
				for id := range l.store.content() {
					if random.IntN(4) == 0 {
						let = append(let, id)
					}
				}
				if _, err := l.Release(ctx, let); err != nil {
					t.Fatal(err)
				}
			}
			settle(t, devices)
			for i, a := range devices {
				for j, b := range devices {
					if a == b {
						continue
					}
					for _, d := range devices {
						d.forgetNews()
					}
					places := 3
					if i%2 == 0 && j%2 == 0 {
						places = 6
					}
					if bytes, _ := a.cost(t, b); bytes > int64(sessionBytes+places*test.place) {
						t.Errorf("device %d asks device %d at %d bytes", i, j, bytes)
					}
				}
			}
		})
	}
}

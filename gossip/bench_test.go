//go:build unix

package gossip

import (
	"context"
	"fmt"
	"slices"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/catchup"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
)

// The benchmarks compare in one process, in turns, and report the median of the
// ratios, so that whatever else the machine does touches both sides alike. Time
// is the process's CPU time, user and system, of all its goroutines.

const (
	repeats = 7   // at least
	batch   = 200 // alerts of one turn
)

// cpuTime is the CPU time of f.
func cpuTime(f func()) time.Duration {
	used := func() time.Duration {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			panic(err)
		}
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	before := used()
	f()
	return used() - before
}

// takeTurns collects samples of several quantities and reports their medians.
func takeTurns(b *testing.B, turn func() map[string]float64) {
	samples := map[string][]float64{}
	for n := 0; b.Loop() || n < repeats; n++ {
		for unit, v := range turn() {
			samples[unit] = append(samples[unit], v)
		}
	}
	b.ReportMetric(0, "ns/op") // of a turn: says nothing
	for unit, all := range samples {
		slices.Sort(all)
		b.ReportMetric(all[len(all)/2], unit)
	}
}

// moderate makes alerts that need one signature and have one.
func moderate(b *testing.B, tree *trusttest.Tree, n int) []*wire.Envelope {
	b.Helper()
	list := make([]*wire.Envelope, n)
	for i := range list {
		list[i] = sign(b, tree, document(fmt.Sprint(i), cap.Moderate, false), tree.Leitstelle.Persons[0])
	}
	return list
}

func encodeAll(list []*wire.Envelope) (raws [][]byte) {
	for _, e := range list {
		raws = append(raws, e.EncodeFull())
	}
	return raws
}

// verifyAll is the bare verification of each alert's signature.
func verifyAll(b *testing.B, tree *trusttest.Tree, list []*wire.Envelope) func() {
	key := tree.Leitstelle.Persons[0].Key.Public()
	var signed [][]byte
	for _, e := range list {
		signed = append(signed, e.ToBeSigned(e.Signers[0]))
	}
	return func() {
		for i, e := range list {
			if !identity.VerifySignature(key, signed[i], e.Signers[0].Sig[:]) {
				b.Fatal("not genuine")
			}
		}
	}
}

// BenchmarkAccept compares the accept path, from transmitted bytes to the ledger:
// decoding, hashing, one signature, chain, scope, content, quotas, with the bare
// verification of the same signatures. Goal: at most 1.25. The chain is known
// already. Left out are gossipsub and the store. The first ratio is without the
// lane's check, which reads the alert's whole content for showing it.
func BenchmarkAccept(b *testing.B) {
	tree := newTree(b)
	takeTurns(b, func() map[string]float64 {
		list := moderate(b, tree, batch)
		raws := encodeAll(list)
		judge := func(s *station) func() {
			if refused := s.pool.AddAll(tree.Made); len(refused) > 0 {
				b.Fatal(refused)
			}
			return func() {
				for _, raw := range raws {
					if _, err := s.judge(raw, origin{}, now()); err != nil {
						b.Fatal(err)
					}
				}
			}
		}
		unread := newStation(b, tree.Pinned(), newMemory())
		for lane := range unread.lanes {
			unread.lanes[lane] = Lane{Lane: lane, Check: func(*wire.Envelope, identity.Verified) (any, error) { return nil, nil }}
		}
		whole, core := judge(newStation(b, tree.Pinned(), newMemory())), judge(unread)
		verify := verifyAll(b, tree, list)
		bare := cpuTime(verify)
		accept, acceptUnread := cpuTime(whole), cpuTime(core)
		bare = (bare + cpuTime(verify)) / 2
		return map[string]float64{
			"accept-unread/verify": float64(acceptUnread) / float64(bare),
			"accept/verify":        float64(accept) / float64(bare),
			"µs/verify":            float64(bare.Nanoseconds()) / batch / 1000,
			"µs/accept":            float64(accept.Nanoseconds()) / batch / 1000,
		}
	})
}

// BenchmarkDuplicate compares what a known alert costs with a verification: the
// same bytes by another way, and another form of it (without chain). Goal: at
// most 2 %. Further copies by gossip are dropped by gossipsub before that.
func BenchmarkDuplicate(b *testing.B) {
	tree := newTree(b)
	list := moderate(b, tree, batch)
	raws := encodeAll(list)
	s := newStation(b, tree.Pinned(), newMemory())
	var bare [][]byte
	for i, raw := range raws {
		if _, err := s.judge(raw, origin{}, now()); err != nil {
			b.Fatal(err)
		}
		bare = append(bare, list[i].Encode())
	}
	again := func(raws [][]byte) func() {
		return func() {
			for range 20 {
				for _, raw := range raws {
					if _, err := s.judge(raw, origin{}, now()); !isReason(err, wire.ReasonSeen) {
						b.Fatal(err)
					}
				}
			}
		}
	}
	verify := verifyAll(b, tree, list)
	takeTurns(b, func() map[string]float64 {
		one := float64(cpuTime(verify))
		return map[string]float64{
			"%same-bytes/verify": 100 * float64(cpuTime(again(raws))) / 20 / one,
			"%other-form/verify": 100 * float64(cpuTime(again(bare))) / 20 / one,
		}
	})
}

// BenchmarkHop compares the CPU time of an alert's copy and hop with the router
// and with bare gossipsub: in a line of three hosts over QUIC on loopback the
// first publishes, the second and the third take in, two copies in all. Goal: the
// router's at most 1.15 times (bare + one verification). The second ratio is to
// gossipsub that verifies a signature in a validator: what handing a message to a
// validator costs is in it too. Both sides have the same
// gossipsub parameters and message IDs and the same bytes; the publisher is bare on both
// sides. The router's side has the store in memory, without events; mDNS,
// and discovery are left out, the catch-up rounds of those seconds are in it.
func BenchmarkHop(b *testing.B) {
	tree := newTree(b)
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	topic := wire.Topic(tree.Root.ID(), wire.LaneLive)
	one := moderate(b, tree, 1)
	bare, routed := newLine(b, ctx, topic, nil, nil), newLine(b, ctx, topic, nil, tree)
	verifying := newLine(b, ctx, topic, verifyAll(b, tree, one), nil)
	begun := time.Now()
	for _, l := range []*line{bare, routed, verifying} {
		eventually(b, "meshes are formed and the first catch-up is over", func() bool {
			l.publish(b, encodeAll(moderate(b, tree, 1)))
			time.Sleep(20 * time.Millisecond)
			return time.Since(begun) > 2*catchup.Settles
		})
		l.settle(b)
	}
	takeTurns(b, func() map[string]float64 {
		list := moderate(b, tree, batch)
		raws := encodeAll(list)
		verify := cpuTime(verifyAll(b, tree, list))
		plain := cpuTime(func() { bare.spread(b, raws) })
		own := cpuTime(func() { routed.spread(b, raws) })
		checked := cpuTime(func() { verifying.spread(b, raws) })
		copies := 2.0 * batch
		v, p, r := float64(verify)/batch, float64(plain)/copies, float64(own)/copies
		return map[string]float64{
			"router/(bare+verify)": r / (p + v), "router/verifying": float64(own) / float64(checked), "µs/verify": v / 1000, "µs/bare-hop": p / 1000, "µs/router-hop": r / 1000,
		}
	})
}

// line is three hosts in a line; the first one publishes.
type line struct {
	first    *pubsub.Topic
	received []func() uint64 // by the second and the third
	stations []*station
}

func newLine(b *testing.B, ctx context.Context, topic string, validate func(), tree *trusttest.Tree) *line {
	l := &line{}
	hosts := []host.Host{newHost(b), nil, nil}
	l.first, _ = newBare(b, ctx, hosts[0], topic, nil)
	for i := 1; i < 3; i++ {
		if tree == nil {
			hosts[i] = newHost(b)
			_, received := newBare(b, ctx, hosts[i], topic, validate)
			l.received = append(l.received, received.Load)
		} else {
			s := newStation(b, tree.Pinned(), newMemory())
			if refused := s.pool.AddAll(tree.Made); len(refused) > 0 {
				b.Fatal(refused)
			}
			s.run(b)
			hosts[i] = s.host
			l.received, l.stations = append(l.received, s.store.count), append(l.stations, s)
		}
		connect(b, hosts[i], hosts[i-1])
	}
	eventually(b, "the publisher knows its neighbour", func() bool { return len(l.first.ListPeers()) == 1 })
	return l
}

// spread publishes and waits until every host has everything.
func (l *line) spread(b *testing.B, raws [][]byte) {
	before := []uint64{l.received[0](), l.received[1]()}
	l.publish(b, raws)
	eventually(b, "every host has every alert", func() bool {
		return l.received[0]() >= before[0]+uint64(len(raws)) && l.received[1]() >= before[1]+uint64(len(raws))
	})
}

func (l *line) publish(b *testing.B, raws [][]byte) {
	for _, s := range l.stations { // a neighbour that sends a thousand a second is cut off
		s.peers.Sweep(time.Now().Add(time.Hour))
	}
	for _, raw := range raws {
		if err := l.first.Publish(b.Context(), raw); err != nil {
			b.Fatal(err)
		}
	}
}

// settle waits until nothing is under way.
func (l *line) settle(b *testing.B) {
	last := uint64(0)
	eventually(b, "nothing is under way", func() bool {
		was := last
		last = l.received[0]() + l.received[1]()
		time.Sleep(100 * time.Millisecond)
		return last == was
	})
}

// newBare relays a topic with gossipsub alone, after validate if there is one, and
// counts what is delivered.
func newBare(b *testing.B, ctx context.Context, h host.Host, topic string, validate func()) (*pubsub.Topic, *atomic.Uint64) {
	count := &deliveries{tracer: tracer{c: &counters{}}}
	ps, err := pubsub.NewGossipSub(ctx, h, pubsub.WithMessageSignaturePolicy(pubsub.StrictNoSign), pubsub.WithNoAuthor(),
		pubsub.WithMessageIdFn(func(m *pb.Message) string { return wire.MessageID(m.GetData()) }),
		pubsub.WithGossipSubParams(routerParams()), pubsub.WithPeerScore(scoreParams(), scoreThresholds()),
		pubsub.WithFloodPublish(true), pubsub.WithPeerOutboundQueueSize(1024), pubsub.WithValidateQueueSize(1024),
		pubsub.WithRawTracer(count))
	if err != nil {
		b.Fatal(err)
	}
	if validate != nil {
		err := ps.RegisterTopicValidator(topic, func(context.Context, peer.ID, *pubsub.Message) bool { validate(); return true }, pubsub.WithValidatorInline(true))
		if err != nil {
			b.Fatal(err)
		}
	}
	t, err := ps.Join(topic)
	if err != nil {
		b.Fatal(err)
	}
	if err := t.SetScoreParams(topicScore()); err != nil {
		b.Fatal(err)
	}
	if _, err := t.Relay(); err != nil {
		b.Fatal(err)
	}
	return t, &count.n
}

// deliveries counts delivered messages.
type deliveries struct {
	tracer
	n atomic.Uint64
}

func (d *deliveries) DeliverMessage(*pubsub.Message) { d.n.Add(1) }

package gossip

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/marcopolo/simnet"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
)

// Mute Sybils, who have a genuine warning before anybody honest and give no proof of it,
// hold up a device that lacks the certificates for a second or two, and hardly at all if it has dialled
// somebody honest. Each of them is asked once, and some are compared with.
func TestMuteSybilsAhead(t *testing.T) {
	tree := newTree(t)
	for _, c := range []struct {
		name    string
		mute    int
		after   time.Duration // the honest neighbour has it
		dialled bool
		most    time.Duration
	}{
		{"eight", 8, 20 * time.Millisecond, false, 3*proofPatience + 100*time.Millisecond},
		{"eight, long before", 8, 3 * time.Second, false, 100 * time.Millisecond},
		{"two dozen", 24, 20 * time.Millisecond, false, 8*proofPatience + 100*time.Millisecond},
		{"two dozen, dialled", 24, 20 * time.Millisecond, true, proofPatience + 100*time.Millisecond},
	} {
		e := warning(t, tree, c.name)
		bare := *e
		bare.Chain = nil
		var asked atomic.Int32
		synctest.Test(t, func(t *testing.T) {
			stores := append([]*memory{newMemory(), knowing(tree), knowing(tree)}, many(c.mute, func(int) *memory { return newMemory() })...)
			v := foundOn(t, tree, stores, 20e6, simnet.StaticLatency(10*time.Millisecond))
			defer v.end()
			const device, honest, publisher, first = 0, 1, 2, 3
			v.connect(honest, publisher)
			if c.dialled {
				v.connect(device, honest)
			} else {
				v.connect(honest, device)
			}
			for i := first; i < len(v.all); i++ {
				v.connect(i, device)
			}
			time.Sleep(10 * time.Second)
			v.forget(device, tree)
			for i := first; i < len(v.all); i++ {
				v.all[i].host.SetStreamHandler(wire.ProtocolCatchUp, func(network.Stream) { asked.Add(1); <-v.ctx.Done() })
				v.utter(i, e, bare.EncodeFull())
			}
			time.Sleep(c.after)
			v.publishBare(publisher, e) // and who passes it on has been told not to: the device has it
			took := v.until(c.name, []*wire.Envelope{e}, time.Minute, v.all[device])
			if n := int(asked.Load()); took > c.most || n > c.mute+proofCompared {
				t.Errorf("%s: after %s, and %d sessions with the mute", c.name, took, n)
			}
		})
	}
}

// distant takes part in a topic, hears a device, and refuses a place in its mesh. It counts the
// messages that it is sent.
func (v *village) distant(number, of int, topic string) *atomic.Int32 {
	v.t.Helper()
	h, heard := simulatedHost(v.t, v.network, number), &atomic.Int32{}
	context.AfterFunc(v.ctx, func() { _ = h.Close() })
	scores := scoreParams()
	scores.AppSpecificWeight, scores.AppSpecificScore = 1, func(peer.ID) float64 { return -1 }
	params := routerParams()
	params.Dlazy, params.GossipFactor = 0, 0
	ps, err := pubsub.NewGossipSub(v.ctx, h, pubsub.WithMessageSignaturePolicy(pubsub.StrictNoSign), pubsub.WithNoAuthor(),
		pubsub.WithGossipSubParams(params), pubsub.WithPeerScore(scores, scoreThresholds()),
		pubsub.WithMessageIdFn(func(m *pb.Message) string { return wire.MessageID(m.GetData()) }),
		pubsub.WithAppSpecificRpcInspector(func(_ peer.ID, rpc *pubsub.RPC) error {
			heard.Add(int32(len(rpc.GetPublish())))
			rpc.Publish, rpc.Control = nil, &pb.ControlMessage{Graft: rpc.GetControl().GetGraft()} // it fetches nothing
			return nil
		}))
	if err != nil {
		v.t.Fatal(err)
	}
	joined, err := ps.Join(topic)
	if err != nil {
		v.t.Fatal(err)
	}
	if _, err := joined.Relay(); err != nil {
		v.t.Fatal(err)
	}
	if err := h.Connect(v.ctx, peer.AddrInfo{ID: v.all[of].host.ID(), Addrs: v.all[of].host.Addrs()}); err != nil {
		v.t.Fatal(err)
	}
	return heard
}

// What is passed on when it is proven goes to the mesh, as what was accepted at once, and not to
// all who hear the topic.
func TestProvenGoesToTheMesh(t *testing.T) {
	tree := newTree(t)
	synctest.Test(t, func(t *testing.T) {
		v := foundOn(t, tree, knowingAll(tree, 3), 20e6, simnet.StaticLatency(10*time.Millisecond))
		defer v.end()
		const publisher, device, next = 0, 1, 2
		v.connect(publisher, device)
		v.connect(device, next)
		topic := wire.Topic(tree.Root.ID(), wire.LaneLive)
		others := many(8, func(i int) *atomic.Int32 { return v.distant(10+i, device, topic) })
		time.Sleep(10 * time.Second)
		sent := func(what string, e *wire.Envelope) (n int32) {
			v.publishBare(publisher, e)
			v.until(what, []*wire.Envelope{e}, time.Second, v.all[device], v.all[next])
			for _, o := range others {
				n += o.Swap(0)
			}
			return n
		}
		if n := sent("proven before", warning(t, tree, "one")); n > 0 {
			t.Fatalf("%d who are not in the mesh were sent what was accepted at once", n)
		}
		v.forget(device, tree)
		if n := sent("proven later", warning(t, tree, "two")); n > 0 || v.all[device].unproven.taken.Load() != 1 {
			t.Errorf("%d who are not in the mesh were sent what was proven, of %d held", n, v.all[device].unproven.taken.Load())
		}
		v.utter(device, warning(t, tree, "three"), warning(t, tree, "three").EncodeFull())
		time.Sleep(time.Second)
		if n := others[0].Load(); n != 1 {
			t.Errorf("what is its own came %d times to who is not in the mesh", n)
		}
	})
}

// Whoever has filled its share of what is unproven, and is then first with a genuine warning,
// does not delay it.
func TestFilledShareDoesNotSilence(t *testing.T) {
	tree := newTree(t)
	foreign, err := trusttest.NewTree(9, 2)
	if err != nil {
		t.Fatal(err)
	}
	junk := many(unprovenPeer, func(i int) []byte { return invented(t, foreign, tree, i) })
	for _, further := range []int{0, 1800} { // sent after it
		e := warning(t, tree, fmt.Sprint("one-", further))
		bare := *e
		bare.Chain = nil
		more := many(further, func(i int) []byte { return invented(t, foreign, tree, unprovenPeer+i) })
		synctest.Test(t, func(t *testing.T) {
			v := foundOn(t, tree, []*memory{newMemory(), newMemory(), knowing(tree), knowing(tree)}, 20e6, simnet.StaticLatency(10*time.Millisecond))
			defer v.end()
			const device, foe, honest, publisher = 0, 1, 2, 3
			v.connect(foe, device)
			v.connect(honest, device)
			v.connect(honest, publisher)
			time.Sleep(10 * time.Second)
			v.forget(device, tree)
			v.all[foe].host.SetStreamHandler(wire.ProtocolCatchUp, func(network.Stream) { <-v.ctx.Done() })
			for _, raw := range junk {
				v.utter(foe, e, raw)
			}
			time.Sleep(50 * time.Millisecond)
			if n := v.all[device].unproven.count.Load(); n != unprovenPeer {
				t.Fatalf("%d are held", n)
			}
			for _, raw := range append([][]byte{bare.EncodeFull()}, more...) {
				v.utter(foe, e, raw)
			}
			time.Sleep(20 * time.Millisecond)
			v.publishBare(publisher, e)
			if took := v.until("the warning", []*wire.Envelope{e}, time.Minute, v.all[device]); took > 500*time.Millisecond {
				t.Errorf("%d further ones: after %s", further, took)
			}
		})
	}
}

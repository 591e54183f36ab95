package gossip

import (
	"context"
	"os"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/marcopolo/simnet"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// takesPart is a device that is in a mesh of some size and does nothing but take part.
func (v *village) takesPart(number, mesh int, topics []string) host.Host {
	v.t.Helper()
	h := simulatedHost(v.t, v.network, number)
	context.AfterFunc(v.ctx, func() { _ = h.Close() })
	params := routerParams()
	params.D, params.Dlo, params.Dout, params.Dscore = mesh+1, mesh, 0, mesh
	ps, err := pubsub.NewGossipSub(v.ctx, h, pubsub.WithMessageSignaturePolicy(pubsub.StrictNoSign), pubsub.WithNoAuthor(),
		pubsub.WithGossipSubParams(params), pubsub.WithMessageIdFn(func(m *pb.Message) string { return wire.MessageID(m.GetData()) }))
	if err != nil {
		v.t.Fatal(err)
	}
	for _, topic := range topics {
		joined, err := ps.Join(topic)
		if err != nil {
			v.t.Fatal(err)
		}
		if _, err := joined.Relay(); err != nil {
			v.t.Fatal(err)
		}
	}
	return h
}

// Where nothing happens nobody is grafted any more: who is in the meshes of more lanes is no
// better than others.
func TestMeshDoesNotGrow(t *testing.T) {
	tree := newTree(t)
	synctest.Test(t, func(t *testing.T) {
		v := foundOn(t, tree, knowingAll(tree, 1), 100e6, simnet.StaticLatency(10*time.Millisecond))
		defer v.end()
		var topics []string
		for _, lane := range laned(v.all[0].cfg.Lanes) {
			topics = append(topics, wire.Topic(tree.Root.ID(), lane))
		}
		centre := v.takesPart(9, 100, topics)
		near := many(60, func(i int) host.Host { return v.takesPart(10+i, 1, topics) })
		for _, to := range []host.Host{centre, v.all[0].host} { // they have their meshes when they meet the device
			var meeting sync.WaitGroup
			for _, h := range near { // all at once, so that each lane has others
				meeting.Go(func() {
					if err := h.Connect(v.ctx, peer.AddrInfo{ID: to.ID(), Addrs: to.Addrs()}); err != nil {
						t.Error(err)
					}
				})
			}
			meeting.Wait()
			time.Sleep(3 * time.Second)
		}
		members := func() (n []int) {
			for _, topic := range topics {
				n = append(n, len(v.all[0].holds.members(topic)))
			}
			return n
		}
		before := members()
		time.Sleep(45 * time.Second) // two of the times at which it would graft
		if after := members(); slices.Max(before) > routerParams().D || !slices.Equal(before, after) {
			t.Errorf("%d members in the meshes of the lanes became %d", before, after)
		}
	})
}

// Sybils who came first and fill a mesh do not drive those out whom the device has dialled: of them
// remain as many as it wants to have at least.
func TestFilledMeshKeepsWhomItDialled(t *testing.T) {
	if os.Getenv("KREIDFEUER_SOAK") == "" {
		t.Skip("slow: make soak plays it")
	}
	const first, more, dialled = 130, 30, 12
	tree := newTree(t)
	synctest.Test(t, func(t *testing.T) {
		v := foundOn(t, tree, knowingAll(tree, 1+dialled), 100e6, simnet.StaticLatency(10*time.Millisecond))
		defer v.end()
		topic := wire.Topic(tree.Root.ID(), wire.LaneLive)
		sybils := many(first+more, func(i int) host.Host { return v.takesPart(50+i, 100, []string{topic}) })
		v.meet(0, sybils[:first])
		time.Sleep(30 * time.Second)
		for i := range dialled {
			v.connect(0, 1+i)
		}
		time.Sleep(10 * time.Second)
		v.meet(0, sybils[first:])
		for range 4 {
			time.Sleep(5 * time.Second)
			members, kept := v.all[0].holds.members(topic), 0
			for _, s := range v.all[1:] {
				if slices.Contains(members, s.host.ID()) {
					kept++
				}
			}
			if kept < routerParams().Dout {
				t.Errorf("of %d in the mesh %d were dialled", len(members), kept)
			}
		}
	})
}

// meet connects all of some devices to one at once.
func (v *village) meet(i int, some []host.Host) {
	to := v.all[i].host
	var meeting sync.WaitGroup
	for _, h := range some {
		meeting.Go(func() {
			if err := h.Connect(v.ctx, peer.AddrInfo{ID: to.ID(), Addrs: to.Addrs()}); err != nil {
				v.t.Error(err)
			}
		})
	}
	meeting.Wait()
}

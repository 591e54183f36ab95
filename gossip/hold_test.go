package gossip

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/marcopolo/simnet"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

func TestHoldTimes(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ trip, first, behind time.Duration }{
		{0, 2 * time.Millisecond, 40 * time.Millisecond},
		{300 * time.Microsecond, time.Millisecond, 300 * time.Microsecond},
		{50 * time.Millisecond, 2500 * time.Microsecond, 50 * time.Millisecond},
		{600 * time.Millisecond, 20 * time.Millisecond, 250 * time.Millisecond},
	} {
		if first, behind := holdTimes(c.trip); first != c.first || behind != c.behind {
			t.Errorf("trip of %s: held for %s and %s, want %s and %s", c.trip, first, behind, c.first, c.behind)
		}
	}
}

// members fills a mesh.
func members(h *holds, topic string, n int) (all []peer.ID) {
	for i := range n {
		p := peer.ID(fmt.Sprint("neighbour ", i))
		h.graft(p, topic)
		all = append(all, p)
	}
	return all
}

func TestTheWaveHasPassed(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		mesh, others int
		passed       bool
	}{{8, 0, false}, {8, 1, true}, {47, 1, true}, {48, 1, false}, {48, 2, true}, {160, 5, false}, {160, 6, true}} {
		h := newHolds()
		near := members(h, "topic", c.mesh)
		for range 3 { // who says it again is still one
			h.has(near[0], "message") // the sender itself
			for _, p := range near[1 : 1+c.others] {
				h.has(p, "message")
			}
		}
		if got := h.passed("topic", "message", near[0]); got != c.passed {
			t.Errorf("mesh of %d, %d others have it: passed is %t", c.mesh, c.others, got)
		}
		if h.passed("topic", "another", near[0]) {
			t.Error("what nobody has passes for what all have")
		}
	}
}

func TestWhoLeftSaysNothing(t *testing.T) {
	t.Parallel()
	h := newHolds()
	near := members(h, "topic", 12)
	h.has(near[1], "message")
	if h.part(near[1]); h.passed("topic", "message", near[0]) {
		t.Error("the word of a neighbour who has left counts")
	}
	if len(h.mesh["topic"]) != 11 || len(h.said) != 0 {
		t.Errorf("who has left is in the mesh: %d members, %d have spoken", len(h.mesh["topic"]), len(h.said))
	}
	h.prune(near[2], "topic")
	if len(h.mesh["topic"]) != 10 {
		t.Error("who was pruned is in the mesh")
	}
	if h.quit("topic"); len(h.mesh) != 0 {
		t.Error("a topic that was left has a mesh")
	}
}

// Who speaks and has no stream to be closed, or speaks after it was, is forgotten too.
func TestWhoIsOnlyHeardIsForgotten(t *testing.T) {
	t.Parallel()
	tree := newTree(t)
	synctest.Test(t, func(t *testing.T) {
		v := foundOn(t, tree, knowingAll(tree, 2), 20e6, simnet.StaticLatency(10*time.Millisecond))
		defer v.end()
		v.connect(0, 1)
		time.Sleep(time.Second)
		h, stays := v.all[0].holds, v.all[1].host.ID()
		h.has(stays, "message")
		topic := wire.Topic(tree.Root.ID(), wire.LaneLive)
		for i := range 100 { // as gossipsub hands on what it reads
			p := peer.ID(fmt.Sprint("gone ", i))
			h.has(p, "message")
			h.graft(p, topic)
		}
		time.Sleep(sweepEvery + time.Second)
		h.mu.Lock()
		defer h.mu.Unlock()
		if _, said := h.said[stays]; len(h.said) != 1 || !said {
			t.Errorf("%d have spoken", len(h.said))
		}
		if _, member := h.mesh[topic][stays]; len(h.mesh[topic]) != 1 || !member {
			t.Errorf("%d members", len(h.mesh[topic]))
		}
	})
}

// A neighbour that says it has everything costs no more than one that does not.
func TestTalkersAreForgotten(t *testing.T) {
	t.Parallel()
	h := newHolds()
	near := members(h, "topic", 8)
	var ids []string
	for i := range 10 * holdRing {
		ids = append(ids, fmt.Sprint(i))
	}
	rpc := &pubsub.RPC{}
	rpc.Control = &pb.ControlMessage{Idontwant: []*pb.ControlIDontWant{{MessageIDs: ids[:3]}, {MessageIDs: ids[3:]}}}
	h.overhear(near[1], rpc)
	if !h.passed("topic", ids[holdRing-1], near[0]) || h.passed("topic", ids[holdRing], near[0]) {
		t.Error("of one transmission more or less is heard than is remembered")
	}
	h.has(near[1], "new")
	if h.passed("topic", ids[0], near[0]) || !h.passed("topic", "new", near[0]) {
		t.Error("the oldest is not what is forgotten")
	}
}

func TestHoldsAreFew(t *testing.T) {
	t.Parallel()
	h := newHolds()
	members(h, "small", holdMesh)
	members(h, "topic", holdMesh+1)
	if h.enter("small") || h.enter("unknown") {
		t.Error("in a small mesh something is held")
	}
	for range holdBusy {
		if !h.enter("topic") {
			t.Fatal("nothing is held")
		}
	}
	if h.enter("topic") {
		t.Error("more is held than may be")
	}
	if h.leave(); !h.enter("topic") {
		t.Error("what was let go takes a place")
	}
}

package gossip

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/marcopolo/simnet"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// far has packets from and to one device of a village take long, those of others 10 ms.
func far(device int, long time.Duration) func(*simnet.Packet) time.Duration {
	address := fmt.Sprintf("1.0.%d.1:", device)
	return func(p *simnet.Packet) time.Duration {
		if strings.HasPrefix(p.From.String(), address) || strings.HasPrefix(p.To.String(), address) {
			return long
		}
		return 10 * time.Millisecond
	}
}

// Whoever feigns a long trip, sends a warning first, and has others say that they do not want it,
// holds it up for no longer than the mesh usually takes to say so.
func TestFeignedTripHoldsNothingUp(t *testing.T) {
	tree := newTree(t)
	e := warning(t, tree, "one")
	synctest.Test(t, func(t *testing.T) {
		const device, next, foe, near = 0, 1, 2, 8
		v := foundOn(t, tree, knowingAll(tree, 3+near), 20e6, far(foe, 150*time.Millisecond))
		defer v.end()
		for i := 1; i < len(v.all); i++ {
			v.connect(i, device)
		}
		time.Sleep(10 * time.Second)
		bare := *e
		bare.Chain = nil
		liar := v.all[3].host.ID()
		v.all[device].holds.has(liar, wire.MessageID(bare.EncodeFull())) // as by IDONTWANT
		v.publishBare(foe, e)
		v.until("the device", []*wire.Envelope{e}, time.Second, v.all[device])
		if took := v.until("behind it", []*wire.Envelope{e}, time.Second, v.all[next]); took > 50*time.Millisecond {
			t.Errorf("held for %s", took)
		}
	})
}

// A message that is held when the device stops keeps nothing from ending.
func TestHeldAtTheEnd(t *testing.T) {
	tree := newTree(t)
	e := warning(t, tree, "one")
	synctest.Test(t, func(t *testing.T) {
		v := foundOn(t, tree, knowingAll(tree, 10), 20e6, simnet.StaticLatency(100*time.Millisecond))
		for i := 1; i < len(v.all); i++ {
			v.connect(i, 0)
		}
		time.Sleep(10 * time.Second)
		h := v.all[0].holds
		h.has(v.all[2].host.ID(), wire.MessageID(e.EncodeFull()))
		v.utter(1, e, e.EncodeFull())
		busy := func() int {
			h.mu.Lock()
			defer h.mu.Unlock()
			return h.busy
		}
		for range 150 {
			if time.Sleep(time.Millisecond); busy() > 0 {
				break
			}
		}
		if busy() != 1 {
			t.Fatalf("%d are held", busy())
		}
		begun := time.Now()
		v.end()
		synctest.Wait()
		if took := time.Since(begun); busy() != 0 || took > 50*time.Millisecond {
			t.Errorf("%d are held still, after %s", busy(), took)
		}
	})
}

// Who floods with IDONTWANT, whatever it holds, costs a bounded time and memory for each transmission.
func TestFloodOfWords(t *testing.T) {
	h := newHolds()
	near := members(h, "topic", 8)
	rpc := &pubsub.RPC{}
	rpc.Control = &pb.ControlMessage{}
	for range 10_000 {
		rpc.Control.Idontwant = append(rpc.Control.Idontwant, &pb.ControlIDontWant{})
	}
	rpc.Control.Idontwant = append(rpc.Control.Idontwant, &pb.ControlIDontWant{MessageIDs: []string{"beyond"}})
	h.overhear(near[1], rpc)
	if h.passed("topic", "beyond", near[0]) || len(h.said) != 0 {
		t.Error("all of it is looked at")
	}
	rpc.Control.Idontwant = rpc.Control.Idontwant[:0]
	for i := range 10_000 {
		rpc.Control.Idontwant = append(rpc.Control.Idontwant, &pb.ControlIDontWant{MessageIDs: []string{fmt.Sprint(i)}})
	}
	h.overhear(near[1], rpc)
	if !h.passed("topic", fmt.Sprint(holdRing-1), near[0]) || h.passed("topic", fmt.Sprint(holdRing), near[0]) {
		t.Error("more or less is heard than is remembered")
	}
}

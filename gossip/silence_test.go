package gossip

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/marcopolo/simnet"

	"github.com/kreidfeuer/kreidfeuer/gossip/catchup"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Whoever sends a warning first, by the topic of another lane, is struck, and does not
// silence it on its own topic.
func TestAnotherTopicDoesNotSilence(t *testing.T) {
	tree := newTree(t)
	e := warning(t, tree, "one")
	bare := *e
	bare.Chain = nil
	synctest.Test(t, func(t *testing.T) {
		v := foundOn(t, tree, knowingAll(tree, 4), 20e6, simnet.StaticLatency(10*time.Millisecond))
		defer v.end()
		const publisher, between, device, foe = 0, 1, 2, 3
		v.connect(publisher, between)
		v.connect(between, device)
		v.connect(foe, device)
		time.Sleep(10 * time.Second)
		v.all[foe].topicMu.Lock()
		drills := v.all[foe].topics[wire.Topic(e.Domain(), wire.LaneDrill)].topic
		v.all[foe].topicMu.Unlock()
		for _, raw := range [][]byte{e.EncodeFull(), bare.EncodeFull()} {
			if err := drills.Publish(v.ctx, raw); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(20 * time.Millisecond) // they are there
		v.publish(publisher, e)
		v.until("the warning", []*wire.Envelope{e}, 100*time.Millisecond, v.all[device])
		if s := v.all[device].Stats(); s.Rejected != 2 || s.Accepted != 1 {
			t.Errorf("%+v", s)
		}
	})
}

// Whoever has wasted its budget and is first to send a warning does not silence it for
// longer than it takes to hear of it from another neighbour.
func TestWastedBudgetDoesNotSilence(t *testing.T) {
	tree := newTree(t)
	e := warning(t, tree, "one")
	bare := *e
	bare.Chain = nil
	synctest.Test(t, func(t *testing.T) {
		v := foundOn(t, tree, knowingAll(tree, 4), 20e6, simnet.StaticLatency(10*time.Millisecond))
		defer v.end()
		const publisher, between, device, foe = 0, 1, 2, 3
		v.connect(publisher, between)
		v.connect(between, device)
		v.connect(foe, device)
		time.Sleep(10 * time.Second)
		soon := time.Now().Add(time.Second)
		for v.all[device].peers.Allow(string(v.all[foe].host.ID()), soon) {
		}
		v.utter(foe, e, e.EncodeFull())
		v.utter(foe, e, bare.EncodeFull())
		time.Sleep(20 * time.Millisecond) // they are there
		v.publish(publisher, e)
		if took := v.until("the warning", []*wire.Envelope{e}, time.Minute, v.all[device]); took > catchup.Settles+time.Second {
			t.Errorf("after %s", took)
		}
		if s := v.all[device].Stats(); s.Ignored != 2 {
			t.Errorf("%+v", s)
		}
	})
}

package gossip

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/marcopolo/simnet"

	"github.com/kreidfeuer/kreidfeuer/gossip/agenda"
	"github.com/kreidfeuer/kreidfeuer/gossip/stream"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Neighbours that offer everything, over and over, and let go of each request before
// others would be asked, do not keep it from who has another neighbour.
func TestLiarsDoNotKeepWhatOthersGive(t *testing.T) {
	tree := newTree(t)
	list := many(40, func(i int) *wire.Envelope { return warning(t, tree, fmt.Sprint("kept-", i)) })
	var items []stream.Offered
	for _, e := range list {
		items = append(items, stream.Offered{ID: e.ID(), Grade: 5, Size: 4})
	}
	synctest.Test(t, func(t *testing.T) {
		const liars = 4
		v := found(t, tree, liars+2, 20e6, simnet.StaticLatency(time.Millisecond))
		defer v.end()
		asked := make(chan bool, 1<<16)
		for i := range liars {
			v.all[i].host.SetStreamHandler(wire.ProtocolCatchUp, offeringMore(tree.Root.ID(), items, true, func(f *talk, _ stream.Frame) error {
				asked <- true
				pause(v.ctx, 450*time.Millisecond) // and so they are asked again at once
				return f.Send(stream.Frame{Kind: stream.End})
			}))
		}
		device := v.all[liars]
		v.ingest(liars+1, list)
		for i := range liars {
			v.connect(liars, i)
			device.near.Again(v.all[i].host.ID(), time.Now())
		}
		time.Sleep(3 * time.Second)
		if len(asked) < liars {
			t.Fatal("the liars were not asked")
		}
		v.connect(liars, liars+1)
		if took := v.until("the warnings", list, time.Minute, device); took > 2*agenda.ClaimTime {
			t.Errorf("after %s", took)
		}
	})
}

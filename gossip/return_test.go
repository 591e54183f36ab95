package gossip

import (
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p"
	"github.com/marcopolo/simnet"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// A device that lost power and is back at another address hears what is published from
// then on, though its neighbour's connection with its earlier life still counts as open.
func TestBackAfterLosingPower(t *testing.T) {
	tree := newTree(t)
	e := warning(t, tree, "one")
	for _, tt := range []struct{ lived, after time.Duration }{
		{20 * time.Second, 3 * time.Second}, // while the link is young
		{20 * time.Second, 8 * time.Second}, // when gossip flows
		{2 * time.Second, 8 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			var dead atomic.Bool
			v := found(t, tree, 2, 20e6, func(p *simnet.Packet) time.Duration {
				if dead.Load() && (strings.HasPrefix(p.From.String(), "1.0.1.1:") || strings.HasPrefix(p.To.String(), "1.0.1.1:")) {
					return 1000 * time.Hour
				}
				return 5 * time.Millisecond
			})
			defer v.end()
			v.connect(1, 0)
			time.Sleep(tt.lived)
			dead.Store(true)
			v.restart(1, 2)
			v.connect(2, 0)
			time.Sleep(tt.after)
			if _, err := v.all[0].Publish(v.ctx, e.EncodeFull()); err != nil {
				t.Fatal(err)
			}
			v.until("the warning", []*wire.Envelope{e}, time.Second, v.all[2])
		})
	}
}

// restart starts a device once more, on what it has stored, at the address of device at.
func (v *village) restart(device, at int) {
	v.t.Helper()
	old := v.all[device]
	key := old.host.Peerstore().PrivKey(old.host.ID())
	s := &station{host: simulatedHostAt(v.t, v.network, at, 20e6, libp2p.Identity(key)), store: old.store, pool: old.pool}
	r, err := New(s.host, s.store, s.pool, config())
	if err != nil {
		v.t.Fatal(err)
	}
	s.Router = r
	v.all = append(v.all, s)
	v.running.Go(func() {
		if err := s.Run(v.ctx); err != nil {
			v.t.Error(err)
		}
	})
	synctest.Wait()
}

package gossip

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// A neighbour that speaks gossipsub and refuses catch-up is not asked again at once,
// whatever there is to be offered to it: it would cost sessions as fast as they fail.
func TestRefusedNewsWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := newNeighbours()
		n.meet("p", 0)
		sessions := 0
		for began := time.Now(); time.Since(began) < time.Minute; {
			n.mu.Lock()
			n.all["p"].tell([]news{{id: wire.ID{1}}}, time.Now())
			n.mu.Unlock()
			for range 100 { // as many sessions as it lets begin in a round trip each
				begin, _ := n.due(time.Now())
				for _, p := range begin {
					sessions++
					n.began(p, func() {})
					n.takeCompare(p)
					n.ended(p, errors.New("no such protocol"))
				}
				time.Sleep(50 * time.Millisecond)
			}
		}
		if sessions < 6 || sessions > 20 {
			t.Errorf("%d sessions in a minute that brought news every 5 s", sessions)
		}
	})
}

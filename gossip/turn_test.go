package gossip

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
)

// TestInTurn: comparing in turn takes a small share of a slow link, and is never
// left out for long.
func TestInTurn(t *testing.T) {
	for _, c := range []struct {
		name       string
		cost, wait time.Duration
		due        bool
	}{
		{"fast link", 5 * time.Millisecond, time.Second, true},
		{"slow link, just compared", 4 * time.Second, 79 * time.Second, false},
		{"slow link, a while ago", 4 * time.Second, 80 * time.Second, true},
		{"hardly a link", time.Minute, syncSeldom, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n, p := newNeighbours(), peer.ID("p")
				n.meet(p, 0)
				if !n.takeCompare(p) {
					t.Fatal("no comparison is due on meeting")
				}
				n.costs(p, c.cost)
				time.Sleep(c.wait)
				n.inTurn(p)
				time.Sleep(syncAgain)
				if got := n.takeCompare(p); got != c.due {
					t.Errorf("compared again: %t", got)
				}
			})
		})
	}
}

package node

import (
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
)

// Neighbours cast doubt while they are there, and no longer.
func TestClocksOfNeighboursThatLeftAreForgotten(t *testing.T) {
	c := newClocks()
	ours := time.Unix(1_800_000_000, 0)
	c.hear(peer.ID("stranger"), ours.Add(24*time.Hour), ours)
	if !c.doubted() {
		t.Fatal("a clock that is a day ahead casts no doubt")
	}
	c.forget(time.Now().Add(clockMemory / 2))
	if !c.doubted() {
		t.Error("a clock that was heard just now is forgotten")
	}
	c.forget(time.Now().Add(clockMemory + time.Minute))
	if c.doubted() {
		t.Error("a neighbour that left an hour ago still casts doubt")
	}
}

package host

import (
	"slices"

	"github.com/libp2p/go-libp2p/core/network"
)

// maxPerPeer is how many connections with one neighbour stay: one each way, where
// both have dialed at once, and one more while addresses change.
const maxPerPeer = 3

// renew closes the oldest connections with a neighbour that has opened more. A
// device that lost power and is back does not know of its earlier connections, and
// this side takes half a minute to see that they are dead: after eight such lives
// libp2p's limit for one peer would keep it out.
func renew(h network.Network, c network.Conn) {
	all := h.ConnsToPeer(c.RemotePeer())
	if len(all) <= maxPerPeer {
		return
	}
	slices.SortFunc(all, func(a, b network.Conn) int { return a.Stat().Opened.Compare(b.Stat().Opened) })
	for _, old := range all[:len(all)-maxPerPeer] {
		go old.Close() // may wait for the transport; ends with the host at the latest
	}
}

package host

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"github.com/libp2p/go-libp2p/core/connmgr"
	"github.com/libp2p/go-libp2p/core/control"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"

	"github.com/kreidfeuer/kreidfeuer/node/echo"
)

// A device that lost power and is back does not know of its earlier connections, and
// its neighbours take half a minute to see that nobody is there any more. Until then
// libp2p opens its streams on the old connection, gossipsub keeps the one that it has
// there, and what is sent is lost; and after eight such lives libp2p's limit for one
// peer would keep the device out. So a new connection puts the dead ones away.
const (
	// maxPerPeer is how many connections with one neighbour stay: one each way, where
	// both have dialed at once, and one more while addresses change.
	maxPerPeer = 3

	// established is how old a connection is that cannot be the other one of two that
	// have dialed each other at once: who dials now has lost it, or never had it.
	// A handshake over TCP may take patience: a slow link carries it in tens of seconds.
	established = 10 * time.Second

	// redialed is likewise how old one is that the neighbour has dialed itself: what it
	// dials at once, by several addresses, is there within this.
	redialed = 2 * time.Second

	// deadAfter is how long an older connection may be silent while a new one waits or
	// has answered. A packet lost on the way is repeated several times within it.
	deadAfter = time.Second

	// clearing is what those who had streams on a dead connection take to forget
	// them. What the neighbour says on the new one is forgotten too if it comes before.
	clearing = 100 * time.Millisecond

	// answerTime bounds the wait for a new connection's answer, on the slowest link.
	answerTime = patience
)

// gate lets a neighbour's connection in when the dead ones are out: for all who
// watch, the neighbour has left and come. Gossipsub would not ask again for the
// topics of one that never left.
type gate struct {
	connmgr.ConnectionGater

	network atomic.Pointer[network.Network] // nil while the host is being built
}

// InterceptUpgraded implements [connmgr.ConnectionGater].
func (g *gate) InterceptUpgraded(c network.Conn) (bool, control.DisconnectReason) {
	if n := g.network.Load(); n != nil && c.Stat().Direction == network.DirInbound && !c.Stat().Limited {
		now := time.Now()
		clearDead(slices.DeleteFunc(olderThan(*n, c.RemotePeer(), now), func(old network.Conn) bool { return !isEstablished(old, now) }))
	}
	return g.ConnectionGater.InterceptUpgraded(c)
}

func isEstablished(c network.Conn, now time.Time) bool {
	least := established
	if _, err := c.RemoteMultiaddr().ValueForProtocol(ma.P_TCP); err == nil {
		least = patience
	} else if c.Stat().Direction == network.DirInbound {
		least = redialed
	}
	return now.Sub(c.Stat().Opened) > least
}

func olderThan(n network.Network, p peer.ID, t time.Time) []network.Conn {
	return slices.DeleteFunc(n.ConnsToPeer(p), func(c network.Conn) bool {
		return c.IsClosed() || c.Stat().Limited || !c.Stat().Opened.Before(t)
	})
}

// clearDead closes those of the connections that are silent, and returns when they
// are gone for everybody.
func clearDead(conns []network.Conn) {
	if len(conns) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), deadAfter)
	defer cancel()
	dead := silent(ctx, conns)
	for _, c := range dead {
		go c.Close() // may wait for the transport
	}
	if len(dead) > 0 {
		time.Sleep(clearing)
	}
}

// renew puts away what gate cannot tell from a connection that has just been made.
func renew(n network.Network, c network.Conn) {
	older := olderThan(n, c.RemotePeer(), c.Stat().Opened)
	slices.SortFunc(older, func(a, b network.Conn) int { return b.Stat().Opened.Compare(a.Stat().Opened) })
	stay := min(len(older), maxPerPeer-1)
	for _, old := range older[stay:] {
		go old.Close() // may wait for the transport; ends with the host at the latest
	}
	if stay > 0 {
		go closeDead(c, older[:stay])
	}
}

// closeDead closes the older connections that stay silent while the new one answers.
// Both ways share what makes a link slow, so only the difference counts.
func closeDead(c network.Conn, older []network.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), answerTime)
	defer cancel()
	late, stop := context.WithCancel(ctx)
	defer stop()
	dead := make(chan []network.Conn, 1)
	go func() { dead <- silent(late, older) }()
	if echo.Ask(ctx, c) != nil {
		return // perhaps the link is down, for all of them
	}
	defer time.AfterFunc(deadAfter, stop).Stop()
	for _, old := range <-dead {
		_ = old.Close()
	}
}

// silent are the connections that have not answered when ctx ends.
func silent(ctx context.Context, conns []network.Conn) (dead []network.Conn) {
	answered := make([]chan error, len(conns))
	for i, c := range conns {
		answered[i] = make(chan error, 1)
		go func() { answered[i] <- echo.Ask(ctx, c) }()
	}
	for i, c := range conns {
		if echo.IsSilence(<-answered[i]) {
			dead = append(dead, c)
		}
	}
	return dead
}

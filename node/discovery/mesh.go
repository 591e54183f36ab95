package discovery

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/host/eventbus"
	"github.com/libp2p/go-libp2p/p2p/net/swarm"
	"github.com/libp2p/go-libp2p/p2p/protocol/ping"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"

	"github.com/kreidfeuer/kreidfeuer/node/echo"
)

const (
	protectTag = "static"

	// eventBuffer holds a burst of connections while the connector works; libp2p
	// waits for slow subscribers.
	eventBuffer = 256

	// probeTimeout is how long a neighbour may take to answer after a change of
	// the network, unless its link is slow.
	probeTimeout = 5 * time.Second
)

// libp2pMesh is a libp2p host as the connector sees it.
type libp2pMesh struct{ host host.Host }

func (m libp2pMesh) ID() peer.ID { return m.host.ID() }

func (m libp2pMesh) Connect(ctx context.Context, info peer.AddrInfo) error {
	return m.host.Connect(ctx, info)
}

func (m libp2pMesh) Peers() []peer.ID { return m.host.Network().Peers() }

func (m libp2pMesh) Protect(id peer.ID) { m.host.ConnManager().Protect(id, protectTag) }

func (m libp2pMesh) Subscribe() (event.Subscription, error) {
	return m.host.EventBus().Subscribe([]any{
		new(event.EvtPeerConnectednessChanged),
		new(event.EvtPeerIdentificationCompleted),
	}, eventbus.BufSize(eventBuffer), eventbus.Name("discovery"))
}

// Forget lets the swarm dial the addresses it is given, at once; its own pauses of
// 5 s to 5 min know nothing of changes of the network.
func (m libp2pMesh) Forget(id peer.ID) {
	if m.host.Network().Connectedness(id) != network.Connected {
		m.host.Peerstore().ClearAddrs(id)
	}
	if s, ok := m.host.Network().(interface{ Backoff() *swarm.DialBackoff }); ok {
		s.Backoff().Clear(id)
	}
}

// Probe pings a peer over the connections there are. They stay open if the peer refuses, or
// if this device has asked all it may.
func (m libp2pMesh) Probe(ctx context.Context, id peer.ID) {
	ctx, cancel := context.WithTimeout(network.WithNoDial(ctx, "probe"), probeTime(exchangeOf(m.host, id)))
	defer cancel()
	if answer, ok := <-ping.Ping(ctx, m.host, id); ok && !echo.IsSilence(answer.Error) || errors.Is(context.Cause(ctx), context.Canceled) {
		return
	}
	m.host.Network().ClosePeer(id)
}

// reachable picks from the addresses a neighbour claims those at the IP address
// it is seen at: a neighbour must not make us dial somebody else. The address we
// dialed comes first.
func reachable(claimed []ma.Multiaddr, remote ma.Multiaddr, direction network.Direction) []ma.Multiaddr {
	var addrs []ma.Multiaddr
	if direction == network.DirOutbound {
		addrs = append(addrs, remote)
	}
	seen, err := manet.ToIP(remote)
	if err != nil {
		return addrs
	}
	for _, a := range claimed {
		if ip, err := manet.ToIP(a); err == nil && ip.Equal(seen) && isDialable(a) && !ma.Contains(addrs, a) {
			addrs = append(addrs, a)
		}
	}
	return slices.Clip(addrs)
}

// isDialable reports whether a is QUIC v1 or TCP at an IP address, and nothing more.
func isDialable(a ma.Multiaddr) bool {
	if len(a) < 2 || a[0].Protocol().Code != ma.P_IP4 && a[0].Protocol().Code != ma.P_IP6 {
		return false
	}
	switch a[1].Protocol().Code {
	case ma.P_TCP:
		return len(a) == 2
	case ma.P_UDP:
		return len(a) == 3 && a[2].Protocol().Code == ma.P_QUIC_V1
	}
	return false
}

func isTCP(a ma.Multiaddr) bool { return len(a) > 1 && a[1].Protocol().Code == ma.P_TCP }

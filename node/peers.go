package node

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/discovery"
)

// Peers lists neighbours, connected ones first.
func (n *Node) Peers(_ context.Context, p apitype.Page) (apitype.List[apitype.Peer], error) {
	var all []apitype.Peer
	seen := map[peer.ID]bool{}
	for _, k := range n.conns.Known() {
		one := n.peer(k.ID)
		if len(one.Addresses) == 0 {
			for _, a := range k.Addrs {
				one.Addresses = append(one.Addresses, discovery.Shown(a))
			}
		}
		one.Static, one.Met, one.Problem = k.Static, k.Met, linkProblem(k, time.Now())
		if !one.Connected {
			one.Next = k.NextDial
		}
		seen[k.ID] = true
		all = append(all, one)
	}
	for _, id := range n.deps.Host.Network().Peers() {
		if !seen[id] {
			all = append(all, n.peer(id))
		}
	}
	slices.SortFunc(all, func(a, b apitype.Peer) int {
		if a.Connected != b.Connected {
			if a.Connected {
				return -1
			}
			return 1
		}
		return strings.Compare(a.PeerID, b.PeerID)
	})
	items, next := page(all, p, func(one apitype.Peer) string { return one.PeerID })
	return apitype.List[apitype.Peer]{Schema: apitype.SchemaPeers, Items: items, Next: next}, nil
}

func (n *Node) peer(id peer.ID) apitype.Peer {
	p := apitype.Peer{PeerID: id.String(), Addresses: []string{}, Connected: n.deps.Host.Network().Connectedness(id) == network.Connected,
		RTTMs: float64(n.deps.Host.Peerstore().LatencyEWMA(id).Microseconds()) / 1000}
	for _, c := range n.deps.Host.Network().ConnsToPeer(id) {
		p.Addresses = append(p.Addresses, discovery.Shown(c.RemoteMultiaddr()))
		p.Met, p.Direction, p.Transport = c.Stat().Opened.UTC(), strings.ToLower(c.Stat().Direction.String()), c.ConnState().Transport
	}
	if agent, err := n.deps.Host.Peerstore().Get(id, "AgentVersion"); err == nil {
		p.Agent = fmt.Sprint(agent)
	}
	for _, d := range n.pool.Domains() {
		s, _ := n.pool.Status(d)
		for _, st := range s.Stations {
			if string(st.Peer) == string(id) {
				p.Name, p.Authority = st.Name, st.By
			}
		}
	}
	return p
}

package node

import (
	"context"
	"fmt"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// AddPeer has the device look for a peer at the addresses that somebody handed
// over, each a multiaddr with the peer's ID. Once met, it is remembered.
func (n *Node) AddPeer(addresses []string) (peer.ID, error) {
	var info peer.AddrInfo
	for _, s := range addresses {
		one, err := peer.AddrInfoFromString(s)
		if err != nil {
			return "", fmt.Errorf("address %q: %w", s, err)
		}
		if info.ID != "" && info.ID != one.ID {
			return "", fmt.Errorf("addresses of two peers, %s and %s", info.ID, one.ID)
		}
		info.ID, info.Addrs = one.ID, append(info.Addrs, one.Addrs...)
	}
	if len(info.Addrs) == 0 {
		return "", fmt.Errorf("no address")
	}
	n.conns.Found(info)
	return info.ID, nil
}

// AddPeer is [Node.AddPeer] for the control API.
func (c Control) AddPeer(_ context.Context, addresses []string) (apitype.List[apitype.Peer], error) {
	id, err := c.Node.AddPeer(addresses)
	if err != nil {
		return apitype.List[apitype.Peer]{}, badRequest(err)
	}
	return apitype.List[apitype.Peer]{Schema: apitype.SchemaPeers, Items: []apitype.Peer{c.peer(id)}}, nil
}

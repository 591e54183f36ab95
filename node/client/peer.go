package client

import (
	"context"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// AddPeer has the device look for a peer at addresses, multiaddrs with its ID.
func (c *Client) AddPeer(ctx context.Context, addresses []string) (apitype.List[apitype.Peer], error) {
	return sendJSON[apitype.List[apitype.Peer]](ctx, c, "POST", "/peers", apitype.PeerAddresses{Addresses: addresses}, apitype.SchemaPeers)
}

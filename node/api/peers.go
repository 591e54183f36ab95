package api

import (
	"context"
	"net/http"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// maxPeerAddresses bounds the addresses of a peer that is added.
const maxPeerAddresses = 32

func addPeer(ctx context.Context, b Backend, r *http.Request) (any, error) {
	v, err := readJSON[apitype.PeerAddresses](r)
	if err != nil {
		return nil, err
	}
	if n := len(v.Addresses); n == 0 || n > maxPeerAddresses {
		return nil, badRequest("%d addresses, want 1 to %d", n, maxPeerAddresses)
	}
	list, err := b.AddPeer(ctx, v.Addresses)
	return listed(list, apitype.SchemaPeers, err)
}

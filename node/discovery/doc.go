// Package discovery finds neighbours and keeps a device connected to them.
//
// A [Source] reports where peers may be: [MDNS] and, where that does not get
// through, the signed [Beacon] (BEACON.md), for local links.
// The one [Connector] owns dialing: it keeps an address book of static,
// remembered and found peers, tries them again with growing pauses, forgets the
// pauses when the network changes, and never blocks whoever reports to it.
//
// What a source reports is a claim of whoever is on the link: an address is
// trusted only as far as libp2p proves the peer ID when dialing it.
package discovery

import (
	"context"

	"github.com/libp2p/go-libp2p/core/peer"
)

// Source reports where peers may be.
type Source interface {
	// Run calls found for every peer it hears of, and again whenever it hears of
	// it again, until ctx ends. It returns after its goroutines have ended.
	// found does not block and may be called from several goroutines.
	Run(ctx context.Context, found func(peer.AddrInfo)) error
}

package internet

import (
	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/host/autorelay"
)

// Options prepares a host for the internet: it finds out how it is reached, asks
// relays among the known peers to be reached through them if it is not, and
// punches holes. A device that serves has a public address, and relays for others
// within libp2p's limits of two minutes and 128 kB a connection.
func Options(relays []peer.AddrInfo, serve bool) []libp2p.Option {
	options := []libp2p.Option{
		libp2p.EnableRelay(),
		libp2p.EnableAutoNATv2(),
		libp2p.EnableHolePunching(),
	}
	if serve {
		return append(options, libp2p.ForceReachabilityPublic(), libp2p.EnableRelayService())
	}
	options = append(options, unknownReachability)
	if len(relays) > 0 {
		options = append(options, libp2p.EnableAutoRelayWithStaticRelays(relays, autorelay.WithBootDelay(0)))
	}
	return options
}

// unknownReachability takes back that the host is taken to be unreachable, as it
// is on local networks.
func unknownReachability(c *libp2p.Config) error {
	c.AutoNATConfig.ForceReachability = nil
	return nil
}

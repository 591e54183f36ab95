package up

import (
	"github.com/libp2p/go-libp2p"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node"
	"github.com/kreidfeuer/kreidfeuer/node/internet"
)

const internetHelp = "With --internet devices that trust the same root also find each other over the\n" +
	"internet, by way of the --peer and configured ones that were started with\n" +
	"--internet-serve. It is off otherwise; nothing depends on it.\n\n"

// staticPeers are the configured peers and those of the flags.
func (u *upper) staticPeers() ([]peer.AddrInfo, error) {
	var list []peer.AddrInfo
	for _, s := range append(u.cfg.Peers[:len(u.cfg.Peers):len(u.cfg.Peers)], u.c.StringSlice("peer")...) {
		info, err := peer.AddrInfoFromString(s)
		if err != nil {
			return nil, exit.Errorf(exit.Usage, "peer %q: %w", s, err).Hintf("want /ip4/192.0.2.7/udp/7131/quic-v1/p2p/12D3...")
		}
		list = append(list, *info)
	}
	return list, nil
}

// usesInternet reports whether the device looks for neighbours on the internet.
func (u *upper) usesInternet() bool { return u.c.Bool("internet") || u.c.Bool("internet-serve") }

// internetOptions are what the host needs for it.
func (u *upper) internetOptions() ([]libp2p.Option, error) {
	if !u.usesInternet() {
		return nil, nil
	}
	known, err := u.staticPeers()
	return internet.Options(known, u.c.Bool("internet-serve")), err
}

// addFinder gives the device its source of neighbours on the internet. domains is
// asked once the device runs.
func (u *upper) addFinder(deps *node.Deps, h host.Host, bootstrap []peer.AddrInfo, domains func() []wire.ID) error {
	if !u.usesInternet() {
		return nil
	}
	f, err := internet.New(internet.Config{Host: h, Bootstrap: bootstrap, Domains: domains, Serve: u.c.Bool("internet-serve"), Log: u.log})
	if err != nil {
		return err
	}
	deps.Sources = append(deps.Sources, f)
	return nil
}

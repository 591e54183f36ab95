package discovery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"time"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
)

// Where a beacon goes: see BEACON.md.
const beaconPort = 7133

var (
	beaconGroup4 = &net.UDPAddr{IP: net.IPv4(239, 255, 71, 33), Port: beaconPort}
	beaconGroup6 = &net.UDPAddr{IP: net.ParseIP("ff12::7133"), Port: beaconPort}
)

// beaconMagic begins every beacon; the last byte is the version.
var beaconMagic = []byte("KFB\x01")

// Times of the beacon.
const (
	// beaconShare is the share of the link's time that one device takes: with n
	// neighbours heard, each sends every n times this, so that a link carries
	// about one packet a second, whoever is on it.
	beaconShare = time.Second

	// beaconOften and beaconSeldom bound the interval. The lower bound is how
	// soon two devices find each other on a link that came back unnoticed; the
	// upper one limits what a liar with many keys can make of the share.
	beaconOften  = 5 * time.Second
	beaconSeldom = time.Minute
)

// Beacon finds neighbours on links where multicast DNS does not get through: by
// a multicast group of its own, by IPv4 broadcast, and over IPv6 link-local
// addresses alone. It says under the device's signature what mDNS says, and to
// the same link: peer ID and the addresses there.
type Beacon struct {
	host host.Host
	log  *slog.Logger

	// Seams for tests.
	listen func() ([]multicast, error)
	scan   func() ([]link, error)
}

var _ Source = (*Beacon)(nil)

// NewBeacon makes the source for a host's listen addresses. A nil log discards.
func NewBeacon(h host.Host, log *slog.Logger) *Beacon {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Beacon{host: h, log: log, listen: listenBeacon, scan: scanLinks}
}

// Run implements [Source].
func (b *Beacon) Run(ctx context.Context, found func(peer.AddrInfo)) error {
	key := b.host.Peerstore().PrivKey(b.host.ID())
	if key == nil {
		return errors.New("run beacon: the host has no key")
	}
	sockets, err := b.listen()
	if err != nil {
		return fmt.Errorf("run beacon: %w", err)
	}
	s := newBeaconer(key, b.host.ID(), sockets, b.host.Network().ListenAddresses, found, b.log)
	s.slow = func(l link) bool { return isSlow(b.host, l) }
	return runSpeaker(ctx, s, b.host, sockets, b.scan)
}

// listenBeacon opens the sockets: of both families for the groups, and the IPv4
// one once more for broadcasts.
func listenBeacon() ([]multicast, error) {
	sockets, err := listenGroups(beaconGroup4, beaconGroup6)
	if err != nil {
		return nil, err
	}
	for _, s := range sockets {
		if s4, ok := s.(socket4); ok {
			sockets = append(sockets, broadcast{s4.PacketConn})
		}
	}
	return sockets, nil
}

func newBeaconPacket(key crypto.PrivKey, r Record) ([]byte, error) {
	sealed, err := sealRecord(key, r)
	if err != nil {
		return nil, err
	}
	return append(bytes.Clone(beaconMagic), sealed...), nil
}

// errNotBeacon is another program's packet on the port.
var errNotBeacon = errors.New("no beacon")

// parseBeacon reads and verifies a packet.
func parseBeacon(data []byte) (Record, error) {
	sealed, ok := bytes.CutPrefix(data, beaconMagic)
	if !ok {
		return Record{}, errNotBeacon
	}
	r, err := openRecord(sealed)
	r.Addrs = ma.FilterAddrs(r.Addrs, func(a ma.Multiaddr) bool {
		at, ok := addrOf(a)
		return ok && isUsable(at)
	})
	return r, err
}

// credible picks the addresses of a claim that may be dialed: a neighbour must
// not make a whole link call somebody on the internet. What is not private must
// be on the link, or be where the claim came from.
func credible(addrs []ma.Multiaddr, l link, from netip.Addr) []ma.Multiaddr {
	return ma.FilterAddrs(addrs, func(a ma.Multiaddr) bool {
		at, ok := addrOf(a)
		return ok && (at.IsPrivate() || at.IsLinkLocalUnicast() || l.holds(at) || at == from.Unmap().WithZone(""))
	})
}

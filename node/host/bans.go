package host

import (
	"net/netip"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/connmgr"
	"github.com/libp2p/go-libp2p/core/control"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
)

const (
	// maxBans bounds the peers on the list. Beyond it the ban that ends first
	// gives way: an attacker who makes identities faster meets the address rule.
	maxBans = 4096

	// addressStrikes is the number of banned peers at one IP address from which
	// the address itself is refused. Honest devices share addresses (a shelter
	// behind one router), so a single bad neighbour must not cut them off; an
	// attacker with ever new identities is stopped at the eighth.
	addressStrikes = 8
)

// Bans is the list of peers and addresses a host refuses, each until a given
// time. It is the host's connection gater, and safe for concurrent use.
//
// A peer is refused while its ban lasts. An IP address is refused while bans of
// at least 8 different peers that came from it last; existing connections from
// there stay. A loopback address is never refused: all devices of one machine
// share it. IPv6 counts by full address, because a whole local network shares
// one /64; who rotates addresses meets the resource manager's limits per /64.
type Bans struct {
	mu      sync.Mutex
	peers   map[peer.ID]ban
	byIP    map[netip.Addr]map[peer.ID]bool
	refused BanCounts
}

type ban struct {
	until time.Time
	ip    netip.Addr // invalid: does not count against an address
}

// BanCounts tells what the list holds and has refused since the start.
type BanCounts struct {
	Peers     int // banned now, ended bans included until their slot is needed
	Addresses int // with at least one banned peer

	RefusedPeers     uint64 // connections and dials refused by peer ID
	RefusedAddresses uint64 // connections and dials refused by IP address
}

var _ connmgr.ConnectionGater = (*Bans)(nil)

// NewBans makes an empty list.
func NewBans() *Bans {
	return &Bans{peers: map[peer.ID]ban{}, byIP: map[netip.Addr]map[peer.ID]bool{}}
}

// Ban refuses a peer until the given time. The remote address of its connection
// is counted against its IP address; nil counts against none. Existing
// connections stay open: the caller closes them.
func (b *Bans) Ban(p peer.ID, remote ma.Multiaddr, until time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.remove(p)
	if len(b.peers) >= maxBans {
		b.makeRoom(time.Now())
	}
	n := ban{until: until, ip: ipOf(remote)}
	b.peers[p] = n
	if !n.ip.IsValid() || n.ip.IsLoopback() {
		return
	}
	if b.byIP[n.ip] == nil {
		b.byIP[n.ip] = map[peer.ID]bool{}
	}
	b.byIP[n.ip][p] = true
}

// Lift ends a peer's ban, as an operator may wish.
func (b *Bans) Lift(p peer.ID) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.remove(p)
}

// Counts returns the metrics.
func (b *Bans) Counts() BanCounts {
	b.mu.Lock()
	defer b.mu.Unlock()
	c := b.refused
	c.Peers, c.Addresses = len(b.peers), len(b.byIP)
	return c
}

func (b *Bans) remove(p peer.ID) {
	old, ok := b.peers[p]
	if !ok {
		return
	}
	delete(b.peers, p)
	if at := b.byIP[old.ip]; at != nil {
		delete(at, p)
		if len(at) == 0 {
			delete(b.byIP, old.ip)
		}
	}
}

// makeRoom removes ended bans, or else the one that ends first.
func (b *Bans) makeRoom(now time.Time) {
	var first peer.ID
	for p, n := range b.peers {
		if !n.until.After(now) {
			b.remove(p)
		} else if first == "" || n.until.Before(b.peers[first].until) {
			first = p
		}
	}
	if len(b.peers) >= maxBans {
		b.remove(first)
	}
}

func (b *Bans) allowsPeer(p peer.ID) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	n, ok := b.peers[p]
	if !ok {
		return true
	}
	if !n.until.After(time.Now()) {
		b.remove(p)
		return true
	}
	b.refused.RefusedPeers++
	return false
}

func (b *Bans) allowsAddress(a ma.Multiaddr) bool {
	ip := ipOf(a)
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.byIP[ip]) < addressStrikes {
		return true
	}
	now, lasting := time.Now(), 0
	for p := range b.byIP[ip] {
		if b.peers[p].until.After(now) {
			lasting++
		}
	}
	if lasting < addressStrikes {
		return true
	}
	b.refused.RefusedAddresses++
	return false
}

func ipOf(a ma.Multiaddr) netip.Addr {
	if a == nil {
		return netip.Addr{}
	}
	ip, err := manet.ToIP(a)
	if err != nil {
		return netip.Addr{}
	}
	addr, _ := netip.AddrFromSlice(ip)
	return addr.Unmap()
}

// InterceptPeerDial implements [connmgr.ConnectionGater].
func (b *Bans) InterceptPeerDial(p peer.ID) bool { return b.allowsPeer(p) }

// InterceptAddrDial implements [connmgr.ConnectionGater].
func (b *Bans) InterceptAddrDial(_ peer.ID, a ma.Multiaddr) bool { return b.allowsAddress(a) }

// InterceptAccept implements [connmgr.ConnectionGater].
func (b *Bans) InterceptAccept(c network.ConnMultiaddrs) bool {
	return b.allowsAddress(c.RemoteMultiaddr())
}

// InterceptSecured implements [connmgr.ConnectionGater].
func (b *Bans) InterceptSecured(_ network.Direction, p peer.ID, _ network.ConnMultiaddrs) bool {
	return b.allowsPeer(p)
}

// InterceptUpgraded implements [connmgr.ConnectionGater].
func (b *Bans) InterceptUpgraded(network.Conn) (bool, control.DisconnectReason) { return true, 0 }

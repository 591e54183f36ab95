package exchange

import (
	"net/netip"

	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"

	"github.com/kreidfeuer/kreidfeuer/node/linklocal"
)

// scope is how far an address reaches.
type scope int

const (
	unusable scope = iota
	loopback
	link // link-local
	private
	public
)

func addrOf(a ma.Multiaddr) netip.Addr {
	ip, err := manet.ToIP(a)
	if err != nil {
		return netip.Addr{}
	}
	at, _ := netip.AddrFromSlice(ip)
	return at.Unmap()
}

// carrierGrade is shared by the customers of a provider (RFC 6598).
var carrierGrade = netip.MustParsePrefix("100.64.0.0/10")

func scopeOf(at netip.Addr) scope {
	switch {
	case !at.IsValid() || at.IsUnspecified() || at.IsMulticast():
		return unusable
	case at.IsLoopback():
		return loopback
	case at.IsLinkLocalUnicast() || linklocal.Prefix.Contains(at):
		return link
	case at.IsPrivate() || carrierGrade.Contains(at):
		return private
	}
	return public
}

// mayTell reports whether the address of a neighbour may be told to one at to.
// subnets are this device's own.
func mayTell(at, to netip.Addr, subnets []netip.Prefix) bool {
	if scopeOf(at) != scopeOf(to) {
		return false
	}
	switch scopeOf(at) {
	case loopback, public:
		return true
	case link:
		_, on, _ := linklocal.Read(at)
		_, where, _ := linklocal.Read(to)
		return at.Is4() && to.Is4() || on == where && on != 0
	case private: // on the same subnet of ours, or both behind routers
		return subnetOf(at, subnets) == subnetOf(to, subnets)
	}
	return false
}

// subnetOf is the subnet that holds an address, the zero prefix if none.
func subnetOf(at netip.Addr, subnets []netip.Prefix) netip.Prefix {
	for _, p := range subnets {
		if p.Contains(at) {
			return p.Masked()
		}
	}
	return netip.Prefix{}
}

// told is the form of an address in an answer: without what only this device
// understands.
func told(a ma.Multiaddr) ma.Multiaddr {
	if at, _, ok := linklocal.Read(addrOf(a)); ok {
		return withAddr(a, at)
	}
	return a
}

// heard is the address that an answer over a connection to from means here.
func heard(a ma.Multiaddr, from netip.Addr) (ma.Multiaddr, bool) {
	at := addrOf(a)
	if linklocal.Prefix.Contains(at) || scopeOf(at) != scopeOf(from) {
		return nil, false
	}
	if at.Is6() && at.IsLinkLocalUnicast() {
		_, index, _ := linklocal.Read(from)
		spelled, ok := linklocal.Spell(at, index)
		return withAddr(a, spelled), ok && a[1].Protocol().Code == ma.P_UDP
	}
	return a, true
}

func withAddr(a ma.Multiaddr, at netip.Addr) ma.Multiaddr {
	ip, err := manet.FromIP(at.AsSlice())
	if err != nil {
		return a
	}
	return ip.Encapsulate(a[1:])
}

package discovery

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strconv"

	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"

	"github.com/kreidfeuer/kreidfeuer/node/linklocal"
)

// link is an interface that can multicast, with its addresses.
type link struct {
	iface    net.Interface
	prefixes []netip.Prefix // each the interface's own address with its prefix length
}

// equal compares what a neighbour could notice: with the flags also a cable that
// was plugged in.
func (l link) equal(o link) bool {
	return l.iface.Index == o.iface.Index && l.iface.Name == o.iface.Name && l.iface.Flags == o.iface.Flags &&
		slices.Equal(l.prefixes, o.prefixes)
}

// has reports whether the link has an address of the family.
func (l link) has(is4 bool) bool {
	return slices.ContainsFunc(l.prefixes, func(p netip.Prefix) bool { return p.Addr().Is4() == is4 })
}

// holds reports whether a sender is on one of the link's subnets.
func (l link) holds(from netip.Addr) bool {
	from = from.Unmap().WithZone("")
	return from.Is6() && from.IsLinkLocalUnicast() ||
		slices.ContainsFunc(l.prefixes, func(p netip.Prefix) bool { return p.Contains(from) })
}

// isOwn reports whether an address is this machine's on the link.
func (l link) isOwn(from netip.Addr) bool {
	from = from.Unmap().WithZone("")
	return slices.ContainsFunc(l.prefixes, func(p netip.Prefix) bool { return p.Addr() == from })
}

// scanLinks lists the links as they are now.
func scanLinks() ([]link, error) {
	ifaces, err := net.Interfaces()
	if err != nil {
		return nil, fmt.Errorf("list interfaces: %w", err)
	}
	var links []link
	for _, iface := range ifaces {
		const needed = net.FlagUp | net.FlagMulticast
		if iface.Flags&needed != needed || iface.Flags&net.FlagLoopback != 0 {
			continue
		}
		addrs, err := iface.Addrs()
		if err != nil {
			continue // gone since it was listed
		}
		if l := newLink(iface, addrs); len(l.prefixes) > 0 {
			links = append(links, l)
		}
	}
	return links, nil
}

func newLink(iface net.Interface, addrs []net.Addr) link {
	l := link{iface: iface}
	for _, a := range addrs {
		n, ok := a.(*net.IPNet)
		if !ok {
			continue
		}
		ip, _ := netip.AddrFromSlice(n.IP)
		ip = ip.Unmap()
		if ones, _ := n.Mask.Size(); isUsable(ip) {
			l.prefixes = append(l.prefixes, netip.PrefixFrom(ip, ones))
		}
	}
	slices.SortFunc(l.prefixes, func(a, b netip.Prefix) int { return a.Addr().Compare(b.Addr()) })
	return l
}

// isUsable reports whether a neighbour on a link can be dialed at an address.
// Spelled addresses mean something on one device alone.
func isUsable(ip netip.Addr) bool {
	return (ip.IsGlobalUnicast() || ip.IsLinkLocalUnicast()) && !linklocal.Prefix.Contains(ip)
}

// located turns what a neighbour on the interface of the given index says of
// itself into what can be dialed: link-local addresses are spelled with the
// interface, for QUIC alone. Index 0 is unknown and locates none.
func located(addrs []ma.Multiaddr, index int) []ma.Multiaddr {
	var list []ma.Multiaddr
	for _, a := range addrs {
		at, ok := addrOf(a)
		if !ok {
			continue
		}
		if at.Is4() || !at.IsLinkLocalUnicast() {
			list = append(list, a)
			continue
		}
		spelled, ok := linklocal.Spell(at, uint32(index))
		if own, err := manet.FromIP(spelled.AsSlice()); ok && err == nil && a[1].Protocol().Code == ma.P_UDP {
			list = append(list, own.Encapsulate(a[1:]))
		}
	}
	return list
}

// addrOf returns the IP address that a multiaddr begins with.
func addrOf(a ma.Multiaddr) (netip.Addr, bool) {
	ip, err := manet.ToIP(a)
	if err != nil {
		return netip.Addr{}, false
	}
	at, ok := netip.AddrFromSlice(ip)
	return at.Unmap(), ok
}

// Shown writes an address for people and for files: one that only this device
// understands becomes a link-local address with its zone.
func Shown(a ma.Multiaddr) string {
	at, ok := addrOf(a)
	if !ok {
		return a.String()
	}
	at, index, ok := linklocal.Read(at)
	if !ok {
		return a.String()
	}
	zone := strconv.FormatUint(uint64(index), 10)
	if iface, err := net.InterfaceByIndex(int(index)); err == nil {
		zone = iface.Name
	}
	return "/ip6zone/" + zone + "/ip6/" + at.String() + ma.Multiaddr(a[1:]).String()
}

// onLink turns listen addresses into those that a neighbour on the link can
// dial: unspecified ones stand for the link's addresses of their family. QUIC
// comes first, because an answer holds only so many. The order is always the same,
// whatever libp2p's is, so that a link changes only when something has changed.
func onLink(listening []ma.Multiaddr, l link) []ma.Multiaddr {
	var quic, tcp []ma.Multiaddr
	add := func(ip netip.Addr, rest ma.Multiaddr) {
		own, err := manet.FromIP(ip.AsSlice())
		if err != nil {
			return
		}
		a := own.Encapsulate(rest)
		if a[1].Protocol().Code == ma.P_UDP {
			quic = append(quic, a)
		} else if ip.Is4() || !ip.IsLinkLocalUnicast() {
			tcp = append(tcp, a)
		}
	}
	for _, a := range listening {
		ip, err := manet.ToIP(a)
		if err != nil || !isDialable(a) {
			continue
		}
		at, _ := netip.AddrFromSlice(ip)
		at = at.Unmap()
		for _, p := range l.prefixes {
			if at == p.Addr() || at.IsUnspecified() && at.Is4() == p.Addr().Is4() {
				add(p.Addr(), a[1:])
			}
		}
	}
	order := func(a, b ma.Multiaddr) int { return a.Compare(b) }
	slices.SortFunc(quic, order)
	slices.SortFunc(tcp, order)
	return append(quic, tcp...)
}

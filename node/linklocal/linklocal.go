// Package linklocal spells an IPv6 link-local address with its zone as one
// ordinary address, because libp2p's swarm refuses to dial fe80::/10.
//
// A link without a router, a DHCP server or a hand that configures it has nothing
// but link-local addresses. The device's QUIC sockets turn a spelled address back
// into what it stands for when they send, and spell the sender's when they
// receive; everything above sees a unique local address. A spelling holds an
// interface index, so it means something on this device alone, until its
// interfaces change: it never leaves the device and is not remembered.
package linklocal

import (
	"encoding/binary"
	"net/netip"
)

// Prefix holds the spelled addresses: a /32 of the unique local range, drawn at
// random once (RFC 4193, 3.2.2), so that it hardly hides anybody's real network.
// Bits 32 to 63 are the interface index, the rest is the interface identifier.
var Prefix = netip.MustParsePrefix("fd9c:6e1b::/32")

// fe80 is all of fe80::/10 that is in use (RFC 4291, 2.5.6).
var fe80 = netip.MustParsePrefix("fe80::/64")

// Spell returns the spelling of a link-local address on the interface of the
// given index; its zone does not count. It fails for other addresses and index 0.
func Spell(a netip.Addr, index uint32) (netip.Addr, bool) {
	if a = a.WithZone(""); index == 0 || !fe80.Contains(a) {
		return netip.Addr{}, false
	}
	spelled := a.As16()
	prefix := Prefix.Addr().As16()
	copy(spelled[:4], prefix[:4])
	binary.BigEndian.PutUint32(spelled[4:8], index)
	return netip.AddrFrom16(spelled), true
}

// Read returns what a spelling stands for: the link-local address without zone,
// and the interface index.
func Read(a netip.Addr) (at netip.Addr, index uint32, ok bool) {
	if !Prefix.Contains(a) {
		return netip.Addr{}, 0, false
	}
	spelled := a.As16()
	index = binary.BigEndian.Uint32(spelled[4:8])
	prefix := fe80.Addr().As16()
	copy(spelled[:8], prefix[:8])
	return netip.AddrFrom16(spelled), index, index != 0
}

package discovery

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// multicast is a socket that is a member of a group on some links.
type multicast interface {
	// serves reports whether the link speaks the socket's family.
	serves(link) bool
	// join makes the socket a member on a link that appeared or came back.
	join(link) error
	// send sends to the group on one link; not on one that it does not serve.
	send(l link, packet []byte) error
	// receive waits for the next packet, whose data is in buf.
	receive(buf []byte) (packet, error)
	Close() error
}

// packet is one received packet.
type packet struct {
	data    []byte
	iface   int // index; 0 if the system does not tell
	toGroup bool
	from    netip.AddrPort
}

// index is the interface the packet came by, 0 if it cannot be known: a
// link-local sender names it where the system does not.
func (p packet) index() int {
	if p.iface == 0 && p.from.Addr().Zone() != "" {
		if i, err := net.InterfaceByName(p.from.Addr().Zone()); err == nil {
			return i.Index
		}
	}
	return p.iface
}

// listenGroups opens a socket per address family. One is enough: many machines
// have IPv6 turned off.
func listenGroups(group4, group6 *net.UDPAddr) ([]multicast, error) {
	var sockets []multicast
	s4, err4 := listen4(group4)
	if err4 == nil {
		sockets = append(sockets, s4)
	}
	s6, err6 := listen6(group6)
	if err6 == nil {
		sockets = append(sockets, s6)
	}
	if len(sockets) == 0 {
		return nil, fmt.Errorf("listen for multicast: %w", errors.Join(err4, err6))
	}
	return sockets, nil
}

// socket4 is the IPv4 socket. Sending sets the interface on the socket first,
// because control messages do not work on Windows; one goroutine sends.
type socket4 struct {
	*ipv4.PacketConn
	group *net.UDPAddr
}

func listen4(group *net.UDPAddr) (multicast, error) {
	// A multicast address makes package net share the port with other software.
	conn, err := net.ListenUDP("udp4", group)
	if err != nil {
		return nil, err
	}
	p := ipv4.NewPacketConn(conn)
	p.SetControlMessage(ipv4.FlagInterface|ipv4.FlagDst, true) // not on Windows: then control is nil
	p.SetMulticastTTL(255)
	p.SetMulticastLoopback(true) // several devices may run on one machine
	return socket4{p, group}, nil
}

func (s socket4) serves(l link) bool { return l.has(true) }

func (s socket4) join(l link) error {
	if !s.serves(l) {
		return nil
	}
	s.LeaveGroup(&l.iface, s.group) // an interface that was down and up is silently no member
	return s.JoinGroup(&l.iface, s.group)
}

func (s socket4) send(l link, packet []byte) error {
	if !s.serves(l) {
		return nil
	}
	if err := s.SetMulticastInterface(&l.iface); err != nil {
		return err
	}
	_, err := s.WriteTo(packet, nil, s.group)
	return err
}

func (s socket4) receive(buf []byte) (packet, error) {
	n, control, src, err := s.ReadFrom(buf)
	p := packet{data: buf[:n], from: addrPort(src)}
	if control != nil {
		p.iface, p.toGroup = control.IfIndex, control.Dst.Equal(s.group.IP)
	}
	return p, err
}

// socket6 is the IPv6 socket.
type socket6 struct {
	*ipv6.PacketConn
	group *net.UDPAddr
}

func listen6(group *net.UDPAddr) (multicast, error) {
	conn, err := net.ListenUDP("udp6", group)
	if err != nil {
		return nil, err
	}
	p := ipv6.NewPacketConn(conn)
	p.SetControlMessage(ipv6.FlagInterface|ipv6.FlagDst, true)
	p.SetMulticastHopLimit(255)
	p.SetMulticastLoopback(true)
	return socket6{p, group}, nil
}

func (s socket6) serves(l link) bool { return l.has(false) }

func (s socket6) join(l link) error {
	if !s.serves(l) {
		return nil
	}
	s.LeaveGroup(&l.iface, s.group)
	return s.JoinGroup(&l.iface, s.group)
}

func (s socket6) send(l link, packet []byte) error {
	if !s.serves(l) {
		return nil
	}
	if err := s.SetMulticastInterface(&l.iface); err != nil {
		return err
	}
	_, err := s.WriteTo(packet, nil, s.group)
	return err
}

func (s socket6) receive(buf []byte) (packet, error) {
	n, control, src, err := s.ReadFrom(buf)
	p := packet{data: buf[:n], from: addrPort(src)}
	if control != nil {
		p.iface, p.toGroup = control.IfIndex, control.Dst.Equal(s.group.IP)
	}
	return p, err
}

func addrPort(a net.Addr) netip.AddrPort {
	if u, ok := a.(*net.UDPAddr); ok {
		return u.AddrPort()
	}
	return netip.AddrPort{}
}

// broadcast sends to the broadcast address of each IPv4 subnet of a link, by the
// IPv4 socket of a group, which hears broadcasts too.
type broadcast struct{ *ipv4.PacketConn }

func (s broadcast) serves(l link) bool {
	return l.iface.Flags&net.FlagBroadcast != 0 &&
		slices.ContainsFunc(l.prefixes, func(p netip.Prefix) bool { _, ok := broadcastOf(p); return ok })
}

func (s broadcast) join(link) error { return nil }

func (s broadcast) send(l link, packet []byte) error {
	var failed []error
	for _, p := range l.prefixes {
		if at, ok := broadcastOf(p); ok && s.serves(l) {
			_, err := s.WriteTo(packet, nil, &net.UDPAddr{IP: at.AsSlice(), Port: beaconPort})
			failed = append(failed, err)
		}
	}
	return errors.Join(failed...)
}

// receive returns at once: the group's socket hears what is broadcast.
func (s broadcast) receive([]byte) (packet, error) { return packet{}, net.ErrClosed }

// Close closes nothing: the socket belongs to the group.
func (s broadcast) Close() error { return nil }

// broadcastOf returns the last address of an IPv4 subnet. Subnets of one and two
// addresses have none (RFC 3021).
func broadcastOf(p netip.Prefix) (netip.Addr, bool) {
	if !p.Addr().Is4() || p.Bits() > 30 {
		return netip.Addr{}, false
	}
	last := p.Addr().As4()
	for bit := p.Bits(); bit < 32; bit++ {
		last[bit/8] |= 1 << (7 - bit%8)
	}
	return netip.AddrFrom4(last), true
}

package discovery

import (
	"errors"
	"fmt"
	"net"
	"net/netip"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

const mdnsPort = 5353

// The groups of multicast DNS (RFC 6762, 3).
var (
	group4 = &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: mdnsPort}
	group6 = &net.UDPAddr{IP: net.ParseIP("ff02::fb"), Port: mdnsPort}
)

// listenMulticast opens a socket per address family. One is enough: many
// machines have IPv6 turned off.
func listenMulticast() ([]multicast, error) {
	var sockets []multicast
	s4, err4 := listen4()
	if err4 == nil {
		sockets = append(sockets, s4)
	}
	s6, err6 := listen6()
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
type socket4 struct{ *ipv4.PacketConn }

func listen4() (multicast, error) {
	// A multicast address makes package net share the port with other mDNS software.
	conn, err := net.ListenUDP("udp4", group4)
	if err != nil {
		return nil, err
	}
	p := ipv4.NewPacketConn(conn)
	p.SetControlMessage(ipv4.FlagInterface|ipv4.FlagDst, true) // not on Windows: then control is nil
	p.SetMulticastTTL(255)
	p.SetMulticastLoopback(true) // several devices may run on one machine
	return socket4{p}, nil
}

func (s socket4) join(l link) error {
	if !l.has(true) {
		return nil
	}
	s.LeaveGroup(&l.iface, group4) // an interface that was down and up is silently no member
	return s.JoinGroup(&l.iface, group4)
}

func (s socket4) send(l link, packet []byte) error {
	if !l.has(true) {
		return nil
	}
	if err := s.SetMulticastInterface(&l.iface); err != nil {
		return err
	}
	_, err := s.WriteTo(packet, nil, group4)
	return err
}

func (s socket4) receive(buf []byte) (packet, error) {
	n, control, src, err := s.ReadFrom(buf)
	p := packet{data: buf[:n], from: addrPort(src)}
	if control != nil {
		p.iface, p.toGroup = control.IfIndex, control.Dst.Equal(group4.IP)
	}
	return p, err
}

// socket6 is the IPv6 socket.
type socket6 struct{ *ipv6.PacketConn }

func listen6() (multicast, error) {
	conn, err := net.ListenUDP("udp6", group6)
	if err != nil {
		return nil, err
	}
	p := ipv6.NewPacketConn(conn)
	p.SetControlMessage(ipv6.FlagInterface|ipv6.FlagDst, true)
	p.SetMulticastHopLimit(255)
	p.SetMulticastLoopback(true)
	return socket6{p}, nil
}

func (s socket6) join(l link) error {
	if !l.has(false) {
		return nil
	}
	s.LeaveGroup(&l.iface, group6)
	return s.JoinGroup(&l.iface, group6)
}

func (s socket6) send(l link, packet []byte) error {
	if !l.has(false) {
		return nil
	}
	if err := s.SetMulticastInterface(&l.iface); err != nil {
		return err
	}
	_, err := s.WriteTo(packet, nil, group6)
	return err
}

func (s socket6) receive(buf []byte) (packet, error) {
	n, control, src, err := s.ReadFrom(buf)
	p := packet{data: buf[:n], from: addrPort(src)}
	if control != nil {
		p.iface, p.toGroup = control.IfIndex, control.Dst.Equal(group6.IP)
	}
	return p, err
}

func addrPort(a net.Addr) netip.AddrPort {
	if u, ok := a.(*net.UDPAddr); ok {
		return u.AddrPort()
	}
	return netip.AddrPort{}
}

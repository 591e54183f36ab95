package sim

import (
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
)

// receiveBuffer bounds the packets that wait in a socket, as a kernel's buffer of
// 2 MB does; further ones are dropped.
const receiveBuffer = 1024

// socket is a node's UDP socket in the simulated network.
type socket struct {
	air  *air
	node int
	addr netip.AddrPort
	udp  *net.UDPAddr

	arrived chan *packet
	changed chan struct{} // the deadline
	closed  chan struct{}
	close   sync.Once

	mu       sync.Mutex
	deadline time.Time
}

var _ net.PacketConn = (*socket)(nil)

func newSocket(a *air, node int, addr *net.UDPAddr) *socket {
	s := &socket{air: a, node: node, addr: addrPort(addr), udp: addr, arrived: make(chan *packet, receiveBuffer),
		changed: make(chan struct{}, 1), closed: make(chan struct{})}
	a.open(s)
	return s
}

// receive takes a packet in, and reports whether there was room.
func (s *socket) receive(p *packet) bool {
	select {
	case s.arrived <- p:
		return true
	default:
		return false
	}
}

// ReadFrom implements [net.PacketConn].
func (s *socket) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		late, stop := s.timeout()
		select {
		case p := <-s.arrived:
			stop()
			n, from := copy(b, p.buf[:p.n]), p.from.udp
			packets.Put(p)
			return n, from, nil
		case <-s.closed:
			stop()
			return 0, nil, net.ErrClosed
		case <-late:
			return 0, nil, os.ErrDeadlineExceeded
		case <-s.changed:
			stop()
		}
	}
}

// timeout fires at the read deadline, if there is one.
func (s *socket) timeout() (late <-chan time.Time, stop func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.deadline.IsZero() {
		return nil, func() {}
	}
	t := time.NewTimer(time.Until(s.deadline))
	return t.C, func() { t.Stop() }
}

// WriteTo implements [net.PacketConn]. It never blocks.
func (s *socket) WriteTo(b []byte, to net.Addr) (int, error) {
	select {
	case <-s.closed:
		return 0, net.ErrClosed
	default:
	}
	s.air.send(s, addrPort(to.(*net.UDPAddr)), b)
	return len(b), nil
}

// Close implements [net.PacketConn].
func (s *socket) Close() error {
	s.close.Do(func() {
		s.air.close(s)
		close(s.closed)
	})
	return nil
}

// LocalAddr implements [net.PacketConn].
func (s *socket) LocalAddr() net.Addr { return s.udp }

// SetDeadline implements [net.PacketConn].
func (s *socket) SetDeadline(t time.Time) error { return s.SetReadDeadline(t) }

// SetReadDeadline implements [net.PacketConn].
func (s *socket) SetReadDeadline(t time.Time) error {
	s.mu.Lock()
	s.deadline = t
	s.mu.Unlock()
	select {
	case s.changed <- struct{}{}:
	default:
	}
	return nil
}

// SetWriteDeadline implements [net.PacketConn]. Writing never waits.
func (s *socket) SetWriteDeadline(time.Time) error { return nil }

// SetReadBuffer keeps quic-go from warning of small buffers.
func (s *socket) SetReadBuffer(int) error { return nil }

// SetWriteBuffer keeps quic-go from warning of small buffers.
func (s *socket) SetWriteBuffer(int) error { return nil }

func addrPort(a *net.UDPAddr) netip.AddrPort {
	p := a.AddrPort()
	return netip.AddrPortFrom(p.Addr().Unmap(), p.Port())
}

package host

import (
	"net"
	"net/netip"
	"strconv"
	"sync"
	"time"

	ma "github.com/multiformats/go-multiaddr"
	manet "github.com/multiformats/go-multiaddr/net"
	"golang.org/x/net/ipv4"

	"github.com/kreidfeuer/kreidfeuer/node/linklocal"
)

// listenUDP opens a UDP socket for QUIC. An IPv6 one speaks to link-local
// neighbours under the addresses that package linklocal spells.
func listenUDP(network string, at *net.UDPAddr) (net.PacketConn, error) {
	conn, err := net.ListenUDP(network, at)
	if err != nil || network != "udp6" {
		return conn, err
	}
	return &zonedConn{UDPConn: conn, batch: ipv4.NewPacketConn(conn), zones: &zones{list: listZones}}, nil
}

// zonedConn is a UDP socket whose link-local addresses are spelled. It keeps the
// methods by which quic-go reads in batches, marks congestion and segments in the
// kernel: ordinary addresses cost one comparison.
type zonedConn struct {
	*net.UDPConn
	batch *ipv4.PacketConn // of an IPv6 socket, as quic-go does it: both read the same messages
	zones *zones
}

// ReadBatch implements the batch reading that quic-go looks for.
func (c *zonedConn) ReadBatch(ms []ipv4.Message, flags int) (int, error) {
	n, err := c.batch.ReadBatch(ms, flags)
	for i := range ms[:max(n, 0)] {
		if a, ok := ms[i].Addr.(*net.UDPAddr); ok {
			ms[i].Addr = c.zones.spell(a)
		}
	}
	return n, err
}

func (c *zonedConn) ReadFrom(b []byte) (int, net.Addr, error) {
	n, a, err := c.UDPConn.ReadFromUDP(b)
	if err != nil {
		return n, nil, err
	}
	return n, c.zones.spell(a), nil
}

func (c *zonedConn) ReadMsgUDP(b, oob []byte) (n, oobn, flags int, a *net.UDPAddr, err error) {
	n, oobn, flags, a, err = c.UDPConn.ReadMsgUDP(b, oob)
	if a != nil {
		a = c.zones.spell(a)
	}
	return n, oobn, flags, a, err
}

func (c *zonedConn) WriteTo(b []byte, a net.Addr) (int, error) {
	if u, ok := a.(*net.UDPAddr); ok {
		a = c.zones.read(u)
	}
	return c.UDPConn.WriteTo(b, a)
}

func (c *zonedConn) WriteMsgUDP(b, oob []byte, a *net.UDPAddr) (n, oobn int, err error) {
	return c.UDPConn.WriteMsgUDP(b, oob, c.zones.read(a))
}

// zonesAge is how long names and indexes of interfaces are believed: an interface
// that is unplugged and plugged in gets a new index.
const zonesAge = 5 * time.Second

// zones knows interfaces by name and by index.
type zones struct {
	list func() (map[string]uint32, error)

	mu    sync.Mutex
	known map[string]uint32
	names map[uint32]string
	asked time.Time
}

func listZones() (map[string]uint32, error) {
	ifaces, err := net.Interfaces()
	if err != nil {
		return nil, err
	}
	all := make(map[string]uint32, len(ifaces))
	for _, i := range ifaces {
		all[i.Name] = uint32(i.Index)
	}
	return all, nil
}

// refresh asks the system when what is known is old. The caller holds mu.
func (z *zones) refresh() {
	if now := time.Now(); z.asked.IsZero() || now.Sub(z.asked) > zonesAge {
		z.asked = now
		if all, err := z.list(); err == nil {
			z.known, z.names = all, make(map[uint32]string, len(all))
			for name, index := range all {
				z.names[index] = name
			}
		}
	}
}

// spell returns a sender's address as the layers above know it.
func (z *zones) spell(a *net.UDPAddr) *net.UDPAddr {
	if a.Zone == "" || !a.IP.IsLinkLocalUnicast() {
		return a
	}
	at, _ := netip.AddrFromSlice(a.IP)
	z.mu.Lock()
	z.refresh()
	index := z.known[a.Zone]
	z.mu.Unlock()
	if n, err := strconv.ParseUint(a.Zone, 10, 32); index == 0 && err == nil {
		index = uint32(n) // the system had no name for it
	}
	spelled, ok := linklocal.Spell(at, index)
	if !ok {
		return a
	}
	return net.UDPAddrFromAddrPort(netip.AddrPortFrom(spelled, uint16(a.Port)))
}

// read returns the address that packets to a must be sent to.
func (z *zones) read(a *net.UDPAddr) *net.UDPAddr {
	if a == nil || len(a.IP) != net.IPv6len || a.IP[0] != 0xfd {
		return a
	}
	spelled, _ := netip.AddrFromSlice(a.IP)
	at, index, ok := linklocal.Read(spelled)
	if !ok {
		return a
	}
	z.mu.Lock()
	z.refresh()
	zone := z.names[index]
	z.mu.Unlock()
	if zone == "" {
		zone = strconv.FormatUint(uint64(index), 10) // gone: sending fails, which is right
	}
	return net.UDPAddrFromAddrPort(netip.AddrPortFrom(at.WithZone(zone), uint16(a.Port)))
}

// withoutSpelled leaves out addresses that mean something on one device alone:
// neighbours tell us the spelling by which they see us, and libp2p would pass it on.
func withoutSpelled(addrs []ma.Multiaddr) []ma.Multiaddr {
	return ma.FilterAddrs(addrs, func(a ma.Multiaddr) bool {
		ip, err := manet.ToIP(a)
		at, _ := netip.AddrFromSlice(ip)
		return err != nil || !linklocal.Prefix.Contains(at)
	})
}

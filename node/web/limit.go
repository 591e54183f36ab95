package web

import (
	"net"
	"net/netip"
	"sync"
	"time"
)

// Bounds of what clients can take. They are for a box of Raspberry size on a
// Wi-Fi with a few hundred phones.
const (
	// maxConns bounds connections altogether; a browser holds some six for a while.
	maxConns = 512
	// maxConnsAddress bounds those of one address.
	maxConnsAddress = 12
	// maxConnsPrefix bounds those of one IPv6 network, in which a client can take
	// as many addresses as it likes: half stays for the others.
	maxConnsPrefix = maxConns / 2

	// requestsPerSecond and requestBurst bound the requests of one address: a
	// person who turns pages, and a page that reloads by itself.
	requestsPerSecond = 4
	requestBurst      = 24
	// maxClients bounds the addresses remembered; the one not heard for longest
	// goes, and has its burst again.
	maxClients = 2048
)

// counted is a listener that refuses connections beyond the bounds, before
// anything is read from them.
type counted struct {
	net.Listener
	mu   sync.Mutex
	open int
	of   map[netip.Prefix]int
}

func newCounted(l net.Listener) *counted {
	return &counted{Listener: l, of: map[netip.Prefix]int{}}
}

// Accept implements [net.Listener].
func (l *counted) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		address, prefix := keysOf(c.RemoteAddr())
		if l.enter(address, prefix) {
			return &countedConn{Conn: c, leave: sync.OnceFunc(func() { l.leave(address, prefix) })}, nil
		}
		c.Close()
	}
}

func (l *counted) enter(address, prefix netip.Prefix) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.open >= maxConns || l.of[address] >= maxConnsAddress || prefix != address && l.of[prefix] >= maxConnsPrefix {
		return false
	}
	l.open++
	l.of[address]++
	if prefix != address {
		l.of[prefix]++
	}
	return true
}

func (l *counted) leave(address, prefix netip.Prefix) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open--
	for _, k := range []netip.Prefix{address, prefix} {
		if l.of[k]--; l.of[k] <= 0 {
			delete(l.of, k)
		}
		if prefix == address {
			break
		}
	}
}

type countedConn struct {
	net.Conn
	leave func()
}

// Close implements [net.Conn].
func (c *countedConn) Close() error {
	c.leave()
	return c.Conn.Close()
}

// keysOf are the address of a client and, of IPv6, its network.
func keysOf(a net.Addr) (address, prefix netip.Prefix) {
	at, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Prefix{}, netip.Prefix{} // all that have no address count as one
	}
	ip := at.Addr().Unmap().WithZone("")
	address = netip.PrefixFrom(ip, ip.BitLen())
	if ip.Is4() {
		return address, address
	}
	prefix, _ = ip.Prefix(64)
	return address, prefix
}

// rates holds each client to its rate of requests.
type rates struct {
	mu      sync.Mutex
	clients map[netip.Addr]*bucket
}

type bucket struct {
	tokens float64
	last   time.Time
}

// allow reports whether a client may ask once more. now never jumps.
func (r *rates) allow(client netip.Addr, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.clients[client]
	if b == nil {
		if len(r.clients) >= maxClients {
			r.evict()
		}
		b = &bucket{tokens: requestBurst, last: now}
		r.clients[client] = b
	}
	return b.take(now, requestsPerSecond, requestBurst)
}

// evict forgets the oldest of a few: looking at all would cost the attacked more
// than the attacker.
func (r *rates) evict() {
	const looked = 8
	var oldest netip.Addr
	n := 0
	for a, b := range r.clients {
		if n == 0 || b.last.Before(r.clients[oldest].last) {
			oldest = a
		}
		if n++; n == looked {
			break
		}
	}
	delete(r.clients, oldest)
}

func (b *bucket) take(now time.Time, rate, burst float64) bool {
	b.tokens = min(burst, b.tokens+now.Sub(b.last).Seconds()*rate)
	b.last = now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

package sim

import (
	"container/heap"
	"context"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/kreidfeuer/kreidfeuer/sim/netmodel"
)

const (
	// maxPacket bounds one packet: QUIC's probes of the path end at 1,452 bytes.
	maxPacket = 1500

	// maxWait is how long a packet waits in its sender's queue before a full
	// buffer drops it, as in a common home router.
	maxWait = 500 * time.Millisecond
)

// air carries packets between the sockets of a simulated network.
type air struct {
	seed    uint64
	started time.Time
	model   atomic.Pointer[netmodel.Model]
	earlier chan struct{} // a flight is to land before all others

	mu      sync.Mutex // held for moments, never while anything waits
	sockets map[netip.AddrPort]*socket
	ways    map[way]uint64 // packets so far
	queues  map[int]netmodel.Queue
	flights flights
	order   uint64
	traffic Traffic
	sentBy  map[int]uint64 // bytes
}

type way struct{ from, to int }

// Traffic counts what the network carried, in packets and in bytes of UDP payload.
type Traffic struct {
	Sent, Lost, Delivered uint64
	SentBytes             uint64
}

func newAir(seed uint64, m netmodel.Model) *air {
	a := &air{seed: seed, started: time.Now(), earlier: make(chan struct{}, 1), sockets: map[netip.AddrPort]*socket{},
		ways: map[way]uint64{}, queues: map[int]netmodel.Queue{}, sentBy: map[int]uint64{}}
	a.model.Store(&m)
	return a
}

// now is the time since the network began.
func (a *air) now() time.Duration { return time.Since(a.started) }

// send takes a packet from a socket. It never blocks.
func (a *air) send(from *socket, to netip.AddrPort, b []byte) {
	now := a.now()
	a.mu.Lock()
	defer a.mu.Unlock()
	a.traffic.Sent++
	a.traffic.SentBytes += uint64(len(b))
	a.sentBy[from.node] += uint64(len(b))
	lands, lost := a.fate(now, from, to, len(b))
	if lost {
		a.traffic.Lost++
		return
	}
	p := packets.Get().(*packet)
	p.n, p.from, p.to = copy(p.buf[:], b), from, to
	a.order++
	first := len(a.flights) == 0 || lands < a.flights[0].lands
	heap.Push(&a.flights, flight{lands, a.order, p})
	if first {
		select {
		case a.earlier <- struct{}{}:
		default:
		}
	}
}

// fate asks the model. The caller holds a.mu.
func (a *air) fate(now time.Duration, from *socket, to netip.AddrPort, size int) (lands time.Duration, lost bool) {
	dest, ok := a.sockets[to]
	if !ok || a.sockets[from.addr] != from || size > maxPacket {
		return 0, true
	}
	w := way{from.node, dest.node}
	a.ways[w]++
	link := (*a.model.Load()).Link(now, w.from, w.to)
	delay, lost := link.Fate(a.seed, netmodel.Packet{From: w.from, To: w.to, Number: a.ways[w]})
	if lost {
		return 0, true
	}
	left := now
	if link.Rate > 0 {
		if a.queues[w.from], left, lost = a.queues[w.from].Send(now, size, link.Rate, maxWait); lost {
			return 0, true
		}
	}
	return left + delay, false
}

// run lands packets until ctx ends.
func (a *air) run(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		if next, ok := a.land(); ok {
			timer.Reset(next)
		}
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		case <-a.earlier:
		}
	}
}

// land hands over the packets whose time has come, and says when the next one's
// will have.
func (a *air) land() (next time.Duration, ok bool) {
	now := a.now()
	for {
		a.mu.Lock()
		if len(a.flights) == 0 {
			a.mu.Unlock()
			return 0, false
		}
		if wait := a.flights[0].lands - now; wait > 0 {
			a.mu.Unlock()
			return wait, true
		}
		p := heap.Pop(&a.flights).(flight).packet
		dest := a.sockets[p.to]
		a.traffic.Delivered++
		a.mu.Unlock()
		if dest == nil || !dest.receive(p) {
			packets.Put(p)
		}
	}
}

func (a *air) open(s *socket) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sockets[s.addr] = s
}

func (a *air) close(s *socket) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.sockets[s.addr] == s {
		delete(a.sockets, s.addr)
	}
}

func (a *air) counts() Traffic {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.traffic
}

// packet is one datagram.
type packet struct {
	buf  [maxPacket]byte
	n    int
	from *socket
	to   netip.AddrPort
}

var packets = sync.Pool{New: func() any { return new(packet) }}

// flight is a packet under way.
type flight struct {
	lands  time.Duration
	order  uint64 // of sending: what lands at one time lands in it
	packet *packet
}

// flights is a heap, the first to land at the front.
type flights []flight

func (f flights) Len() int { return len(f) }
func (f flights) Less(i, j int) bool {
	return f[i].lands < f[j].lands || f[i].lands == f[j].lands && f[i].order < f[j].order
}
func (f flights) Swap(i, j int) { f[i], f[j] = f[j], f[i] }
func (f *flights) Push(x any)   { *f = append(*f, x.(flight)) }
func (f *flights) Pop() any {
	last := (*f)[len(*f)-1]
	(*f)[len(*f)-1] = flight{}
	*f = (*f)[:len(*f)-1]
	return last
}

// silence closes the sockets of a node: from now on nothing leaves it.
func (a *air) silence(node int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for addr, s := range a.sockets {
		if s.node == node {
			delete(a.sockets, addr)
		}
	}
}

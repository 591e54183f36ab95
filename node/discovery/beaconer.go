package discovery

import (
	"bytes"
	"crypto/sha256"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/crypto"
	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
	"golang.org/x/time/rate"
)

// Bounds on what others may make a device do.
const (
	// maxHeard bounds the neighbours counted on one link: [beaconSeldom] is
	// reached long before.
	maxHeard = 512

	// beaconChecks and beaconCheckBurst bound signature checks in a second:
	// beacons that have been heard before cost none. A burst is a hall full of
	// people whose access point comes back.
	beaconChecks     = 20
	beaconCheckBurst = 100

	// replayWindow is how long a beacon older than the peer's last one is taken
	// for a replay. A clock that was set back is believed after it.
	replayWindow = time.Minute
)

// beaconer sends and hears beacons on every link. It belongs to one goroutine.
type beaconer struct {
	key         crypto.PrivKey
	self        peer.ID
	sockets     []multicast
	links       map[int]*beaconLink // by interface index
	listenAddrs func() []ma.Multiaddr
	found       func(peer.AddrInfo)
	log         *slog.Logger
	checks      *rate.Limiter
	jitter      func() float64  // uniform in [0, 1)
	slow        func(link) bool // nil: no link is
	lastSeq     uint64
}

// beaconLink is a link with what is due on it.
type beaconLink struct {
	link
	told    []ma.Multiaddr
	packet  []byte
	slow    bool      // a beacon takes a good part of a second of it
	burst   int       // steps of the burst done
	changed time.Time // start of the burst
	due     time.Time
	turn    int                   // which socket's turn it is
	heard   map[peer.ID]*neighbor // at most maxHeard
	grouped time.Time             // when the last beacon came by multicast
}

// neighbor is the last beacon of one peer on a link.
type neighbor struct {
	digest [sha256.Size]byte
	record Record
	heard  time.Time
}

func newBeaconer(key crypto.PrivKey, self peer.ID, sockets []multicast, listenAddrs func() []ma.Multiaddr, found func(peer.AddrInfo), log *slog.Logger) *beaconer {
	return &beaconer{
		key: key, self: self, sockets: sockets, links: map[int]*beaconLink{}, listenAddrs: listenAddrs, found: found, log: log,
		checks: rate.NewLimiter(beaconChecks, beaconCheckBurst), jitter: rand.Float64,
	}
}

func (b *beaconer) refresh(scan func() ([]link, error)) {
	now := time.Now()
	links, err := scan()
	if err != nil {
		b.log.Warn("cannot list network interfaces, keeping the known ones", "err", err)
		return
	}
	gone := make(map[int]bool, len(b.links))
	for index := range b.links {
		gone[index] = true
	}
	listening := b.listenAddrs()
	for _, l := range links {
		delete(gone, l.iface.Index)
		b.refreshLink(l, onLink(listening, l), now)
		b.links[l.iface.Index].slow = b.slow != nil && b.slow(l)
	}
	for index := range gone {
		delete(b.links, index)
	}
}

// refreshLink signs anew and starts a burst on a link that is new or has changed.
func (b *beaconer) refreshLink(l link, told []ma.Multiaddr, now time.Time) {
	s := b.links[l.iface.Index]
	if s == nil {
		s = &beaconLink{heard: map[peer.ID]*neighbor{}}
		b.links[l.iface.Index] = s
	} else if s.link.equal(l) && slices.EqualFunc(s.told, told, ma.Multiaddr.Equal) {
		return
	}
	for _, socket := range b.sockets {
		if err := socket.join(l); err != nil {
			b.log.Debug("cannot join the beacon's group", "interface", l.iface.Name, "err", err)
		}
	}
	s.link, s.told, s.packet, s.burst, s.changed = l, told, nil, 0, now
	if len(told) == 0 {
		return
	}
	b.lastSeq = max(b.lastSeq+1, uint64(max(0, now.Unix())))
	packet, err := newBeaconPacket(b.key, Record{ID: b.self, Addrs: told, Seq: b.lastSeq})
	if err != nil {
		b.log.Warn("cannot make a beacon", "interface", l.iface.Name, "err", err)
		return
	}
	s.packet = packet
}

func (b *beaconer) work(now time.Time) (next time.Time) {
	sooner := func(t time.Time) {
		if next.IsZero() || t.Before(next) {
			next = t
		}
	}
	for _, s := range b.links {
		if s.packet == nil {
			continue
		}
		if s.burst < len(burst) {
			if at := s.changed.Add(burst[s.burst]); at.After(now) {
				sooner(at)
				continue
			}
			s.burst++
			b.send(s, b.sockets...)
			s.due = now.Add(b.interval(s, now))
		} else if !s.due.After(now) {
			b.send(s, b.inTurn(s, now)...)
			s.due = now.Add(b.interval(s, now))
		}
		if s.burst < len(burst) {
			sooner(s.changed.Add(burst[s.burst]))
		}
		sooner(s.due)
	}
	return next
}

// interval is the time to the next beacon on a link: this device's share of it,
// with a quarter of jitter either way. On a slow link who is new is heard by the
// burst that it begins with, and beacons of the others only take its time.
func (b *beaconer) interval(s *beaconLink, now time.Time) time.Duration {
	for id, n := range s.heard {
		if now.Sub(n.heard) > 2*beaconSeldom {
			delete(s.heard, id)
		}
	}
	share := min(max(time.Duration(len(s.heard))*beaconShare, beaconOften), beaconSeldom)
	if s.slow {
		share = beaconSeldom
	}
	return time.Duration(float64(share) * (0.75 + b.jitter()/2))
}

// inTurn picks the sockets of one beacon outside a burst: one of the groups, and
// broadcast beside it while nobody is heard by multicast, which may be filtered.
func (b *beaconer) inTurn(s *beaconLink, now time.Time) []multicast {
	var groups, chosen []multicast
	for _, socket := range b.sockets {
		if !socket.serves(s.link) {
			continue
		}
		if _, isBroadcast := socket.(broadcast); !isBroadcast {
			groups = append(groups, socket)
		} else if now.Sub(s.grouped) > 2*beaconSeldom {
			chosen = append(chosen, socket)
		}
	}
	if len(groups) > 0 {
		s.turn++
		chosen = append(chosen, groups[s.turn%len(groups)])
	}
	return chosen
}

func (b *beaconer) send(s *beaconLink, sockets ...multicast) {
	for _, socket := range sockets {
		if err := socket.send(s.link, s.packet); err != nil {
			b.log.Debug("cannot send a beacon", "interface", s.iface.Name, "err", err)
		}
	}
}

func (b *beaconer) receive(p packet, now time.Time) {
	for index, s := range b.links {
		// As with mDNS: routers do not forward what is sent to the group.
		if i := p.index(); i != 0 && i != index || !p.toGroup && !s.holds(p.from.Addr()) {
			continue
		}
		if bytes.Equal(p.data, s.packet) {
			continue // our own
		}
		r, ok := b.read(s, p.data, now)
		if !ok || r.ID == b.self {
			continue
		}
		if p.toGroup {
			s.grouped = now
		}
		if addrs := located(credible(r.Addrs, s.link, p.from.Addr()), index); len(addrs) > 0 {
			b.found(peer.AddrInfo{ID: r.ID, Addrs: addrs})
		}
	}
}

// read verifies a beacon, unless it is the very one last heard of its peer, and
// counts the peer.
func (b *beaconer) read(s *beaconLink, data []byte, now time.Time) (Record, bool) {
	digest := sha256.Sum256(data)
	for _, n := range s.heard {
		if n.digest == digest {
			n.heard = now
			return n.record, true
		}
	}
	if !b.checks.AllowN(now, 1) {
		return Record{}, false
	}
	r, err := parseBeacon(data)
	if err != nil {
		return Record{}, false
	}
	old := s.heard[r.ID]
	if old != nil && r.Seq < old.record.Seq && now.Sub(old.heard) < replayWindow {
		return Record{}, false
	}
	if old != nil || len(s.heard) < maxHeard {
		s.heard[r.ID] = &neighbor{digest, r, now}
	}
	return r, true
}

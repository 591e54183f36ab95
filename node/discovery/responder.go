package discovery

import (
	"log/slog"
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"
	ma "github.com/multiformats/go-multiaddr"
	"golang.org/x/time/rate"
)

// Bounds of claims to be a peer: a packet holds dozens, anybody on the link sends as many as it
// carries, and each may take another's place in the address book and in the connector's queue.
const (
	// mostClaims and claimBurst bound those that are taken up in a second, as [beaconChecks]
	// does for signed ones. A burst is more than a device needs neighbours.
	mostClaims = 20
	claimBurst = 100

	// senderClaims bounds those of one sender in a senderWindow, so that one who says much does
	// not keep the others from being heard. A device claims to be itself at most once a
	// second; a machine may run a few.
	senderClaims = 32
	senderWindow = 10 * time.Second
)

// responder asks and answers on every link. It belongs to one goroutine.
type responder struct {
	self        peer.ID
	query       query
	sockets     []multicast
	links       map[int]*linkState // by interface index
	listenAddrs func() []ma.Multiaddr
	found       func(peer.AddrInfo)
	log         *slog.Logger
	claims      *rate.Limiter
	senders     map[netip.Addr]int // claims of each since window, at most maxHeard senders
	window      time.Time
	slow        func(link) bool // nil: no link is
}

// linkState is a link with what is due on it.
type linkState struct {
	link
	told     []ma.Multiaddr // addresses that answers hold
	slow     bool           // questions take a good part of a second of it
	burst    int            // steps of the burst done
	changed  time.Time      // start of the burst
	ask      time.Time
	answer   time.Time // zero: nothing to answer
	answered time.Time
}

func newResponder(self peer.ID, query query, sockets []multicast, listenAddrs func() []ma.Multiaddr, found func(peer.AddrInfo), log *slog.Logger) *responder {
	return &responder{
		self: self, query: query, sockets: sockets, links: map[int]*linkState{}, listenAddrs: listenAddrs, found: found, log: log,
		claims: rate.NewLimiter(mostClaims, claimBurst), senders: map[netip.Addr]int{},
	}
}

// refresh compares the links with those known and starts a burst on each that is
// new or has changed.
func (r *responder) refresh(scan func() ([]link, error)) {
	now := time.Now()
	links, err := scan()
	if err != nil {
		r.log.Warn("cannot list network interfaces, keeping the known ones", "err", err)
		return
	}
	listening := r.listenAddrs()
	gone := make(map[int]bool, len(r.links))
	for index := range r.links {
		gone[index] = true
	}
	for _, l := range links {
		delete(gone, l.iface.Index)
		r.refreshLink(l, onLink(listening, l), now)
		r.links[l.iface.Index].slow = r.slow != nil && r.slow(l)
	}
	for index := range gone {
		r.log.Info("link is gone", "interface", r.links[index].iface.Name)
		delete(r.links, index)
	}
}

func (r *responder) refreshLink(l link, told []ma.Multiaddr, now time.Time) {
	s := r.links[l.iface.Index]
	if s == nil {
		s = &linkState{}
		r.links[l.iface.Index] = s
	} else if s.link.equal(l) && slices.EqualFunc(s.told, told, ma.Multiaddr.Equal) {
		return
	}
	for _, socket := range r.sockets {
		if err := socket.join(l); err != nil {
			r.log.Debug("cannot join the multicast group", "interface", l.iface.Name, "err", err)
		}
	}
	r.log.Info("link has changed, asking for neighbours", "interface", l.iface.Name, "addresses", l.prefixes)
	s.link, s.told, s.burst, s.changed = l, told, 0, now
}

// work does what is due and returns when the next thing is.
func (r *responder) work(now time.Time) (next time.Time) {
	sooner := func(t time.Time) {
		if !t.IsZero() && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	for _, s := range r.links {
		if s.burst < len(burst) && !s.changed.Add(burst[s.burst]).After(now) {
			s.burst++
			s.ask = now
		}
		if !s.ask.After(now) {
			r.send(s, r.query.packet)
			r.tell(s, now) // our question stands for the others' own, so it must answer for us, too
			s.ask = s.nextAsk(now)
		}
		if !s.answer.IsZero() && !s.answer.After(now) {
			r.tell(s, now)
		}
		if s.burst < len(burst) {
			sooner(s.changed.Add(burst[s.burst]))
		}
		sooner(s.ask)
		sooner(s.answer)
	}
	return next
}

// nextAsk spreads the questions, so that on a link one device asks for all.
func (s *linkState) nextAsk(now time.Time) time.Time {
	every := queryEvery
	if s.slow {
		every = querySeldom
	}
	return now.Add(every + rand.N(every/2))
}

// tell multicasts this device's addresses on one link.
func (r *responder) tell(s *linkState, now time.Time) {
	s.answer, s.answered = time.Time{}, now
	if len(s.told) == 0 {
		return
	}
	answer, err := newAnswer(r.self, s.told)
	if err != nil {
		r.log.Warn("cannot announce this device", "interface", s.iface.Name, "err", err)
		return
	}
	r.send(s, answer)
}

func (r *responder) send(s *linkState, packet []byte) {
	for _, socket := range r.sockets {
		if err := socket.send(s.link, packet); err != nil {
			r.log.Debug("cannot send multicast", "interface", s.iface.Name, "err", err)
		}
	}
}

// receive takes up one packet of a neighbour.
func (r *responder) receive(p packet, now time.Time) {
	m, err := parseMessage(p.data)
	if err != nil {
		return // anything may be on the mDNS port
	}
	for index, s := range r.links {
		// No router forwards what is sent to the group. Only of other packets the
		// sender must be on one of the link's subnets (RFC 6762, 11): a neighbour
		// may have an address that we lack.
		if p.iface != 0 && p.iface != index || !p.toGroup && !s.holds(p.from.Addr()) {
			continue
		}
		if m.asked && !(m.id == r.query.id && s.isOwn(p.from.Addr())) {
			r.plan(s, now)
		}
		if p.from.Port() == mdnsPort {
			r.hear(m.peers, s, p, now)
		}
	}
}

// hear takes up what a packet claims of peers on a link.
func (r *responder) hear(peers []peer.AddrInfo, s *linkState, p packet, now time.Time) {
	for _, info := range peers {
		if info.ID == r.self {
			continue
		}
		addrs := located(credible(info.Addrs, s.link, p.from.Addr()), p.index())
		if len(addrs) > 0 && r.mayClaim(p.from.Addr(), now) && r.claims.AllowN(now, 1) {
			r.found(peer.AddrInfo{ID: info.ID, Addrs: addrs})
		}
	}
}

// mayClaim counts a claim of a sender and reports whether it is one of few. Senders beyond those
// that are counted share what all may claim.
func (r *responder) mayClaim(from netip.Addr, now time.Time) bool {
	if now.Sub(r.window) >= senderWindow {
		clear(r.senders)
		r.window = now
	}
	n, counted := r.senders[from]
	if counted || len(r.senders) < maxHeard {
		r.senders[from] = n + 1
	}
	return n < senderClaims
}

// plan answers a question soon, and takes it as asked for this device too.
func (r *responder) plan(s *linkState, now time.Time) {
	if s.burst == len(burst) {
		s.ask = s.nextAsk(now)
	}
	if !s.answer.IsZero() {
		return
	}
	s.answer = now.Add(rand.N(answerDelay))
	if earliest := s.answered.Add(answerGap); s.answer.Before(earliest) {
		s.answer = earliest
	}
}

package discovery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/p2p/host/eventbus"
)

// Times of multicast DNS.
const (
	// pollEvery is the interval of looking at the interfaces: an address that
	// appears is announced within it.
	pollEvery = 2 * time.Second

	// queryEvery is the interval of asking a link anew. All devices of a link
	// share one question: who hears it from another does not ask (RFC 6762, 7.3).
	queryEvery = 20 * time.Second

	// answerGap is the least time between two answers on one link (RFC 6762, 6),
	// whoever asks however often.
	answerGap = time.Second

	// answerDelay is the longest random delay of an answer, so that a hundred
	// devices do not answer in the same instant (RFC 6762, 6).
	answerDelay = 100 * time.Millisecond

	// packetQueue bounds received packets that wait; more are dropped.
	packetQueue = 64
)

// burst are the times after a change at which a link is asked and told, because
// a single multicast packet on Wi-Fi is easily lost.
var burst = []time.Duration{0, time.Second, 3 * time.Second}

// MDNS finds neighbours on the links of this machine by multicast DNS, in the
// form of libp2p's mDNS specification under a service name of its own.
//
// Each link (interface with usable addresses) is asked and told by itself, and
// told only the addresses on it. Interfaces and addresses that come and go are
// noticed within two seconds, or at once when libp2p reports them. A packet counts
// only if it was sent on the link.
type MDNS struct {
	host host.Host
	log  *slog.Logger

	// Seams for tests.
	listen func() ([]multicast, error)
	scan   func() ([]link, error)
}

var _ Source = (*MDNS)(nil)

// NewMDNS makes the source for a host's listen addresses. A nil log discards.
func NewMDNS(h host.Host, log *slog.Logger) *MDNS {
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &MDNS{host: h, log: log, listen: listenMulticast, scan: scanLinks}
}

// multicast is a socket that is a member of the mDNS group on some links.
type multicast interface {
	// join makes the socket a member on a link that appeared or came back.
	join(link) error
	// send sends to the group on one link, if the link speaks the socket's family.
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

// Run implements [Source].
func (m *MDNS) Run(ctx context.Context, found func(peer.AddrInfo)) error {
	changes, err := m.host.EventBus().Subscribe(new(event.EvtLocalAddressesUpdated), eventbus.Name("mdns"))
	if err != nil {
		return fmt.Errorf("run mDNS: %w", err)
	}
	defer changes.Close()
	sockets, err := m.listen()
	if err != nil {
		return fmt.Errorf("run mDNS: %w", err)
	}
	received := make(chan packet, packetQueue)
	failed := make(chan error, len(sockets))
	var readers sync.WaitGroup
	for _, s := range sockets {
		readers.Go(func() { failed <- read(s, received) })
	}
	r := &responder{
		self: m.host.ID(), query: newQuery(uint16(1 + rand.IntN(1<<16-1))), sockets: sockets, links: map[int]*linkState{}, log: m.log,
		listenAddrs: m.host.Network().ListenAddresses, found: found,
	}
	err = r.run(ctx, m.scan, changes.Out(), received, failed)
	for _, s := range sockets {
		s.Close()
	}
	readers.Wait()
	return err
}

// read hands packets on until the socket is closed.
func read(s multicast, received chan<- packet) error {
	buf := make([]byte, maxPacket)
	for failures := 0; ; {
		p, err := s.receive(buf)
		if errors.Is(err, net.ErrClosed) {
			return nil
		}
		if err != nil {
			// A link that goes down may fail one read; a broken socket fails all.
			if failures++; failures > 16 {
				return fmt.Errorf("read multicast: %w", err)
			}
			continue
		}
		failures = 0
		p.data = bytes.Clone(p.data)
		select {
		case received <- p:
		default:
		}
	}
}

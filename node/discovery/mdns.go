package discovery

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"time"

	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
)

// Times of multicast DNS.
const (
	// queryEvery is the interval of asking a link anew. All devices of a link
	// share one question: who hears it from another does not ask (RFC 6762, 7.3).
	queryEvery = 20 * time.Second

	// querySeldom is the interval on a slow link, where the answers of two devices to
	// a question take three seconds.
	querySeldom = 5 * time.Minute

	// answerGap is the least time between two answers on one link (RFC 6762, 6),
	// whoever asks however often.
	answerGap = time.Second

	// answerDelay is the longest random delay of an answer, so that a hundred
	// devices do not answer in the same instant (RFC 6762, 6).
	answerDelay = 100 * time.Millisecond
)

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
	return &MDNS{host: h, log: log, listen: listenMDNS, scan: scanLinks}
}

const mdnsPort = 5353

// The groups of multicast DNS (RFC 6762, 3).
var (
	mdnsGroup4 = &net.UDPAddr{IP: net.IPv4(224, 0, 0, 251), Port: mdnsPort}
	mdnsGroup6 = &net.UDPAddr{IP: net.ParseIP("ff02::fb"), Port: mdnsPort}
)

func listenMDNS() ([]multicast, error) { return listenGroups(mdnsGroup4, mdnsGroup6) }

// Run implements [Source].
func (m *MDNS) Run(ctx context.Context, found func(peer.AddrInfo)) error {
	sockets, err := m.listen()
	if err != nil {
		return fmt.Errorf("run mDNS: %w", err)
	}
	r := newResponder(m.host.ID(), newQuery(uint16(1+rand.IntN(1<<16-1))), sockets, m.host.Network().ListenAddresses, found, m.log)
	r.slow = func(l link) bool { return isSlow(m.host, l) }
	return runSpeaker(ctx, r, m.host, sockets, m.scan)
}

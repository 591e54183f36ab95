package discovery

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/event"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/p2p/host/eventbus"
)

const (
	// pollEvery is the interval of looking at the interfaces: an address that
	// appears is announced within it.
	pollEvery = 2 * time.Second

	// packetQueue bounds received packets that wait; more are dropped.
	packetQueue = 64
)

// burst are the times after a change at which a link is asked and told, because
// a single multicast packet on Wi-Fi is easily lost.
var burst = []time.Duration{0, time.Second, 3 * time.Second}

// speaker speaks on links: mDNS and the beacon. It belongs to one goroutine.
type speaker interface {
	// refresh compares the links with those known.
	refresh(scan func() ([]link, error))
	// receive takes up one packet.
	receive(p packet, now time.Time)
	// work does what is due and returns when the next thing is, zero if never.
	work(now time.Time) time.Time
}

// runSpeaker runs s on its sockets, which it closes, until ctx ends.
func runSpeaker(ctx context.Context, s speaker, h host.Host, sockets []multicast, scan func() ([]link, error)) error {
	changes, err := h.EventBus().Subscribe(new(event.EvtLocalAddressesUpdated), eventbus.Name("discovery"))
	if err != nil {
		err = fmt.Errorf("follow addresses: %w", err)
	} else {
		defer changes.Close()
	}
	received := make(chan packet, packetQueue)
	failed := make(chan error, len(sockets))
	var readers sync.WaitGroup
	for _, socket := range sockets {
		readers.Go(func() {
			if err := read(socket, received); err != nil {
				failed <- err
			}
		})
	}
	if err == nil {
		err = speak(ctx, s, scan, changes.Out(), received, failed)
	}
	for _, socket := range sockets {
		socket.Close()
	}
	readers.Wait()
	return err
}

func speak(ctx context.Context, s speaker, scan func() ([]link, error), changes <-chan any, received <-chan packet, failed <-chan error) error {
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	due := time.NewTimer(0)
	defer due.Stop()
	s.refresh(scan)
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-failed:
			return err
		case <-changes:
			s.refresh(scan)
		case <-poll.C:
			s.refresh(scan)
		case p := <-received:
			s.receive(p, time.Now())
		case <-due.C:
		}
		if next := s.work(time.Now()); !next.IsZero() {
			due.Reset(time.Until(next))
		}
	}
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

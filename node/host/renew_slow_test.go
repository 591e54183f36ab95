package host

import (
	"context"
	"fmt"
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/protocol"
	"github.com/libp2p/go-libp2p/p2p/protocol/ping"
	ma "github.com/multiformats/go-multiaddr"
	"github.com/multiformats/go-multistream"
)

// farConn is a connection on which everything takes its time.
type farConn struct {
	network.Conn
	trip   time.Duration // there and back
	opened time.Time
	remote string
}

func (c *farConn) IsClosed() bool                { return false }
func (c *farConn) RemoteMultiaddr() ma.Multiaddr { return ma.StringCast(c.remote) }
func (c *farConn) Stat() network.ConnStats {
	return network.ConnStats{Stats: network.Stats{Opened: c.opened}}
}

// NewStream opens a stream to somebody who answers pings.
func (c *farConn) NewStream(context.Context) (network.Stream, error) {
	there, back := newDelay(c.trip/2), newDelay(c.trip/2)
	go func() {
		far := &farStream{in: there, out: back}
		mux := multistream.NewMultistreamMuxer[protocol.ID]()
		mux.AddHandler(ping.ID, nil)
		if _, _, err := mux.Negotiate(far); err == nil {
			_, _ = io.Copy(far, far)
		}
		_ = far.Close()
	}()
	return &farStream{in: back, out: there}, nil
}

type farStream struct {
	network.Stream
	in, out *delay
}

func (s *farStream) Read(p []byte) (int, error)    { return s.in.r.Read(p) }
func (s *farStream) Write(p []byte) (int, error)   { return s.out.Write(p) }
func (s *farStream) SetProtocol(protocol.ID) error { return nil }
func (s *farStream) Reset() error                  { return s.Close() }
func (s *farStream) Close() error {
	_ = s.in.r.Close()
	s.out.end()
	return nil
}

// delay is a way on which everything arrives late.
type delay struct {
	late time.Duration
	sent chan parcel
	done chan struct{}
	r    *io.PipeReader
}

type parcel struct {
	data []byte
	at   time.Time
}

func newDelay(late time.Duration) *delay {
	r, w := io.Pipe()
	d := &delay{late, make(chan parcel, 64), make(chan struct{}), r}
	go func() {
		defer w.Close()
		for {
			select {
			case p := <-d.sent:
				time.Sleep(time.Until(p.at))
				if _, err := w.Write(p.data); err != nil {
					return
				}
			case <-d.done:
				return
			}
		}
	}()
	return d
}

func (d *delay) Write(p []byte) (int, error) {
	select {
	case d.sent <- parcel{slices.Clone(p), time.Now().Add(d.late)}:
		return len(p), nil
	case <-d.done:
		return 0, io.ErrClosedPipe
	}
}

func (d *delay) end() {
	select {
	case <-d.done:
	default:
		close(d.done)
	}
}

// TestFarNeighbourAnswers: one behind a satellite is not taken for dead.
func TestFarNeighbourAnswers(t *testing.T) {
	for trip, dead := range map[time.Duration]int{50 * time.Millisecond: 0, 700 * time.Millisecond: 0, 2 * time.Second: 1} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), deadAfter)
			defer cancel()
			if got := silent(ctx, []network.Conn{&farConn{trip: trip}}); len(got) != dead {
				t.Errorf("%s there and back: %d are silent, want %d", trip, len(got), dead)
			}
			time.Sleep(time.Minute) // until the far side has ended
		})
	}
}

// TestSlowHandshakeIsNotAReturn: of two that dialed each other at once over a slow link the
// later connection does not put the earlier one away.
func TestSlowHandshakeIsNotAReturn(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	for _, c := range []struct {
		remote string
		age    time.Duration
		is     bool
	}{
		{"/ip4/192.0.2.1/udp/7131/quic-v1", 5 * time.Second, false},
		{"/ip4/192.0.2.1/udp/7131/quic-v1", 20 * time.Second, true},
		{"/ip4/192.0.2.1/tcp/7131", 20 * time.Second, false},
		{"/ip4/192.0.2.1/tcp/7131", 2 * time.Minute, true},
	} {
		old := &farConn{remote: c.remote, opened: now.Add(-c.age)}
		if is := isEstablished(old, now); is != c.is {
			t.Errorf("%s for %s: %t", c.remote, c.age, is)
		}
	}
}

// unaskedConn is a connection on which this device may open no stream at the moment.
type unaskedConn struct{ network.Conn }

func (unaskedConn) NewStream(context.Context) (network.Stream, error) {
	return nil, fmt.Errorf("cannot reserve outbound stream: %w", network.ErrResourceLimitExceeded)
}

// TestUnaskedIsNotSilent: who could not be asked is not taken for dead.
func TestUnaskedIsNotSilent(t *testing.T) {
	if dead := silent(t.Context(), []network.Conn{unaskedConn{}}); len(dead) > 0 {
		t.Error("a connection on which nothing was asked is taken for silent")
	}
}

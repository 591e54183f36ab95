package sim

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/kreidfeuer/kreidfeuer/sim/netmodel"
)

// between runs f with sockets of the nodes 1 and 2.
func between(t *testing.T, m netmodel.Model, f func(t *testing.T, a *air, one, two *socket)) {
	synctest.Test(t, func(t *testing.T) {
		a := newAir(1, m)
		ctx, stop := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { a.run(ctx) })
		f(t, a, newSocket(a, 1, &net.UDPAddr{IP: addressOf(1), Port: port}), newSocket(a, 2, &net.UDPAddr{IP: addressOf(2), Port: port}))
		stop()
		running.Wait()
	})
}

// received counts the packets that come within a time, and says when the last did.
func received(s *socket, within time.Duration) (n int, last time.Duration) {
	begun := time.Now()
	_ = s.SetReadDeadline(begun.Add(within))
	var b [maxPacket]byte
	for {
		if _, _, err := s.ReadFrom(b[:]); err != nil {
			return n, last
		}
		n, last = n+1, time.Since(begun)
	}
}

func TestAir(t *testing.T) {
	const packets = 40
	tests := []struct {
		name  string
		model netmodel.Model
		want  int
		last  time.Duration
	}{
		{"latency", netmodel.Link{Latency: 30 * time.Millisecond}, packets, 30 * time.Millisecond},
		{"rate: 40 packets of 1,250 bytes at 1 Mbit/s", netmodel.Link{Rate: 1e6, Latency: 5 * time.Millisecond}, packets, 405 * time.Millisecond},
		{"a buffer of half a second at 500 kbit/s", netmodel.Link{Rate: 5e5}, 26, 520 * time.Millisecond},
		{"down", netmodel.Link{Down: true}, 0, 0},
		{"all lost", netmodel.Link{Loss: 1}, 0, 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			between(t, test.model, func(t *testing.T, a *air, one, two *socket) {
				for range packets {
					if _, err := one.WriteTo(make([]byte, 1250), two.LocalAddr()); err != nil {
						t.Fatal(err)
					}
				}
				if n, last := received(two, time.Minute); n != test.want || last != test.last {
					t.Errorf("%d packets, the last after %s, want %d after %s", n, last, test.want, test.last)
				}
				if c := a.counts(); c.Sent != packets || c.Delivered != uint64(test.want) || c.Sent != c.Lost+c.Delivered {
					t.Errorf("counted %+v", c)
				}
			})
		})
	}
}

func TestSocketEnds(t *testing.T) {
	between(t, netmodel.Link{}, func(t *testing.T, a *air, one, two *socket) {
		begun := time.Now()
		time.AfterFunc(time.Second, func() { _ = two.SetReadDeadline(time.Now()) })
		if _, _, err := two.ReadFrom(nil); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(begun) != time.Second {
			t.Errorf("a read whose deadline is moved to now ends after %s: %v", time.Since(begun), err)
		}
		_ = two.SetReadDeadline(time.Time{})
		time.AfterFunc(time.Second, func() { _ = two.Close() })
		if _, _, err := two.ReadFrom(nil); !errors.Is(err, net.ErrClosed) {
			t.Errorf("a read from a socket that is closed: %v", err)
		}
		if _, err := two.WriteTo([]byte("x"), one.LocalAddr()); !errors.Is(err, net.ErrClosed) {
			t.Errorf("a write to a closed socket: %v", err)
		}
		if _, err := one.WriteTo([]byte("x"), two.LocalAddr()); err != nil || a.counts().Lost != 1 {
			t.Errorf("a packet to nobody: %v, %+v", err, a.counts())
		}
		a.silence(1)
		three := newSocket(a, 3, &net.UDPAddr{IP: addressOf(3), Port: port})
		_, _ = one.WriteTo([]byte("x"), three.LocalAddr())
		if n, _ := received(three, time.Second); n != 0 {
			t.Error("a node that has crashed still sends")
		}
	})
}

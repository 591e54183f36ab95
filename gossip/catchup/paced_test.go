package catchup

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
)

// trickle is a stream that takes and gives some bytes at a time, each after a while.
type trickle struct {
	network.Stream
	bytes int
	after time.Duration
}

func (s *trickle) SetReadDeadline(time.Time) error  { return nil }
func (s *trickle) SetWriteDeadline(time.Time) error { return nil }

func (s *trickle) Read(b []byte) (int, error) {
	time.Sleep(s.after)
	return min(s.bytes, len(b)), nil
}

func (s *trickle) Write(b []byte) (int, error) {
	time.Sleep(time.Duration(len(b)) * s.after / time.Duration(s.bytes))
	return len(b), nil
}

// A stream ends when hardly anything moves for a minute, and never because it is slow.
func TestPaced(t *testing.T) {
	const within = 10 * time.Minute
	for _, c := range []struct {
		name  string
		bytes int
		after time.Duration
		want  time.Duration // about when it ends; 0: not within ten minutes
	}{
		{"fast", 32 << 10, 50 * time.Millisecond, 0},
		{"as slow as may be", stallBytes, stallTime, 0},
		{"steady and slow", 100, 5 * time.Second, 0},
		{"a byte now and then", 1, 5 * time.Second, stallTime},
		{"too slow", stallBytes - 100, stallTime, stallTime},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, begun := newPaced(&trickle{bytes: c.bytes, after: c.after}), time.Now()
				var err error
				for b := make([]byte, 4<<10); err == nil && time.Since(begun) < within; {
					_, err = p.Read(b)
				}
				took := time.Since(begun)
				if ended := errors.Is(err, errStalled); ended != (c.want > 0) || ended && took > c.want+c.after {
					t.Errorf("%v after %s, want it ended after %s", err, took, c.want)
				}
			})
		})
	}
}

// What is written under one deadline fits the pace of the link.
func TestPacedChunks(t *testing.T) {
	for _, c := range []struct {
		name           string
		bytesPerSecond int
		want           int
	}{{"fast", 1 << 20, mostChunk}, {"slow", 100, firstChunk}} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPaced(&trickle{bytes: c.bytesPerSecond, after: time.Second})
				if n, err := p.Write(make([]byte, 1<<20)); err != nil || n != 1<<20 {
					t.Fatalf("%d bytes, %v", n, err)
				}
				if p.chunk != c.want {
					t.Errorf("%d bytes at once, want %d", p.chunk, c.want)
				}
			})
		})
	}
}

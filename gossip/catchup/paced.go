package catchup

import (
	"errors"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
)

var errStalled = errors.New("hardly anything moves any more")

// What is written under one deadline: at first so much that at the least pace that
// counts as progress it just fits, then more as long as the link is fast.
const (
	firstChunk = 4 << 10
	mostChunk  = 64 << 10
)

// paced is a stream that ends when it makes no progress, however long it takes.
// One goroutine reads and writes it.
type paced struct {
	network.Stream
	begun time.Time // of the minute that is measured
	moved int       // bytes in it, both ways
	chunk int       // bytes to write at once
}

func newPaced(s network.Stream) *paced { return &paced{s, time.Now(), 0, firstChunk} }

// Read implements io.Reader.
func (p *paced) Read(b []byte) (int, error) {
	_ = p.SetReadDeadline(time.Now().Add(stallTime))
	n, err := p.Stream.Read(b)
	if err != nil {
		return n, err
	}
	return n, p.move(n)
}

// Write implements io.Writer.
func (p *paced) Write(b []byte) (written int, err error) {
	for len(b) > 0 && err == nil {
		begun := time.Now()
		_ = p.SetWriteDeadline(begun.Add(stallTime))
		var n int
		n, err = p.Stream.Write(b[:min(len(b), p.chunk)])
		if p.chunk = max(p.chunk/2, firstChunk); time.Since(begun) < time.Second {
			p.chunk = min(4*p.chunk, mostChunk)
		}
		b, written = b[n:], written+n
		if err == nil {
			err = p.move(n)
		}
	}
	return written, err
}

func (p *paced) move(n int) error {
	p.moved += n
	if time.Since(p.begun) < stallTime {
		return nil
	}
	if p.moved < stallBytes {
		return errStalled
	}
	p.begun, p.moved = time.Now(), 0
	return nil
}

package gossip

import (
	"errors"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
)

var errStalled = errors.New("hardly anything moves any more")

// pacedChunk is what is written under one deadline: at the least pace that counts
// as progress, it just fits.
const pacedChunk = 4 << 10

// paced is a stream that ends when it makes no progress, however long it takes.
// One goroutine reads and writes it.
type paced struct {
	network.Stream
	begun time.Time // of the minute that is measured
	moved int       // bytes in it, both ways
}

func newPaced(s network.Stream) *paced { return &paced{Stream: s, begun: time.Now()} }

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
		_ = p.SetWriteDeadline(time.Now().Add(stallTime))
		var n int
		n, err = p.Stream.Write(b[:min(len(b), pacedChunk)])
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

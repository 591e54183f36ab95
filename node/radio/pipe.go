package radio

import (
	"bytes"
	"context"
	"io"
	"sync"
)

// pipeQueue bounds the frames under way: a radio buffers a few.
const pipeQueue = 16

// pipe is one end of [Pipe].
type pipe struct {
	in, out chan []byte
	once    *sync.Once
	closed  chan struct{} // of both ends
}

// Pipe returns two links, each of which receives what the other sends. A frame
// that finds the other end's buffer full is lost, as on the air.
func Pipe() (Link, Link) {
	a, b, closed, once := make(chan []byte, pipeQueue), make(chan []byte, pipeQueue), make(chan struct{}), &sync.Once{}
	return &pipe{a, b, once, closed}, &pipe{b, a, once, closed}
}

func (p *pipe) Send(_ context.Context, frame []byte) error {
	select {
	case <-p.closed:
		return io.ErrClosedPipe
	case p.out <- bytes.Clone(frame):
	default:
	}
	return nil
}

func (p *pipe) Receive(ctx context.Context) ([]byte, error) {
	select {
	case frame := <-p.in:
		return frame, nil
	case <-p.closed:
		return nil, io.ErrClosedPipe
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *pipe) Close() error {
	p.once.Do(func() { close(p.closed) })
	return nil
}

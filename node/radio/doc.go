// Package radio spreads messages over radios that carry some 200 bytes at a time.
//
// A [Link] sends and receives frames; [Serial] is one to a modem that speaks KISS,
// [Pipe] two that are joined in memory. A [Radio] runs one link: it cuts messages
// into frames and sends each when gossip/airtime says so, and puts messages
// together from the frames it hears.
//
// Nothing that comes over a radio is trusted: what it carries is judged by whoever
// is given the message, as if a stranger had sent it.
package radio

import "context"

// Link is a radio channel that carries frames whole or not at all. Send and
// Receive may be called at the same time, each by one goroutine.
type Link interface {
	// Send hands a frame to the radio. It returns before the frame is on the air.
	Send(ctx context.Context, frame []byte) error
	// Receive waits for the next frame.
	Receive(ctx context.Context) ([]byte, error)
	// Close ends both.
	Close() error
}

// Listener is a [Link] that can tell whether another radio is sending now.
type Listener interface{ Busy() bool }

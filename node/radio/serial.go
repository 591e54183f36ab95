package radio

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"go.bug.st/serial"
)

const (
	// serialBaud is the speed of the line to the modem. USB ignores it.
	serialBaud = 115200

	// serialPoll is how long one read waits, so that Receive notices its context.
	serialPoll = 200 * time.Millisecond
)

// Serial is a radio modem on a serial line that speaks KISS. How the modem
// modulates is set by its own tools.
type Serial struct {
	port   serial.Port
	reader kissReader
	rest   []byte // read and not yet looked at
	buf    [512]byte
	busy   atomic.Bool
}

var (
	_ Link     = (*Serial)(nil)
	_ Listener = (*Serial)(nil)
)

// OpenSerial opens the modem at a device file, such as /dev/ttyUSB0, or a port
// such as COM3.
func OpenSerial(path string) (*Serial, error) {
	port, err := serial.Open(path, &serial.Mode{BaudRate: serialBaud})
	if err != nil {
		return nil, fmt.Errorf("open radio %s: %w", path, err)
	}
	if err := port.SetReadTimeout(serialPoll); err != nil {
		return nil, errors.Join(fmt.Errorf("open radio %s: %w", path, err), port.Close())
	}
	return &Serial{port: port}, nil
}

// Send implements [Link].
func (s *Serial) Send(_ context.Context, frame []byte) error {
	for b := appendKISS(nil, frame); len(b) > 0; {
		n, err := s.port.Write(b)
		if err != nil {
			return fmt.Errorf("write to radio: %w", err)
		}
		b = b[n:]
	}
	return nil
}

// Receive implements [Link].
func (s *Serial) Receive(ctx context.Context) ([]byte, error) {
	for {
		for len(s.rest) > 0 {
			c := s.rest[0]
			s.rest = s.rest[1:]
			if frame := s.reader.next(c); frame != nil {
				s.busy.Store(false)
				return frame, nil
			}
		}
		s.busy.Store(s.reader.inFrame())
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n, err := s.port.Read(s.buf[:]) // 0 and no error after serialPoll
		if err != nil {
			return nil, fmt.Errorf("read from radio: %w", err)
		}
		if n == 0 {
			s.busy.Store(false)
		}
		s.rest = s.buf[:n]
	}
}

// Busy implements [Listener]: the modem is handing over a frame.
func (s *Serial) Busy() bool { return s.busy.Load() }

// Close implements [Link].
func (s *Serial) Close() error { return s.port.Close() }

package stream

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Framer reads and writes frames with a length before each. One goroutine uses it.
type Framer struct {
	r     *bufio.Reader
	w     *bufio.Writer
	limit uint64 // bounds the bytes of a frame that is read
}

// frameBuffer is written at once: some dozens of envelopes.
const frameBuffer = 32 << 10

// New returns a Framer over rw that reads no frame of more than limit bytes.
func New(rw io.ReadWriter, limit uint64) *Framer {
	return &Framer{r: bufio.NewReaderSize(rw, frameBuffer), w: bufio.NewWriterSize(rw, frameBuffer), limit: limit}
}

// envelopeHead is the CBOR of an envelope's frame up to the length of its bytes.
// Such frames come by the hundred thousand: they are written and read without reflection.
var envelopeHead = []byte{0xa2, 0x00, Envelope, 0x05}

// WriteEnvelope writes the frame of one envelope as Write does, and quicker.
func (f *Framer) WriteEnvelope(raw []byte) error {
	n := len(raw)
	if n < 1<<8 || n >= 1<<16 {
		return f.Write(Frame{Kind: Envelope, Raw: raw})
	}
	b := binary.AppendUvarint(f.w.AvailableBuffer(), uint64(len(envelopeHead)+3+n))
	b = append(append(b, envelopeHead...), 0x59, byte(n>>8), byte(n))
	if _, err := f.w.Write(b); err != nil {
		return err
	}
	_, err := f.w.Write(raw)
	return err
}

// readEnvelope reads the frame of an envelope of 256 bytes or more. Raw refers to b.
func readEnvelope(b []byte) (fr Frame, ok bool) {
	rest, ok := bytes.CutPrefix(b, envelopeHead)
	if !ok || len(rest) < 3+1<<8 || rest[0] != 0x59 || int(binary.BigEndian.Uint16(rest[1:])) != len(rest)-3 {
		return Frame{}, false
	}
	return Frame{Kind: Envelope, Raw: rest[3:]}, true
}

// Write writes a frame to the buffer: it leaves when that is full, or with the next Send.
func (f *Framer) Write(fr Frame) error {
	b, err := wire.Marshal(fr)
	if err != nil {
		return err
	}
	if _, err := f.w.Write(binary.AppendUvarint(f.w.AvailableBuffer(), uint64(len(b)))); err != nil {
		return err
	}
	_, err = f.w.Write(b)
	return err
}

// Send writes a frame and everything before it to the stream.
func (f *Framer) Send(fr Frame) error {
	if err := f.Write(fr); err != nil {
		return err
	}
	return f.w.Flush()
}

// frameAtOnce is what memory is given for before it has arrived.
const frameAtOnce = wire.MaxTransmission + 1<<10

// Read reads one frame. It allocates what has arrived, not what is announced.
func (f *Framer) Read() (Frame, error) {
	n, err := binary.ReadUvarint(f.r)
	if err != nil {
		return Frame{}, err
	}
	if n > f.limit {
		return Frame{}, fmt.Errorf("frame of %d bytes, at most %d", n, f.limit)
	}
	b := make([]byte, min(n, frameAtOnce))
	if _, err := io.ReadFull(f.r, b); err != nil {
		return Frame{}, cut(err)
	}
	if n > frameAtOnce {
		rest, err := io.ReadAll(io.LimitReader(f.r, int64(n-frameAtOnce)))
		if err != nil {
			return Frame{}, err
		}
		if b = append(b, rest...); uint64(len(b)) < n {
			return Frame{}, io.ErrUnexpectedEOF
		}
	}
	if fr, ok := readEnvelope(b); ok {
		return fr, nil
	}
	var fr Frame
	if err := wire.Unmarshal(b, &fr); err != nil {
		return Frame{}, fmt.Errorf("read frame: %w", err)
	}
	return fr, nil
}

// cut names the end of a stream within a frame.
func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// Want reads a frame of the expected kind.
func (f *Framer) Want(kind uint64) (Frame, error) {
	fr, err := f.Read()
	if err == nil && fr.Kind != kind {
		err = fmt.Errorf("frame of kind %d, want %d", fr.Kind, kind)
	}
	return fr, err
}

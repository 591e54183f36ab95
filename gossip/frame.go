package gossip

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/kreidfeuer/kreidfeuer/gossip/ledger"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Frame kinds of catch-up and of drafts (WIRE.md, "Catch-up"). Append only; the
// numbers 2 to 4 were those of its first version.
const (
	frameHello = 1  // both: clock and domains
	frameEnv   = 5  // answering: one envelope
	frameEnd   = 6  // answering: that was all; asking: the session is over
	frameNo    = 7  // draft: this one is rejected, with a note why
	frameRecon = 8  // both: a message of the comparison of one lane
	frameNext  = 9  // asking: offer me more of the lane that we compared
	frameOffer = 10 // both: I hold these and you lack them
	frameGet   = 11 // asking: send me these
)

// frame is one message.
type frame struct {
	Kind    uint64    `cbor:"0,keyasint"`
	Time    uint64    `cbor:"1,keyasint,omitempty"`
	Domains []wire.ID `cbor:"2,keyasint,omitempty"`
	Lane    wire.Lane `cbor:"3,keyasint,omitempty"`
	Items   []byte    `cbor:"4,keyasint,omitempty"` // packed
	Raw     []byte    `cbor:"5,keyasint,omitempty"`
	Note    string    `cbor:"6,keyasint,omitempty"`
	More    bool      `cbor:"7,keyasint,omitempty"` // offer: there is more; get: with chains
}

// place is the lane and domain that a frame is about.
func (f *frame) place() (wire.Place, error) {
	if len(f.Domains) != 1 || f.Lane == 0 {
		return wire.Place{}, fmt.Errorf("frame of kind %d is about %d domains and lane %d", f.Kind, len(f.Domains), f.Lane)
	}
	return wire.Place{Domain: f.Domains[0], Lane: f.Lane}, nil
}

func about(p wire.Place, f frame) frame {
	f.Domains, f.Lane = []wire.ID{p.Domain}, p.Lane
	return f
}

// offered is an item of an offer.
type offered struct {
	id    wire.ID
	grade wire.Level
	size  uint8 // in units of sizeUnit, rounded up; 255: that or more
}

const (
	offeredSize = wire.IDSize + 2
	sizeUnit    = 256 // bytes
)

func (o *offered) bytes() int { return max(1, int(o.size)) * sizeUnit }

func offerOf(e *ledger.Entry) offered {
	return offered{e.ID, e.Grade(), uint8(min(255, (e.Size+sizeUnit-1)/sizeUnit))}
}

func packOffer(list []offered) []byte {
	b := make([]byte, 0, len(list)*offeredSize)
	for i := range list {
		b = append(append(b, list[i].id[:]...), byte(list[i].grade), list[i].size)
	}
	return b
}

func unpackOffer(b []byte) ([]offered, error) {
	if len(b)%offeredSize != 0 || len(b) > offerMax*offeredSize {
		return nil, fmt.Errorf("offer of %d bytes, want at most %d items of %d", len(b), offerMax, offeredSize)
	}
	list := make([]offered, 0, len(b)/offeredSize)
	for ; len(b) > 0; b = b[offeredSize:] {
		list = append(list, offered{wire.ID(b[:wire.IDSize]), wire.Level(b[wire.IDSize]), b[wire.IDSize+1]})
	}
	return list, nil
}

func packIDs(list []offered) []byte {
	b := make([]byte, 0, len(list)*wire.IDSize)
	for i := range list {
		b = append(b, list[i].id[:]...)
	}
	return b
}

func unpackIDs(b []byte) ([]wire.ID, error) {
	if len(b)%wire.IDSize != 0 || len(b) > batchMax*wire.IDSize {
		return nil, fmt.Errorf("request of %d bytes, want at most %d IDs", len(b), batchMax)
	}
	ids := make([]wire.ID, 0, len(b)/wire.IDSize)
	for ; len(b) > 0; b = b[wire.IDSize:] {
		ids = append(ids, wire.ID(b[:wire.IDSize]))
	}
	return ids, nil
}

// framer reads and writes frames with a length before each.
type framer struct {
	r *bufio.Reader
	w *bufio.Writer
	// limit bounds the bytes of a frame that is read; 0: syncFrame.
	limit uint64
}

// frameBuffer is written at once: some dozens of envelopes.
const frameBuffer = 32 << 10

func newFramer(rw io.ReadWriter) *framer {
	return &framer{r: bufio.NewReaderSize(rw, frameBuffer), w: bufio.NewWriterSize(rw, frameBuffer)}
}

// newDraftFramer reads frames of the draft protocol.
func newDraftFramer(rw io.ReadWriter) *framer {
	f := newFramer(rw)
	f.limit = draftFrame
	return f
}

// envelopeHead is the CBOR of an envelope's frame up to the length of its bytes.
// Such frames come by the hundred thousand: they are written and read without reflection.
var envelopeHead = []byte{0xa2, 0x00, frameEnv, 0x05}

// writeEnvelope writes the frame of one envelope, as write does, of 256 bytes or more.
func (f *framer) writeEnvelope(raw []byte) error {
	n := len(raw)
	if n < 1<<8 || n >= 1<<16 {
		return f.write(frame{Kind: frameEnv, Raw: raw})
	}
	b := binary.AppendUvarint(f.w.AvailableBuffer(), uint64(len(envelopeHead)+3+n))
	b = append(append(b, envelopeHead...), 0x59, byte(n>>8), byte(n))
	if _, err := f.w.Write(b); err != nil {
		return err
	}
	_, err := f.w.Write(raw)
	return err
}

// readEnvelope reads the frame that writeEnvelope writes. Raw refers to b.
func readEnvelope(b []byte) (fr frame, ok bool) {
	rest, ok := bytes.CutPrefix(b, envelopeHead)
	if !ok || len(rest) < 3+1<<8 || rest[0] != 0x59 || int(binary.BigEndian.Uint16(rest[1:])) != len(rest)-3 {
		return frame{}, false
	}
	return frame{Kind: frameEnv, Raw: rest[3:]}, true
}

func (f *framer) write(fr frame) error {
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

func (f *framer) send(fr frame) error {
	if err := f.write(fr); err != nil {
		return err
	}
	return f.w.Flush()
}

// frameAtOnce is what memory is given for before it has arrived.
const frameAtOnce = wire.MaxTransmission + 1<<10

// read reads one frame. It allocates what has arrived, not what is announced.
func (f *framer) read() (frame, error) {
	n, err := binary.ReadUvarint(f.r)
	if err != nil {
		return frame{}, err
	}
	if most := cmp.Or(f.limit, syncFrame); n > most {
		return frame{}, fmt.Errorf("frame of %d bytes, at most %d", n, most)
	}
	b := make([]byte, min(n, frameAtOnce))
	if _, err := io.ReadFull(f.r, b); err != nil {
		return frame{}, cut(err)
	}
	if n > frameAtOnce {
		rest, err := io.ReadAll(io.LimitReader(f.r, int64(n-frameAtOnce)))
		if err != nil {
			return frame{}, err
		}
		if b = append(b, rest...); uint64(len(b)) < n {
			return frame{}, io.ErrUnexpectedEOF
		}
	}
	if fr, ok := readEnvelope(b); ok {
		return fr, nil
	}
	var fr frame
	if err := wire.Unmarshal(b, &fr); err != nil {
		return frame{}, fmt.Errorf("read frame: %w", err)
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

// want reads a frame of the expected kind.
func (f *framer) want(kind uint64) (frame, error) {
	fr, err := f.read()
	if err == nil && fr.Kind != kind {
		err = fmt.Errorf("frame of kind %d, want %d", fr.Kind, kind)
	}
	return fr, err
}

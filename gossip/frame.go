package gossip

import (
	"bufio"
	"cmp"
	"encoding/binary"
	"fmt"
	"io"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Frame kinds of the catch-up protocol (WIRE.md, "Catch-up"). Append only.
const (
	frameHello = 1 // both: clock and domains
	frameList  = 2 // client: what do you know of this domain and lane?
	frameItems = 3 // server: these
	frameGet   = 4 // client: send me these
	frameEnv   = 5 // server: one of them, in transmitted form
	frameEnd   = 6 // server: that was all
	frameNo    = 7 // draft: this one is rejected, with a note why
)

// frame is one message of the catch-up protocol.
type frame struct {
	Kind    uint64      `cbor:"0,keyasint"`
	Time    uint64      `cbor:"1,keyasint,omitempty"`
	Domains []wire.ID   `cbor:"2,keyasint,omitempty"`
	Lane    wire.Lane   `cbor:"3,keyasint,omitempty"`
	Items   []frameItem `cbor:"4,keyasint,omitempty"`
	Raw     []byte      `cbor:"5,keyasint,omitempty"`
	Note    string      `cbor:"6,keyasint,omitempty"`
}

type frameItem struct {
	_     struct{} `cbor:",toarray"`
	ID    wire.ID
	Level wire.Level
}

// framer reads and writes frames with a length before each.
type framer struct {
	r *bufio.Reader
	w *bufio.Writer
	// limit bounds the bytes of a frame that is read; 0: catchUpFrame.
	limit uint64
}

func newFramer(rw io.ReadWriter) *framer {
	return &framer{r: bufio.NewReader(rw), w: bufio.NewWriter(rw)}
}

// newDraftFramer reads frames of the draft protocol.
func newDraftFramer(rw io.ReadWriter) *framer {
	f := newFramer(rw)
	f.limit = draftFrame
	return f
}

func (f *framer) write(fr frame) error {
	b, err := wire.Marshal(fr)
	if err != nil {
		return err
	}
	if _, err := f.w.Write(binary.AppendUvarint(nil, uint64(len(b)))); err != nil {
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

// read reads one frame. It allocates what has arrived, not what is announced.
func (f *framer) read() (frame, error) {
	n, err := binary.ReadUvarint(f.r)
	if err != nil {
		return frame{}, err
	}
	if most := cmp.Or(f.limit, catchUpFrame); n > most {
		return frame{}, fmt.Errorf("frame of %d bytes, at most %d", n, most)
	}
	b, err := io.ReadAll(io.LimitReader(f.r, int64(n)))
	if err != nil {
		return frame{}, err
	}
	if uint64(len(b)) < n {
		return frame{}, io.ErrUnexpectedEOF
	}
	var fr frame
	if err := wire.Unmarshal(b, &fr); err != nil {
		return frame{}, fmt.Errorf("read frame: %w", err)
	}
	return fr, nil
}

// want reads a frame of the expected kind.
func (f *framer) want(kind uint64) (frame, error) {
	fr, err := f.read()
	if err == nil && fr.Kind != kind {
		err = fmt.Errorf("frame of kind %d, want %d", fr.Kind, kind)
	}
	return fr, err
}

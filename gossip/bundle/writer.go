package bundle

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"io"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Writer writes one bundle. It keeps one record in memory. After an error it
// must not be used any more.
type Writer struct {
	w     io.Writer
	sum   hash.Hash
	size  int64
	count uint64
	buf   []byte
}

// NewWriter begins a bundle on w, with its header.
func NewWriter(w io.Writer, h Header) (*Writer, error) {
	text, err := h.encode()
	if err != nil {
		return nil, err
	}
	b := &Writer{w: w, sum: sha256.New()}
	if err := b.write([]byte(preamble)); err != nil {
		return nil, err
	}
	return b, b.record(kindHeader, text)
}

// Write adds one envelope in transmission. Call it in the order of [Rank]; the
// format does not depend on it. The error is ErrFull when the bundle, which can
// still be closed, has no room for it.
func (b *Writer) Write(envelope []byte) error {
	if err := b.content(kindEnvelope, envelope, nil); err != nil {
		return err
	}
	b.count++
	return nil
}

// Spare writes an envelope once more that was written before, for readers who
// find damage: what proves many others is worth it. Call it after all calls of
// Write.
func (b *Writer) Spare(envelope []byte) error {
	return b.content(kindSpare, envelope, binary.BigEndian.AppendUint64(nil, b.count))
}

func (b *Writer) content(kind byte, envelope, before []byte) error {
	if len(envelope) == 0 || len(envelope) > wire.MaxTransmission {
		return fmt.Errorf("write bundle: an envelope of %d bytes, want 1 to %d", len(envelope), wire.MaxTransmission)
	}
	if b.size+int64(headSize+len(before)+len(envelope)+tailSize+endRecord) > MaxSize {
		return ErrFull
	}
	if before == nil {
		return b.record(kind, envelope)
	}
	return b.record(kind, append(before, envelope...))
}

// Count is the number of envelopes written; Size that of bytes, without the end.
func (b *Writer) Count() uint64 { return b.count }

// Size is the number of bytes written so far.
func (b *Writer) Size() int64 { return b.size }

// Close writes the end. It does not close the writer below.
func (b *Writer) Close() error {
	end := binary.BigEndian.AppendUint64(nil, b.count)
	return b.record(kindEnd, b.sum.Sum(end))
}

func (b *Writer) record(kind byte, content []byte) error {
	b.buf = appendRecord(b.buf[:0], kind, content)
	return b.write(b.buf)
}

func (b *Writer) write(p []byte) error {
	b.sum.Write(p)
	n, err := b.w.Write(p)
	b.size += int64(n)
	if err != nil {
		return fmt.Errorf("write bundle: %w", err)
	}
	return nil
}

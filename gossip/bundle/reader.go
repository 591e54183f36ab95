package bundle

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
)

// Reader reads one bundle, of whatever size, in bounded memory.
type Reader struct {
	in  *bufio.Reader
	at  int64 // offset of the next byte
	max int64 // bytes that a bundle may have
	sum hash.Hash

	started bool
	ended   bool   // the end record was read
	cut     bool   // that it is missing was said
	sound   uint64 // envelopes read
	header  *Header
	any     bool  // the first line or a sound record was seen
	waste   int64 // bytes checked in vain
	last    int64 // offset of the envelope returned last
	fatal   error
}

// NewReader begins to read a bundle. It reads nothing yet.
func NewReader(r io.Reader) *Reader {
	return &Reader{in: bufio.NewReaderSize(r, bufferSize), max: MaxSize, sum: sha256.New()}
}

// Header is what the bundle says of itself, once it was read: after the first
// call of Next. False if it is damaged.
func (r *Reader) Header() (Header, bool) {
	if r.header == nil {
		return Header{}, false
	}
	return *r.header, true
}

// Offset is where the record of the envelope that Next returned last begins, in
// bytes from the beginning of the file.
func (r *Reader) Offset() int64 { return r.last }

// Next returns the next envelope in transmission, which is valid until the next
// call. Spares come only where something before them is missing. After a [*DamageError] there may be more: call it again. At the end it
// returns io.EOF. Every other error ends the reading: [ErrNotBundle], a
// [*VersionError], or that of the reader below with the place.
func (r *Reader) Next() ([]byte, error) {
	if r.fatal != nil {
		return nil, r.fatal
	}
	envelope, err := r.next()
	if err != nil && !errors.As(err, new(*DamageError)) {
		r.fatal = err
	}
	return envelope, err
}

func (r *Reader) next() ([]byte, error) {
	if !r.started {
		r.started = true
		if err := r.begin(); err != nil {
			return nil, err
		}
	}
	for {
		kind, content, err := r.record()
		if err == io.EOF {
			return nil, r.finish()
		}
		if err != nil {
			return nil, err
		}
		switch kind {
		case kindHeader:
			err = r.readHeader(content)
		case kindEnvelope:
			r.sound++
			return content, nil
		case kindSpare:
			if len(content) > countSize && binary.BigEndian.Uint64(content) != r.sound {
				return content[countSize:], nil
			}
		case kindEnd:
			err = r.readEnd(content)
		}
		if err != nil {
			return nil, err
		}
	}
}

// begin reads the first lines.
func (r *Reader) begin() error {
	b, err := r.in.Peek(len(preamble))
	if err != nil && err != io.EOF {
		return r.failed(err)
	}
	r.any = bytes.HasPrefix(b, []byte(Magic))
	if string(b) == preamble {
		r.take(len(b))
		return nil
	}
	if len(b) == 0 {
		return ErrNotBundle
	}
	return r.resync("the first lines are damaged", 0)
}

// record reads the next record. io.EOF: the file ends here.
func (r *Reader) record() (kind byte, content []byte, err error) {
	head, err := r.in.Peek(headSize)
	if len(head) == 0 && err == io.EOF {
		return 0, nil, io.EOF
	}
	if err != nil && err != io.EOF {
		return 0, nil, r.failed(err)
	}
	if r.at >= r.max {
		return 0, nil, r.tooLarge()
	}
	if r.ended {
		r.ended, r.cut = false, true // what follows has no end of its own
		r.sum.Reset()
		return 0, nil, r.resync("there is more behind the end", 0)
	}
	kind, length, ok := parseHead(head)
	if !ok {
		return 0, nil, r.resync("no record begins here", 1)
	}
	whole, err := r.in.Peek(headSize + length + tailSize)
	if err != nil && err != io.EOF {
		return 0, nil, r.failed(err)
	}
	if err == io.EOF {
		return 0, nil, r.resync("the record is cut off", 1)
	}
	if !isSound(whole) {
		r.waste += int64(len(whole))
		return 0, nil, r.resync("the record does not match its checksum", 1)
	}
	r.any = true
	r.last = r.at
	content = whole[headSize : headSize+length]
	if kind == kindEnd { // which is not part of its own digest
		return kind, content, nil
	}
	r.take(len(whole))
	return kind, content, nil
}

// resync skips to the next sound record, at least skip bytes ahead, and returns
// the damage.
func (r *Reader) resync(reason string, skip int) error {
	d := &DamageError{From: r.at, Reason: reason}
	for r.waste <= maxWaste+wasteFactor*r.at {
		if r.take(skip); r.at >= r.max {
			return r.tooLarge()
		}
		b, err := r.in.Peek(maxRecord)
		if err != nil && err != io.EOF {
			return r.failed(err)
		}
		if !r.any && r.at > maxNoise {
			return ErrNotBundle
		}
		i := bytes.Index(b, []byte(marker))
		if i < 0 { // a marker may begin in the last bytes
			if err == io.EOF {
				r.take(len(b))
				d.To = r.at
				return r.toEnd(d)
			}
			skip = len(b) - len(marker) + 1
			continue
		}
		r.take(i)
		if r.soundAhead() {
			d.To = r.at
			return d
		}
		skip = 1
	}
	return fmt.Errorf("read bundle: gave up at byte %d: too much of it is damaged", r.at)
}

// toEnd is damage up to the end of the file.
func (r *Reader) toEnd(d *DamageError) error {
	if !r.any {
		return ErrNotBundle
	}
	if !r.cut {
		d.CutOff, r.cut = true, true
		d.Reason += ", and the bundle is cut off before its end"
	}
	return d
}

// soundAhead reports whether a whole, sound record begins here.
func (r *Reader) soundAhead() bool {
	head, _ := r.in.Peek(headSize)
	_, length, ok := parseHead(head)
	if !ok {
		return false
	}
	whole, err := r.in.Peek(headSize + length + tailSize)
	if err == nil && isSound(whole) {
		return true
	}
	r.waste += int64(len(whole))
	return false
}

func (r *Reader) readHeader(content []byte) error {
	h, err := parseHeader(string(content))
	var version *VersionError
	if errors.As(err, &version) {
		return version
	}
	if err != nil {
		return &DamageError{From: r.last, To: r.at, Reason: err.Error()}
	}
	if r.header == nil {
		h.Domains, h.Lanes = cloned(h.Domains), cloned(h.Lanes)
		r.header = &h
	}
	return nil
}

func cloned[T any](list []T) []T { return append([]T(nil), list...) }

// readEnd compares the end with what was read: records that are gone without a
// trace, or stand in another order, show here only.
func (r *Reader) readEnd(content []byte) error {
	from, sum := r.at, r.sum.Sum(nil)
	r.take(headSize + len(content) + tailSize)
	r.ended = true
	if len(content) != endSize {
		return &DamageError{From: from, To: r.at, Reason: fmt.Sprintf("the end has %d bytes, want %d", len(content), endSize)}
	}
	total := binary.BigEndian.Uint64(content)
	var missing []string
	if total != r.sound {
		missing = append(missing, fmt.Sprintf("%d of %d envelopes were read", r.sound, total))
	}
	if !bytes.Equal(sum, content[8:]) {
		missing = append(missing, "the bundle does not match its checksum")
	}
	if len(missing) == 0 {
		return nil
	}
	return &DamageError{From: from, To: from, Reason: strings.Join(missing, ", ")}
}

// finish is the end of the file.
func (r *Reader) finish() error {
	switch {
	case !r.any:
		return ErrNotBundle
	case !r.ended && !r.cut:
		r.cut = true
		return &DamageError{From: r.at, To: r.at, Reason: "the bundle is cut off here, before its end", CutOff: true}
	}
	return io.EOF
}

// take consumes n bytes, which have been looked at.
func (r *Reader) take(n int) {
	b, _ := r.in.Peek(n)
	r.sum.Write(b)
	discarded, _ := r.in.Discard(len(b))
	r.at += int64(discarded)
}

// tooLarge ends the reading of what is no bundle any more: a file with holes may
// say to have terabytes.
func (r *Reader) tooLarge() error {
	return fmt.Errorf("read bundle: gave up at byte %d: no bundle is larger", r.at)
}

func (r *Reader) failed(err error) error { return fmt.Errorf("read bundle at byte %d: %w", r.at, err) }

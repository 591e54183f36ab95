package brief

import (
	"bytes"
	"encoding/binary"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// spelled is a message, read but not yet held against any book.
type spelled struct {
	flags    byte
	names    []Name
	sigs     [][64]byte
	sequence uint64
	named    Name   // previous, if flagNamed
	previous []byte // its hash, else
	random   [alert.RandomBytes]byte
	core     []byte // folded, unless kindForeign
	refs     []wire.PartRef
	packed   [][]byte // nil where absent
}

// hashSize is that of an ID without its algorithm, which is SHA-256.
const hashSize = wire.IDSize - 1

func idOfHash(hash []byte) wire.ID { return wire.ID(append([]byte{1}, hash...)) }

// reader reads the fields of a message in front of what is compressed.
type reader struct {
	b  []byte
	ok bool
}

func (r *reader) take(n int) []byte {
	if !r.ok || n > len(r.b) {
		r.ok = false
		return make([]byte, n)
	}
	b := r.b[:n:n]
	r.b = r.b[n:]
	return b
}

// uvarint reads a number without needless bytes.
func (r *reader) uvarint() uint64 {
	v, n := binary.Uvarint(r.b)
	if !r.ok || n <= 0 || n > 1 && r.b[n-1] == 0 {
		r.ok = false
		return 0
	}
	r.b = r.b[n:]
	return v
}

func read(b []byte) (*spelled, error) {
	r := &reader{b[1:], b[0]&flagReserved == 0}
	m := &spelled{flags: b[0]}
	approvers, parts := 0, 0
	if m.flags&flagMore != 0 {
		more := r.take(1)[0]
		approvers, parts = int(more&15), int(more>>4)
		r.ok = r.ok && more > 0
	}
	for range 1 + approvers {
		m.names = append(m.names, Name(r.take(len(Name{}))))
	}
	for range 1 + approvers {
		m.sigs = append(m.sigs, [64]byte(r.take(64)))
	}
	m.sequence = r.uvarint()
	switch named := m.flags&flagNamed != 0; {
	case m.sequence <= 1:
		r.ok = r.ok && !named && m.sequence == 1
	case named:
		m.named = Name(r.take(len(Name{})))
	default:
		m.previous = r.take(hashSize)
	}
	if m.flags&kindMask == kindAlert {
		copy(m.random[:], r.take(alert.RandomBytes))
	}
	for range parts {
		m.readPart(r)
	}
	if !r.ok {
		return nil, errPastEnd
	}
	return m, m.readContent(r.b)
}

// readPart reads what stands of a part in front: its size, and its digest unless
// its content follows.
func (m *spelled) readPart(r *reader) {
	size := r.uvarint()
	ref := wire.PartRef{Size: size >> 1}
	if size&1 == 0 {
		ref.Digest = idOfHash(r.take(hashSize))
	}
	m.refs = append(m.refs, ref)
}

// readContent reads what is compressed: the core, then the parts that are put in.
// It has to be written as Write does.
func (m *spelled) readContent(b []byte) error {
	c := content{source: newExpander(b, m.previous)}
	if err := c.item(0); err != nil {
		return err
	}
	m.core = c.b[:len(c.b):len(c.b)]
	m.packed = make([][]byte, len(m.refs))
	for i := range m.refs {
		ref := &m.refs[i]
		if !ref.Digest.IsZero() {
			continue
		}
		from := len(c.b)
		if ref.Size > maxContent {
			return errContent
		}
		if err := c.take(int(ref.Size)); err != nil {
			return err
		}
		*ref = wire.NewPartRef(c.b[from:])
		m.packed[i] = wire.PackPart(c.b[from:])
	}
	if !bytes.Equal(compress(c.b, m.previous), b) {
		return errContent
	}
	return nil
}

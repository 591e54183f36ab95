package persist

import (
	"encoding/binary"
	"fmt"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Entry is an accepted envelope on its way into the store.
type Entry struct {
	Envelope *wire.Envelope // its Chain is not stored
	Parts    [][]byte       // packed, in the payload's order, nil where absent; nil: those of Envelope
	Level    wire.Level     // as the trust pool found it
	Author   [32]byte       // the author's Ed25519 public key
	Received uint64         // this device's clock, Unix seconds; not trusted for any order
}

// Row is what the index knows of a stored envelope, without decoding it.
type Row struct {
	ID       wire.ID
	Level    wire.Level
	Domain   wire.ID
	Lane     wire.Lane
	Type     wire.Type
	Priority wire.Priority
	Author   [32]byte // Ed25519 public key
	Sequence uint64   // of that key in that lane
	Created  uint64   // Unix seconds, signed
	Expires  uint64   // Unix seconds, signed
	Received uint64   // Unix seconds by this device's clock when it first came
	Arrival  uint64   // 1, 2, 3... in the order of coming, whatever the clock said
	Size     uint32   // bytes of the stored form
	Parts    uint8    // number of detached parts the payload names
	PartSize uint32   // bytes of all those parts, uncompressed, as signed
}

// Item is the row as stores and sync compare it.
func (r *Row) Item() wire.Item { return wire.Item{ID: r.ID, Level: r.Level} }

// Bucket is the row's expiry bucket.
func (r *Row) Bucket() Bucket { return BucketOf(r.Expires) }

// Record is a stored envelope. Envelope.Parts and Chain are nil; see
// [Store.Parts].
type Record struct {
	Row
	Envelope *wire.Envelope
	Stored   []byte // the stored form, which Envelope refers to
}

// rowSize is the length of an encoded row (FORMAT.md, "Row").
const rowSize = 152

func (r *Row) append(b []byte) []byte {
	le := binary.BigEndian
	b = append(b, byte(r.Level), byte(r.Lane), byte(r.Priority), r.Parts)
	b = le.AppendUint16(b, uint16(r.Type))
	b = le.AppendUint32(b, r.Size)
	b = le.AppendUint32(b, r.PartSize)
	for _, v := range []uint64{r.Sequence, r.Created, r.Expires, r.Received, r.Arrival} {
		b = le.AppendUint64(b, v)
	}
	b = append(b, r.Author[:]...)
	b = append(b, r.ID[:]...)
	return append(b, r.Domain[:]...)
}

func parseRow(b []byte) (r Row, err error) {
	if len(b) != rowSize {
		return r, fmt.Errorf("row of %d bytes, want %d", len(b), rowSize)
	}
	be := binary.BigEndian
	r.Level, r.Lane, r.Priority, r.Parts = wire.Level(b[0]), wire.Lane(b[1]), wire.Priority(b[2]), b[3]
	r.Type, r.Size, r.PartSize = wire.Type(be.Uint16(b[4:])), be.Uint32(b[6:]), be.Uint32(b[10:])
	for i, v := range []*uint64{&r.Sequence, &r.Created, &r.Expires, &r.Received, &r.Arrival} {
		*v = be.Uint64(b[14+8*i:])
	}
	copy(r.Author[:], b[54:])
	copy(r.ID[:], b[86:])
	copy(r.Domain[:], b[119:])
	return r, nil
}

// newRow describes e and lists the parts its payload names.
func newRow(e Entry) (Row, []wire.PartRef, error) {
	h := &e.Envelope.Header
	r := Row{
		ID: e.Envelope.ID(), Level: e.Level, Domain: e.Envelope.Domain(), Lane: h.Lane, Type: h.Type, Priority: h.Priority,
		Author: e.Author, Sequence: h.Sequence, Created: h.Created, Expires: h.Expires, Received: e.Received,
	}
	if h.Type != wire.TypeAlert {
		return r, nil, nil
	}
	p, err := wire.ParsePayload(e.Envelope.Payload)
	if err != nil {
		return r, nil, err
	}
	r.Parts = uint8(len(p.Parts)) // at most wire.MaxParts
	for _, ref := range p.Parts {
		r.PartSize += uint32(ref.Size) // at most MaxParts * MaxPartSize
	}
	return r, p.Parts, nil
}

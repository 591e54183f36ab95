package recon

import (
	"encoding/binary"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// The first byte of a message (FORMAT.md). What asks is odd, what answers is even.
const (
	msgHello   = 1
	msgCells   = 3
	msgList    = 5
	msgQuery   = 7
	msgCheck   = 9
	msgNote    = 11
	msgEnough  = 13
	msgEqual   = 2
	msgSummary = 4
	msgCellRow = 6
	msgRefs    = 8
	msgNodes   = 10
	msgUnequal = 12
	msgNoted   = 14
)

// reader reads a message. After the first failure everything is zero and bad is set.
type reader struct {
	rest []byte
	bad  bool
}

func (r *reader) fail() { r.rest, r.bad = nil, true }

func (r *reader) bytes(n int) []byte {
	if n > len(r.rest) {
		r.fail()
		return make([]byte, n)
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *reader) byte() byte { return r.bytes(1)[0] }

// number reads an unsigned LEB128 integer in its shortest form, at most limit.
func (r *reader) number(limit uint64) uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 || n > 1 && r.rest[n-1] == 0 || v > limit {
		r.fail()
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

// count reads how many elements of a size follow, so that no claim costs more
// memory than the message that makes it.
func (r *reader) count(size int) int { return int(r.number(uint64(len(r.rest) / size))) }

func (r *reader) digest() (d digest) {
	copy(d[:], r.bytes(len(d)))
	return d
}

func (r *reader) key() (k key) {
	copy(k[:], r.bytes(keySize))
	return k
}

func (r *reader) entry() entry { return entry{r.key(), wire.Level(r.byte())} }

// bound reads the end of a range: a key, or nothing for the end of all keys.
func (r *reader) bound() *key {
	switch r.byte() {
	case 0:
		return nil
	case 1:
		k := r.key()
		return &k
	}
	r.fail()
	return nil
}

func (r *reader) prefix() prefix {
	digits := int(r.number(keyDigits))
	var k key
	copy(k[:], r.bytes((digits+3)/4))
	p := cut(&k, digits)
	if p.key != k {
		r.fail() // digits beyond the last are zero
	}
	return p
}

func (r *reader) refs() []Ref {
	refs := make([]Ref, r.count(8))
	for i := range refs {
		refs[i] = Ref(binary.BigEndian.Uint64(r.bytes(8)))
	}
	return refs
}

func (r *reader) cells() []cell {
	cells := make([]cell, r.count(cellSize))
	for i := range cells {
		b := r.bytes(cellSize)
		cells[i] = cell{binary.BigEndian.Uint64(b), uint32(b[8])<<16 | uint32(b[9])<<8 | uint32(b[10])}
	}
	return cells
}

// end reports whether the message was well-formed and ends here.
func (r *reader) end() bool { return !r.bad && len(r.rest) == 0 }

func appendNumber[T int | uint32](b []byte, v T) []byte { return binary.AppendUvarint(b, uint64(v)) }

func appendBound(b []byte, k *key) []byte {
	if k == nil {
		return append(b, 0)
	}
	return append(append(b, 1), k[:]...)
}

func appendPrefix(b []byte, p *prefix) []byte {
	return append(appendNumber(b, p.digits), p.key[:(p.digits+3)/4]...)
}

func appendRefs(b []byte, refs []Ref) []byte {
	b = appendNumber(b, len(refs))
	for _, r := range refs {
		b = binary.BigEndian.AppendUint64(b, uint64(r))
	}
	return b
}

func (s *sketch) append(b []byte, from, n int) []byte {
	b = appendNumber(b, n)
	for i := from; i < from+n; i++ {
		c := s.at(i)
		b = binary.BigEndian.AppendUint64(b, c.sum)
		b = append(b, byte(c.check>>16), byte(c.check>>8), byte(c.check))
	}
	return b
}

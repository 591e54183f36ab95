package compact

import (
	"encoding/binary"
	"fmt"
	"slices"
	"unicode/utf8"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Major types of CBOR (RFC 8949, 3.1) as the format uses them.
const (
	majorUint  = 0
	majorNint  = 1
	majorBytes = 2
	majorText  = 3
	majorArray = 4
	majorMap   = 5
	majorNone  = 7 // null, or the end of the input
)

const null = 0xf6

// appendHead writes the shortest head of an item.
func appendHead(b []byte, major byte, n uint64) []byte {
	m := major << 5
	switch {
	case n < 24:
		return append(b, m|byte(n))
	case n <= 0xff:
		return append(b, m|24, byte(n))
	case n <= 0xffff:
		return binary.BigEndian.AppendUint16(append(b, m|25), uint16(n))
	case n <= 0xffffffff:
		return binary.BigEndian.AppendUint32(append(b, m|26), uint32(n))
	}
	return binary.BigEndian.AppendUint64(append(b, m|27), n)
}

func appendUint(b []byte, n uint64) []byte { return appendHead(b, majorUint, n) }

func appendInt(b []byte, n int64) []byte {
	if n < 0 {
		return appendHead(b, majorNint, uint64(-1-n))
	}
	return appendHead(b, majorUint, uint64(n))
}

func appendText(b []byte, s string) []byte {
	return append(appendHead(b, majorText, uint64(len(s))), s...)
}

func appendBytes(b, s []byte) []byte {
	return append(appendHead(b, majorBytes, uint64(len(s))), s...)
}

func appendArray(b []byte, n int) []byte { return appendHead(b, majorArray, uint64(n)) }

// meter counts what decoding costs and keeps the first error. All readers of
// one document share it.
type meter struct {
	left   int // for the core or part that is being read
	total  int // for all of them
	strict bool
	err    *wire.Refusal
}

// newMeter is strict with what comes in envelopes.
func newMeter(file bool) *meter {
	if file {
		return &meter{total: fileCost}
	}
	return &meter{total: maxCost, strict: true}
}

// grant allows what a core or part of this size may cost. Each has its own
// allowance, so that no part's absence makes another one fail.
func (m *meter) grant(size int) {
	m.left = m.total
	if m.strict {
		m.left = min(m.left, freeCost+costFactor*size)
	}
}

func (m *meter) fail(reason wire.Reason, format string, args ...any) {
	if m.err == nil {
		m.err = wire.Refuse(reason, format, args...)
	}
}

func (m *meter) spend(n int) {
	m.total -= n
	if m.left -= n; m.left < 0 {
		m.fail(wire.ReasonBadPayload, "expands to too much")
	}
}

// reader reads items of deterministic CBOR one after the other. Its methods
// return zero values once the meter holds an error. It reads by hand, because
// an item's type decides its meaning, and so that its cost is counted before
// memory is spent.
type reader struct {
	*meter
	b    []byte
	what string // element, for errors
}

func (r *reader) bad(format string, args ...any) {
	r.fail(wire.ReasonBadPayload, "%s: %s", r.what, fmt.Sprintf(format, args...))
	r.b = nil
}

func (r *reader) unsupported(what string, n uint64) {
	r.fail(wire.ReasonUnsupported, "%s: %s %d is unknown", r.what, what, n)
	r.b = nil
}

// peek is the major type of the next item.
func (r *reader) peek() byte {
	if r.err != nil || len(r.b) == 0 {
		return majorNone
	}
	return r.b[0] >> 5
}

// head reads the head of an item, which must be the shortest.
func (r *reader) head() (major byte, n uint64) {
	if r.err != nil || len(r.b) == 0 {
		r.bad("ends too early")
		return majorNone, 0
	}
	major, info := r.b[0]>>5, r.b[0]&0x1f
	if info < 24 {
		r.b = r.b[1:]
		return major, uint64(info)
	}
	size := 1 << (info - 24)
	if info > 27 || len(r.b) < 1+size {
		r.bad("item cut short or of indefinite length")
		return majorNone, 0
	}
	for _, c := range r.b[1 : 1+size] {
		n = n<<8 | uint64(c)
	}
	if size == 1 && n < 24 || size > 1 && n>>(4*size) == 0 {
		r.bad("number not in its shortest form")
		return majorNone, 0
	}
	r.b = r.b[1+size:]
	return major, n
}

func (r *reader) want(major byte) uint64 {
	got, n := r.head()
	if got != major && r.err == nil {
		r.bad("major type %d, want %d", got, major)
		return 0
	}
	return n
}

func (r *reader) uint() uint64 { return r.want(majorUint) }

// index reads a number below limit.
func (r *reader) index(limit int) int {
	n := r.uint()
	if r.err == nil && n >= uint64(limit) {
		r.bad("%d is out of range", n)
	}
	if r.err != nil {
		return 0
	}
	return int(n)
}

func (r *reader) int() int64 {
	major, n := r.head()
	switch {
	case r.err != nil:
		return 0
	case major > majorNint || n > 1<<62:
		r.bad("not an integer in range")
		return 0
	case major == majorNint:
		return -1 - int64(n)
	}
	return int64(n)
}

func (r *reader) take(n uint64) []byte {
	if n > uint64(len(r.b)) {
		r.bad("string cut short")
		return nil
	}
	b := r.b[:n]
	r.b = r.b[n:]
	return b
}

// bytes reads a byte string; it refers to the input.
func (r *reader) bytes() []byte { return r.take(r.want(majorBytes)) }

func (r *reader) text() string {
	b := r.take(r.want(majorText))
	r.spend(costText + len(b))
	if !utf8.Valid(b) {
		r.bad("text is not UTF-8")
	}
	if r.err != nil {
		return ""
	}
	return string(b)
}

// array reads the head of an array. As every item takes a byte, the length is
// bounded by the input.
func (r *reader) array() int {
	n := r.want(majorArray)
	if n > uint64(len(r.b)) {
		r.bad("array cut short")
		return 0
	}
	return int(n)
}

// skip passes over one item of any type that the format uses, and returns it.
func (r *reader) skip() []byte {
	start := r.b
	r.skipDepth(maxDepth)
	return start[:len(start)-len(r.b)] // all of it after an error
}

func (r *reader) skipDepth(depth int) {
	if depth == 0 {
		r.bad("nested too deeply")
		return
	}
	if len(r.b) > 0 && r.b[0] == null {
		r.b = r.b[1:]
		return
	}
	major, n := r.head()
	switch major {
	case majorUint, majorNint:
	case majorBytes, majorText:
		r.take(n)
	case majorArray:
		for range n {
			if r.err != nil {
				return
			}
			r.skipDepth(depth - 1)
		}
	case majorMap:
		for last := -1; n > 0 && r.err == nil; n-- {
			last = r.key(last)
			r.skipDepth(depth - 1)
		}
	default:
		r.bad("tag, float or simple value")
	}
}

// entry is one pair of a map.
type entry struct {
	key uint8
	raw []byte // the encoded value
}

// entries is a map with ascending keys.
type entries []entry

func (e entries) get(key uint8) []byte {
	for _, x := range e {
		if x.key == key {
			return x.raw
		}
	}
	return nil
}

// set returns the map with the pair in its place.
func (e entries) set(key uint8, raw []byte) entries {
	i := 0
	for i < len(e) && e[i].key < key {
		i++
	}
	return slices.Insert(e, i, entry{key, raw})
}

// size is the length of all values.
func (e entries) size() int {
	n := 0
	for _, x := range e {
		n += len(x.raw)
	}
	return n
}

func (e entries) appendTo(b []byte) []byte {
	b = appendHead(b, majorMap, uint64(len(e)))
	for _, x := range e {
		b = append(appendUint(b, uint64(x.key)), x.raw...)
	}
	return b
}

// key reads a map key, which must follow the last one.
func (r *reader) key(last int) int {
	key := r.uint()
	switch {
	case r.err != nil:
	case key > maxKey:
		r.unsupported("key", key)
	case int(key) <= last:
		r.bad("keys out of order")
	}
	return int(key)
}

// usualFields are more than most maps have. Lists that do not outlive their
// map begin in an array of as many.
const usualFields = 12

// fields reads a map into list, which is empty; the values refer to the input.
func (r *reader) fields(list entries) entries {
	n := r.want(majorMap)
	list = slices.Grow(list, int(min(n, maxKey+1)))
	for last := -1; n > 0 && r.err == nil; n-- {
		last = r.key(last)
		list = append(list, entry{uint8(last), r.skip()})
	}
	return list
}

// end demands that nothing follows.
func (r *reader) end() {
	if r.err == nil && len(r.b) > 0 {
		r.bad("%d bytes too many", len(r.b))
	}
}

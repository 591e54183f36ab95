package wire

import (
	"bytes"
	"math"
	"unicode/utf8"
)

// The major types of CBOR (RFC 8949, 3.1).
const (
	majorUint   = 0
	majorNegInt = 1
	majorBytes  = 2
	majorText   = 3
	majorArray  = 4
	majorMap    = 5
	majorTag    = 6
	majorSimple = 7
)

var majorNames = [...]string{"unsigned integer", "negative integer", "byte string", "text string", "array", "map", "tag", "simple value"}

// cursor reads deterministic CBOR (RFC 8949, 4.2) from the front of rest and
// accepts nothing else, so what it read can be written again in one way only.
// The first fault stays in err; from then on rest is empty and everything reads
// as zero. Byte strings alias rest.
type cursor struct {
	rest []byte
	err  error // a *Refusal, or nil
}

func (c *cursor) refuse(reason Reason, format string, args ...any) {
	if c.err == nil {
		c.err = Refuse(reason, format, args...)
	}
	c.rest = nil
}

func (c *cursor) malformed(format string, args ...any) { c.refuse(ReasonMalformed, format, args...) }

// head reads the head of one item: its major type and argument.
func (c *cursor) head() (major byte, arg uint64) {
	if len(c.rest) == 0 {
		c.malformed("CBOR ends too early")
		return 0, 0
	}
	major, info := c.rest[0]>>5, c.rest[0]&0x1f
	if info < 24 {
		c.rest = c.rest[1:]
		return major, uint64(info)
	}
	if info > 27 || major == majorSimple {
		c.malformed("CBOR item 0x%02x: indefinite lengths, floats and reserved values are not allowed", c.rest[0])
		return 0, 0
	}
	end := 1 + 1<<(info-24)
	if len(c.rest) < end {
		c.malformed("CBOR ends too early")
		return 0, 0
	}
	for _, b := range c.rest[1:end] {
		arg = arg<<8 | uint64(b)
	}
	if arg < [...]uint64{24, 1 << 8, 1 << 16, 1 << 32}[info-24] {
		c.malformed("%s %d is not in its shortest form", majorNames[major], arg)
		return 0, 0
	}
	c.rest = c.rest[end:]
	return major, arg
}

func (c *cursor) expect(want byte) uint64 {
	major, arg := c.head()
	if c.err == nil && major != want {
		c.malformed("found a CBOR %s, want a %s", majorNames[major], majorNames[want])
	}
	if c.err != nil {
		return 0
	}
	return arg
}

func (c *cursor) uint() uint64 { return c.expect(majorUint) }

// int reads an integer of either sign.
func (c *cursor) int() int64 {
	major, arg := c.head()
	if c.err == nil && (major > majorNegInt || arg > math.MaxInt64) {
		c.malformed("found a CBOR %s %d, want an integer of 64 bits", majorNames[major], arg)
	}
	switch {
	case c.err != nil:
		return 0
	case major == majorNegInt:
		return -1 - int64(arg)
	}
	return int64(arg)
}

func (c *cursor) bytes() []byte { return c.take(c.expect(majorBytes)) }

func (c *cursor) text() []byte {
	b := c.take(c.expect(majorText))
	if !utf8.Valid(b) {
		c.malformed("text is not UTF-8")
	}
	return b
}

func (c *cursor) take(n uint64) []byte {
	if n > uint64(len(c.rest)) {
		c.malformed("CBOR string of %d bytes, only %d follow", n, len(c.rest))
		return nil
	}
	b := c.rest[:n:n]
	c.rest = c.rest[n:]
	return b
}

// array reads the head of an array. The count is bounded by the bytes that
// follow, since every element takes at least one.
func (c *cursor) array() int { return c.count(c.expect(majorArray), 1) }

// pairs reads the head of a map.
func (c *cursor) pairs() int { return c.count(c.expect(majorMap), 2) }

func (c *cursor) count(n uint64, each int) int {
	if n > uint64(len(c.rest)/each) {
		c.malformed("CBOR container of %d elements, only %d bytes follow", n, len(c.rest))
		return 0
	}
	return int(n)
}

// item reads any one item inside depth containers and returns its bytes.
func (c *cursor) item(depth int) []byte {
	from := c.rest
	c.skip(depth)
	if c.err != nil {
		return nil
	}
	n := len(from) - len(c.rest)
	return from[:n:n]
}

func (c *cursor) skip(depth int) {
	start := c.rest
	switch major, arg := c.head(); major {
	case majorNegInt:
		if arg > math.MaxInt64 {
			c.malformed("CBOR negative integer below -2^63")
		}
	case majorBytes:
		c.take(arg)
	case majorText:
		c.rest = start
		c.text()
	case majorArray:
		c.nest(depth, arg, MaxElements)
		for n := c.count(arg, 1); n > 0 && c.err == nil; n-- {
			c.skip(depth + 1)
		}
	case majorMap:
		c.nest(depth, arg, MaxPairs)
		c.skipPairs(c.count(arg, 2), depth+1)
	case majorTag:
		c.malformed("CBOR tag %d is not allowed here", arg)
	case majorSimple:
		if arg < 20 || arg > 22 { // false, true, null
			c.malformed("CBOR simple value %d is not allowed", arg)
		}
	}
}

func (c *cursor) nest(depth int, n, limit uint64) {
	if depth >= MaxNesting || n > limit {
		c.malformed("CBOR container of %d elements at depth %d, at most %d at depth %d", n, depth+1, limit, MaxNesting)
	}
}

func (c *cursor) skipPairs(n, depth int) {
	var last []byte
	for ; n > 0 && c.err == nil; n-- {
		if len(c.rest) > 0 && c.rest[0]>>5 > majorText {
			c.malformed("CBOR map key is neither integer nor string")
		}
		key := c.item(depth)
		if last != nil && bytes.Compare(last, key) >= 0 {
			c.malformed("CBOR map keys are out of order or twice")
		}
		last = key
		c.skip(depth)
	}
}

// end demands that everything has been read.
func (c *cursor) end() {
	if len(c.rest) > 0 {
		c.malformed("%d bytes after the end", len(c.rest))
	}
}

// appendHead writes the shortest head.
func appendHead(b []byte, major byte, arg uint64) []byte {
	m := major << 5
	switch {
	case arg < 24:
		return append(b, m|byte(arg))
	case arg < 1<<8:
		return append(b, m|24, byte(arg))
	case arg < 1<<16:
		return append(b, m|25, byte(arg>>8), byte(arg))
	case arg < 1<<32:
		return append(b, m|26, byte(arg>>24), byte(arg>>16), byte(arg>>8), byte(arg))
	}
	return append(b, m|27, byte(arg>>56), byte(arg>>48), byte(arg>>40), byte(arg>>32), byte(arg>>24), byte(arg>>16), byte(arg>>8), byte(arg))
}

// headSize is the length of what appendHead writes.
func headSize(arg int) int {
	switch {
	case arg < 24:
		return 1
	case arg < 1<<8:
		return 2
	case arg < 1<<16:
		return 3
	}
	return 5
}

func bytesSize(s []byte) int { return headSize(len(s)) + len(s) }

func appendBytes(b, s []byte) []byte { return append(appendHead(b, majorBytes, uint64(len(s))), s...) }

func appendText(b []byte, s string) []byte {
	return append(appendHead(b, majorText, uint64(len(s))), s...)
}

func appendInt(b []byte, v int64) []byte {
	if v < 0 {
		return appendHead(b, majorNegInt, uint64(-1-v))
	}
	return appendHead(b, majorUint, uint64(v))
}

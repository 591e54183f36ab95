package wire

import (
	"bytes"
	"math"
	"testing"

	"pgregory.net/rapid"
)

var edges = []uint64{0, 1, 23, 24, 255, 256, 65535, 65536, math.MaxUint32, math.MaxUint32 + 1, math.MaxInt64, math.MaxInt64 + 1, math.MaxUint64}

func TestHeads(t *testing.T) {
	for _, n := range edges {
		want := mustMarshal(n)
		if got := appendHead(nil, majorUint, n); !bytes.Equal(got, want) {
			t.Errorf("%d is written as %x, want %x", n, got, want)
		}
		c := cursor{rest: want}
		if got := c.uint(); got != n || c.err != nil || len(c.rest) != 0 {
			t.Errorf("%x reads as %d, %v", want, got, c.err)
		}
		if n > math.MaxInt64 {
			c := cursor{rest: want}
			if c.int(); c.err == nil {
				t.Errorf("%d fits into an int64", n)
			}
			continue
		}
		for _, v := range []int64{int64(n), -1 - int64(n)} {
			c := cursor{rest: appendInt(nil, v)}
			if got := c.int(); got != v || c.err != nil || !bytes.Equal(appendInt(nil, v), mustMarshal(v)) {
				t.Errorf("%d reads as %d, %v", v, got, c.err)
			}
		}
	}
}

// TestLongHeads: a number in more bytes than it needs is refused, at every width.
func TestLongHeads(t *testing.T) {
	for width := range 4 {
		for _, n := range edges {
			b := []byte{24 + byte(width)}
			for i := 1<<width - 1; i >= 0; i-- {
				b = append(b, byte(n>>(8*i)))
			}
			c := cursor{rest: b}
			got := c.uint()
			shortest := bytes.Equal(mustMarshal(got), b)
			if (c.err == nil) != shortest {
				t.Errorf("%x reads as %d, %v", b, got, c.err)
			}
		}
	}
}

// TestItemAgreesWithTheReference over values that are nearly right.
func TestItemAgreesWithTheReference(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := drawItem(t, 0)
		if rapid.Bool().Draw(t, "bend") && len(b) > 0 {
			b[rapid.IntRange(0, len(b)-1).Draw(t, "at")] ^= 1 << rapid.IntRange(0, 7).Draw(t, "bit")
		}
		c := cursor{rest: b}
		c.item(0)
		c.end()
		if err := referenceItem(b); (err == nil) != (c.err == nil) {
			t.Fatalf("%x: the cursor says %v, the reference %v", b, c.err, err)
		}
	})
}

func TestNesting(t *testing.T) {
	for n := range MaxNesting + 2 {
		for _, open := range []string{"81", "a100"} {
			b := append(bytes.Repeat(unhex(open), n), 0)
			c := cursor{rest: b}
			c.item(0)
			if err := referenceItem(b); (c.err == nil) != (n <= MaxNesting) || (err == nil) != (n <= MaxNesting) {
				t.Errorf("%d levels of %s: the cursor says %v, the reference %v", n, open, c.err, err)
			}
		}
	}
}

// drawItem draws CBOR that is deterministic but for the order of maps.
func drawItem(t *rapid.T, depth int) []byte {
	kinds := 4
	if depth < 4 {
		kinds = 6
	}
	switch n := rapid.SampledFrom(edges).Draw(t, "n"); rapid.IntRange(0, kinds-1).Draw(t, "kind") {
	case 0:
		return appendHead(nil, byte(n&1), n)
	case 1:
		return bstr(bytes.Repeat([]byte{1}, int(n&31)))
	case 2:
		return tstr("äöü"[:2*int(n&3)])
	case 3:
		return []byte{0xf4 + byte(n&3)}
	case 4:
		return arr(rapid.SliceOfN(rapid.Custom(func(t *rapid.T) []byte { return drawItem(t, depth+1) }), 0, 3).Draw(t, "array")...)
	}
	var items [][]byte
	for key := range uint64(rapid.IntRange(0, 3).Draw(t, "pairs")) {
		items = append(items, num(key), drawItem(t, depth+1))
	}
	return pairs(items...)
}

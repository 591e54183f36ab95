package compact

import (
	"strconv"
	"strings"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
)

// A value is a text that is often a number, a key or a list of codes
// (FORMAT.md, "value"):
//
//	uint                a decimal number without zeros in front
//	bytes               coded words (see words), each a varint of
//	                    index of the beginning << 10 | number
//	[n, lead, trail]    zeros, the number n, zeros: regional keys
//	[ring]              a polygon, as in DWD's EXCLUDE_POLYGON
//	text                anything else
func appendValue(b []byte, s string) []byte {
	if form := structured(s); form != nil && len(form) <= len(s)+1 {
		return append(b, form...)
	}
	return appendText(b, s)
}

// minRing is the length from which a value is tried as a polygon.
const minRing = 32

func structured(s string) []byte {
	if s == "" {
		return nil
	}
	if strings.Trim(s, "0123456789") == "" {
		return appendDigits(nil, s)
	}
	if coded := packWords(s); coded != nil {
		return appendBytes(nil, coded)
	}
	if len(s) >= minRing && strings.Contains(s, ",") {
		if ring := packRing(s); ring != nil {
			return appendBytes(appendArray(nil, 1), ring)
		}
	}
	return nil
}

// maxDigits keeps numbers within 64 bits.
const maxDigits = 18

func appendDigits(b []byte, s string) []byte {
	lead := len(s) - len(strings.TrimLeft(s, "0"))
	rest := strings.TrimRight(s[lead:], "0")
	trail := len(s) - lead - len(rest)
	if len(rest) > maxDigits || len(s) > maxKey {
		return nil
	}
	n, _ := strconv.ParseUint(rest, 10, 64) // empty for zeros only: 0
	whole, err := strconv.ParseUint(s, 10, 64)
	if err == nil && (lead == 0 || s == "0") && whole < 1<<32 {
		return appendUint(b, whole)
	}
	b = appendUint(appendArray(b, 3), n)
	return appendUint(appendUint(b, uint64(lead)), uint64(trail))
}

func readValue(r *reader) string {
	switch r.peek() {
	case majorUint:
		r.spend(costText)
		return strconv.FormatUint(r.uint(), 10)
	case majorBytes:
		return readWords(r)
	case majorArray:
		switch r.array() {
		case 1:
			return readRing(r)
		case 3:
			return readDigits(r)
		}
		r.bad("array of 1 or 3 expected")
		return ""
	}
	return r.text()
}

func readDigits(r *reader) string {
	n, lead, trail := r.uint(), r.index(maxKey+1), r.index(maxKey+1)
	r.spend(costText + maxDigits + lead + trail)
	var usual [2 * maxDigits]byte
	b := appendZeros(usual[:0], lead)
	if n > 0 {
		b = strconv.AppendUint(b, n, 10)
	}
	return string(appendZeros(b, trail))
}

func appendZeros(b []byte, n int) []byte {
	for range n {
		b = append(b, '0')
	}
	return b
}

// packWords returns nil unless all words of s, divided by single spaces, are
// coded words.
func packWords(s string) []byte {
	var coded []byte
	for _, w := range strings.Split(s, " ") {
		n, ok := codedWord(w)
		if !ok {
			return nil
		}
		coded = appendVarint(coded, n)
	}
	return coded
}

func codedWord(w string) (uint64, bool) {
	for i, begin := range words {
		digits, ok := strings.CutPrefix(w, begin)
		if !ok || len(digits) != 3 || strings.Trim(digits, "0123456789") != "" {
			continue
		}
		n, err := strconv.Atoi(digits)
		return uint64(i)<<10 | uint64(n), err == nil
	}
	return 0, false
}

func readWords(r *reader) string {
	b := r.bytes()
	r.spend(costText + maxWord*len(b))
	s := make([]byte, 0, maxWord*min(len(b), 64))
	for len(b) > 0 && r.err == nil {
		var n uint64
		n, b = r.varint(b)
		if n>>10 >= uint64(len(words)) {
			r.unsupported("word", n>>10)
			return ""
		}
		if n&1023 > 999 {
			r.bad("coded word %d has more than three digits", n)
			return ""
		}
		if len(s) > 0 {
			s = append(s, ' ')
		}
		s = append(s, words[n>>10]...)
		n &= 1023
		s = append(s, byte('0'+n/100), byte('0'+n/10%10), byte('0'+n%10))
	}
	return string(s)
}

// maxWord is how long the text of one byte can get, with a space.
const maxWord = len("BBK-EVC-000 ")

// Varints are base 128, least significant first, without needless bytes.

func appendVarint(b []byte, n uint64) []byte {
	for n >= 0x80 {
		b = append(b, byte(n)|0x80)
		n >>= 7
	}
	return append(b, byte(n))
}

func (r *reader) varint(b []byte) (uint64, []byte) {
	var n uint64
	for i, c := range b {
		if i == 9 && c > 1 || i > 9 || i > 0 && c == 0 {
			break
		}
		n |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			return n, b[i+1:]
		}
	}
	r.bad("varint cut short, too long or not minimal")
	return 0, nil
}

// Zigzag maps small differences of either sign to small numbers.

func zigzag(n int64) uint64   { return uint64(n<<1) ^ uint64(n>>63) }
func unzigzag(n uint64) int64 { return int64(n>>1) ^ -int64(n&1) }

// A list of named values is flat: name, value, name, value.

func appendPair(b []byte, v cap.NamedValue) []byte {
	return appendValue(names.append(b, v.ValueName), v.Value)
}

func readPair(r *reader) cap.NamedValue {
	r.spend(costPair)
	return cap.NamedValue{ValueName: names.read(r), Value: readValue(r)}
}

func putPairs(list []cap.NamedValue) []byte {
	if len(list) == 0 {
		return nil
	}
	b := appendArray(nil, 2*len(list))
	for _, v := range list {
		b = appendPair(b, v)
	}
	return b
}

func getPairs(r *reader) []cap.NamedValue {
	var list []cap.NamedValue
	for n := r.pairs(2); n > 0 && r.err == nil; n-- {
		list = append(list, readPair(r))
	}
	return list
}

// pairs reads the head of a flat array of groups of size items.
func (r *reader) pairs(size int) int {
	n := r.array()
	if n%size != 0 || n == 0 {
		r.bad("array of %d items, want groups of %d", n, size)
		return 0
	}
	return n / size
}

// A set is a list of enumerated texts: a bit mask by registry number if it is
// in rising order, else an array.

func putSet[T ~string](g *registry, list []T) []byte {
	if len(list) == 0 {
		return nil
	}
	mask, last := uint64(0), -1
	for _, v := range list {
		n, ok := g.number[string(v)]
		if !ok || n <= last {
			return putList(g, list)
		}
		mask |= 1 << n
		last = n
	}
	return appendUint(nil, mask)
}

func getSet[T ~string](g *registry, r *reader) []T {
	if r.peek() != majorUint {
		return getList[T](g, r)
	}
	var list []T
	mask := r.uint()
	if mask>>len(g.texts) != 0 {
		r.unsupported(g.name, mask)
	}
	for i, text := range g.texts {
		if mask>>i&1 == 1 {
			list = append(list, T(text))
			r.spend(costText)
		}
	}
	return list
}

func putList[T ~string](g *registry, list []T) []byte {
	if len(list) == 0 {
		return nil
	}
	b := appendArray(nil, len(list))
	for _, v := range list {
		b = g.append(b, string(v))
	}
	return b
}

func getList[T ~string](g *registry, r *reader) []T {
	var list []T
	for n := r.pairs(1); n > 0 && r.err == nil; n-- {
		list = append(list, T(g.read(r)))
		r.spend(costText)
	}
	return list
}

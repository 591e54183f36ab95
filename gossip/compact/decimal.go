package compact

import (
	"math"
	"strconv"
	"strings"
)

// number is a decimal as mantissa and count of decimals: -12.50 is {-1250, 2}.
type number struct {
	mantissa int64
	decimals int
}

// parseNumber reads a decimal in its plain spelling: no plus sign, no needless
// zero in front, a digit on both sides of the point, no negative zero. All
// others stay text.
func parseNumber(s string) (number, bool) {
	digits, negative := strings.CutPrefix(s, "-")
	whole, fraction, point := strings.Cut(digits, ".")
	if whole == "" || point == (fraction == "") || len(whole)+len(fraction) > maxDigits || len(fraction) > maxDecimals ||
		len(whole) > 1 && whole[0] == '0' || strings.Trim(whole+fraction, "0123456789") != "" {
		return number{}, false
	}
	m, err := strconv.ParseInt(whole+fraction, 10, 64)
	if err != nil || negative && m == 0 {
		return number{}, false
	}
	if negative {
		m = -m
	}
	return number{m, len(fraction)}, true
}

// maxDecimals bounds the digits behind the point; 15 are more than a double has.
const maxDecimals = 15

func (n number) appendTo(b []byte) []byte {
	m := n.mantissa
	if m < 0 {
		b = append(b, '-')
		m = -m
	}
	start := len(b)
	b = strconv.AppendInt(b, m, 10)
	if n.decimals == 0 {
		return b
	}
	for len(b)-start <= n.decimals { // zeros in front, up to one before the point
		b = append(b, 0)
		copy(b[start+1:], b[start:])
		b[start] = '0'
	}
	b = append(b, 0)
	copy(b[len(b)-n.decimals:], b[len(b)-n.decimals-1:])
	b[len(b)-n.decimals-1] = '.'
	return b
}

// trim removes zeros behind the point, but leaves least decimals.
func (n number) trim(least int) number {
	for n.decimals > least && n.mantissa%10 == 0 {
		n.mantissa, n.decimals = n.mantissa/10, n.decimals-1
	}
	return n
}

// scale writes the mantissa with more decimals.
func (n number) scale(decimals int) int64 { return n.mantissa * pow10[decimals-n.decimals] }

var pow10 = func() (p [maxDigits + 1]int64) {
	for i := range p {
		p[i] = int64(math.Pow10(i))
	}
	return p
}()

// A decimal is an int, or [decimals, mantissa], or text (FORMAT.md, "decimal").

func appendDecimal(b []byte, s string) []byte {
	n, ok := parseNumber(s)
	switch {
	case !ok:
		return appendText(b, s)
	case n.decimals == 0:
		return appendInt(b, n.mantissa)
	}
	return appendInt(appendUint(appendArray(b, 2), uint64(n.decimals)), n.mantissa)
}

func readDecimal(r *reader) string {
	if r.peek() == majorText {
		return r.text()
	}
	var n number
	if r.peek() == majorArray {
		if r.array() != 2 {
			r.bad("want [decimals, mantissa]")
		}
		n.decimals = r.index(maxDecimals + 1)
	}
	n.mantissa = r.int()
	r.spend(costText + maxDigits)
	return string(n.appendTo(nil))
}

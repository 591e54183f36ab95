package compact

import (
	"bytes"
	"math"
	"strings"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
)

// A ring is a byte string (FORMAT.md, "ring"): a byte of flags, a byte with the
// decimals of latitude and longitude, then the coordinates as differences to
// the point before, in units of the last decimal, as zigzag varints.
const (
	ringStyle  = 0x03 // mask
	ringClosed = 0x04 // the last point is the first again and not stored
	ringFlags  = 0x07
)

// Styles say how numbers with fewer decimals are spelled.
const (
	styleFixed    = 0 // all numbers have all decimals
	styleTrimmed  = 1 // zeros at the end are left out, and then the point
	styleDecimal  = 2 // zeros at the end are left out, but for one decimal
	styleExplicit = 3 // a byte after each number counts the decimals it lacks
)

// packRing returns nil if the text is not a list of plain "lat,lon" pairs
// divided by single spaces.
func packRing(s string) []byte {
	points, ok := parseRing(s)
	if !ok {
		return nil
	}
	var decimals [2]int
	for _, p := range points {
		decimals[0], decimals[1] = max(decimals[0], p[0].decimals), max(decimals[1], p[1].decimals)
	}
	for _, p := range points {
		for axis, n := range p {
			if abs(n.mantissa) > pow10[maxDigits]/pow10[decimals[axis]-n.decimals] {
				return nil
			}
		}
	}
	style := byte(styleFixed)
	for style < styleExplicit && !spelled(points, decimals, style) {
		style++
	}
	return encodeRing(points, decimals, style)
}

// spelled reports whether the style gives every number back.
func spelled(points [][2]number, decimals [2]int, style byte) bool {
	for _, p := range points {
		for axis, n := range p {
			if spell(n.scale(decimals[axis]), decimals[axis], style) != n {
				return false
			}
		}
	}
	return true
}

// spell is the number that a style other than styleExplicit gives.
func spell(mantissa int64, decimals int, style byte) number {
	n := number{mantissa, decimals}
	switch style {
	case styleTrimmed:
		return n.trim(0)
	case styleDecimal:
		return n.trim(1)
	}
	return n
}

func parseRing(s string) ([][2]number, bool) {
	points := make([][2]number, 0, strings.Count(s, " ")+1)
	for w := range strings.SplitSeq(s, " ") {
		lat, lon, _ := strings.Cut(w, ",")
		y, ok := parseNumber(lat)
		x, ok2 := parseNumber(lon)
		if !ok || !ok2 {
			return nil, false
		}
		points = append(points, [2]number{y, x})
	}
	return points, true
}

func encodeRing(points [][2]number, decimals [2]int, style byte) []byte {
	flags := style
	if n := len(points); n > 1 && points[0] == points[n-1] {
		flags |= ringClosed
		points = points[:n-1]
	}
	b := append(make([]byte, 0, 2+5*len(points)), flags, byte(decimals[0]<<4|decimals[1]))
	var last [2]int64
	for _, p := range points {
		for axis, n := range p {
			m := n.scale(decimals[axis])
			b = appendVarint(b, zigzag(m-last[axis]))
			last[axis] = m
			if style == styleExplicit {
				b = append(b, byte(decimals[axis]-n.decimals))
			}
		}
	}
	return b
}

// readRing reads a byte string that packRing made.
func readRing(r *reader) string {
	b := r.bytes()
	if len(b) < 4 || b[0]&^ringFlags != 0 {
		r.bad("ring too short or with unknown flags")
		return ""
	}
	style, decimals := b[0]&ringStyle, [2]int{int(b[1] >> 4), int(b[1] & 0x0f)}
	closed := b[0]&ringClosed != 0
	var last [2]int64
	text := make([]byte, 0, 6*len(b))
	for b = b[2:]; len(b) > 0 && r.err == nil; {
		for axis := range last {
			var delta uint64
			if delta, b = r.varint(b); r.err != nil {
				return ""
			}
			if last[axis] += unzigzag(delta); abs(last[axis]) > pow10[maxDigits] {
				r.bad("coordinate out of range")
				return ""
			}
			n := spell(last[axis], decimals[axis], style)
			if style == styleExplicit {
				if n, b = lackingDecimals(n, b); n.decimals < 0 {
					r.bad("decimals of a coordinate")
					return ""
				}
			}
			text = append(n.appendTo(text), ", "[axis])
		}
	}
	text = text[:len(text)-1]
	if closed {
		first, _, _ := bytes.Cut(text, []byte(" "))
		text = append(append(text, ' '), first...)
	}
	r.spend(costText + len(text))
	return string(text)
}

// lackingDecimals takes the byte of styleExplicit off b; -1 decimals: bad.
func lackingDecimals(n number, b []byte) (number, []byte) {
	if len(b) == 0 || int(b[0]) > n.decimals || n.mantissa%pow10[b[0]] != 0 {
		return number{decimals: -1}, nil
	}
	return number{n.mantissa / pow10[b[0]], n.decimals - int(b[0])}, b[1:]
}

func abs(n int64) int64 { return max(n, -n) }

// A polygon is a ring, or text.

func appendPolygon(b []byte, p cap.Polygon) []byte {
	if ring := packRing(string(p)); ring != nil {
		return appendBytes(b, ring)
	}
	return appendText(b, string(p))
}

func readPolygon(r *reader) cap.Polygon {
	if r.peek() == majorText {
		return cap.Polygon(r.text())
	}
	return cap.Polygon(readRing(r))
}

// A circle is [latitude, longitude, radius], each a decimal, or text.

func appendCircle(b []byte, c cap.Circle) []byte {
	centre, radius, ok := strings.Cut(string(c), " ")
	lat, lon, ok2 := strings.Cut(centre, ",")
	if !ok || !ok2 {
		return appendText(b, string(c))
	}
	b = appendArray(b, 3)
	for _, s := range []string{lat, lon, radius} {
		b = appendDecimal(b, s)
	}
	return b
}

func readCircle(r *reader) cap.Circle {
	if r.peek() == majorText {
		return cap.Circle(r.text())
	}
	if n := r.array(); n != 3 {
		r.bad("want [latitude, longitude, radius]")
	}
	lat, lon, radius := readDecimal(r), readDecimal(r), readDecimal(r)
	return cap.Circle(lat + "," + lon + " " + radius)
}

// boundsUnits is the resolution of Bounds per degree.
const boundsUnits = 100

// boundsOf is the rectangle around all polygons of an info block; nil if there
// is none or one cannot be understood: then nobody must be ruled out by it.
func boundsOf(areas []cap.Area) *Bounds {
	var box *Bounds
	for i := range areas {
		if len(areas[i].Circle) > 0 {
			return nil
		}
		for _, p := range areas[i].Polygon {
			points, err := p.Points()
			if err != nil {
				return nil
			}
			for _, pt := range points {
				box = box.include(pt)
			}
		}
	}
	return box
}

func (b *Bounds) include(p cap.Point) *Bounds {
	south, north := int32(math.Floor(p.Lat*boundsUnits)), int32(math.Ceil(p.Lat*boundsUnits))
	west, east := int32(math.Floor(p.Lon*boundsUnits)), int32(math.Ceil(p.Lon*boundsUnits))
	if b == nil {
		return &Bounds{south, west, north, east}
	}
	b.South, b.North = min(b.South, south), max(b.North, north)
	b.West, b.East = min(b.West, west), max(b.East, east)
	return b
}

package cap

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Point is a place in degrees, WGS 84; latitude north, longitude east
// positive.
type Point struct {
	Lat, Lon float64
}

// E5 returns the point in units of 1e-5 degree (about 1.1 m), rounded.
func (p Point) E5() (lat, lon int32) {
	return int32(math.Round(p.Lat * 1e5)), int32(math.Round(p.Lon * 1e5))
}

// ErrGeometry is the reason of every error that Polygon.Points and
// Circle.Parse return.
var ErrGeometry = errors.New("not CAP geometry")

// Points parses the ring. It accepts brackets around the pairs, as some feeds
// write them, and rings that are not closed or shorter than four points: the
// problem list says so, the caller decides. Coordinates are finite and within
// ±90 and ±360 degrees; longitudes beyond ±180 are returned as they stand.
func (p Polygon) Points() ([]Point, error) {
	points := make([]Point, 0, strings.Count(string(p), ",")+1)
	for word := range strings.FieldsFuncSeq(string(p), geometrySpace) {
		pt, err := parsePoint(word)
		if err != nil {
			return nil, fmt.Errorf("point %d: %w", len(points)+1, err)
		}
		points = append(points, pt)
	}
	return points, nil
}

// Parse returns centre and radius in kilometres. A radius of 0 is no area: it
// marks a place, as earthquake feeds do.
func (c Circle) Parse() (centre Point, km float64, err error) {
	f := strings.FieldsFunc(string(c), geometrySpace)
	if len(f) != 2 {
		return Point{}, 0, fmt.Errorf(`want "lat,lon radius": %w`, ErrGeometry)
	}
	if centre, err = parsePoint(f[0]); err != nil {
		return Point{}, 0, err
	}
	if km, err = parseDegrees(f[1]); err != nil || km < 0 {
		return Point{}, 0, fmt.Errorf("radius %.40q: %w", f[1], ErrGeometry)
	}
	return centre, km, nil
}

// Float returns the value; false if the text is absent or no xs:decimal.
func (d Decimal) Float() (float64, bool) {
	if !isDecimal(string(d)) {
		return 0, false
	}
	v, err := strconv.ParseFloat(string(d), 64)
	return v, err == nil && !math.IsInf(v, 0)
}

func geometrySpace(r rune) bool {
	switch r {
	case ' ', '\t', '\r', '\n', '[', ']', '(', ')':
		return true
	}
	return false
}

func parsePoint(word string) (Point, error) {
	lat, lon, ok := strings.Cut(word, ",")
	if !ok {
		return Point{}, fmt.Errorf(`%.40q is no "lat,lon" pair: %w`, word, ErrGeometry)
	}
	var p Point
	var err error
	if p.Lat, err = parseDegrees(lat); err != nil {
		return Point{}, err
	}
	if p.Lon, err = parseDegrees(lon); err != nil {
		return Point{}, err
	}
	if math.Abs(p.Lat) > 90 || math.Abs(p.Lon) > 360 {
		return Point{}, fmt.Errorf("%.40q lies outside the earth: %w", word, ErrGeometry)
	}
	return p, nil
}

// maxNumber bounds the digits of a coordinate; the longest seen has 20.
const maxNumber = 64

func parseDegrees(s string) (float64, error) {
	if len(s) <= maxNumber && isDecimal(s) {
		if v, err := strconv.ParseFloat(s, 64); err == nil {
			return v, nil
		}
	}
	return 0, fmt.Errorf("%.40q is no decimal number: %w", s, ErrGeometry)
}

// isDecimal tells whether s is an xs:decimal: digits, one point, one sign.
func isDecimal(s string) bool {
	if s != "" && (s[0] == '+' || s[0] == '-') {
		s = s[1:]
	}
	digits, points := 0, 0
	for i := range len(s) {
		switch {
		case s[i] >= '0' && s[i] <= '9':
			digits++
		case s[i] == '.':
			points++
		default:
			return false
		}
	}
	return digits > 0 && points <= 1
}

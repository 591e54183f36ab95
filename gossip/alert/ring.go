package alert

import (
	"math"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
)

// earthRadius is the mean radius in kilometres (IUGG).
const earthRadius = 6371.0088

// onEdge is how near to an edge counts as on it, in degrees: a decimetre, below
// the precision of any alert. Doubt at the border counts as inside.
const onEdge = 1e-6

// box bounds a shape in degrees; its longitudes may lie beyond ±180.
type box struct{ south, west, north, east float64 }

func emptyBox() box {
	return box{math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)}
}

func (b *box) add(p cap.Point) {
	b.south, b.north = math.Min(b.south, p.Lat), math.Max(b.north, p.Lat)
	b.west, b.east = math.Min(b.west, p.Lon), math.Max(b.east, p.Lon)
}

func (b box) holds(p cap.Point) bool {
	return p.Lat >= b.south-onEdge && p.Lat <= b.north+onEdge && p.Lon >= b.west-onEdge && p.Lon <= b.east+onEdge
}

// overlaps compares boxes on the globe: also one turn east and west.
func (b box) overlaps(o box) bool {
	if b.south > o.north || b.north < o.south {
		return false
	}
	for _, turn := range []float64{-360, 0, 360} {
		if b.west <= o.east+turn && b.east >= o.west+turn {
			return true
		}
	}
	return false
}

// ring is a polygon with longitudes unrolled, so that neighbours are never more
// than half a turn apart also where it crosses the antimeridian.
type ring struct {
	points []cap.Point
	box    box
}

// newRing reads the text of a polygon; false if it spans no area, is no
// polygon, or encloses a pole (then only unrolling differently could tell
// inside from outside).
func newRing(text cap.Polygon) (ring, bool) {
	points, err := text.Points()
	if err != nil || len(points) < 3 {
		return ring{}, false
	}
	return unroll(points)
}

// unroll makes a ring of points, which it changes.
func unroll(points []cap.Point) (ring, bool) {
	r := ring{points: points, box: emptyBox()}
	shift := 0.0
	first, last := points[0].Lon, points[0].Lon
	for i := range points {
		raw := points[i].Lon
		// A full turn is the edge of a map of the world, no crossing.
		if jump := raw - last; math.Abs(jump) > 180 && math.Abs(jump) < 360 {
			shift -= math.Copysign(360, jump)
		}
		last = raw
		points[i].Lon = raw + shift
		r.box.add(points[i])
	}
	if closing := math.Abs(points[len(points)-1].Lon - first); closing > 180 && closing < 360 || closing > 360 {
		return ring{}, false
	}
	return r, r.box.north > r.box.south && r.box.east > r.box.west
}

// side is where a point lies of a ring.
type side uint8

const (
	outside side = iota
	edge
	inside
)

// locate says where p lies, by the winding number: parts that a ring covers
// twice are inside.
func (r ring) locate(p cap.Point) side {
	result := outside
	for _, turn := range []float64{-360, 0, 360} {
		q := cap.Point{Lat: p.Lat, Lon: p.Lon + turn}
		if r.box.holds(q) {
			result = max(result, r.wind(q))
		}
	}
	return result
}

func (r ring) wind(p cap.Point) side {
	winding := 0
	a := r.points[len(r.points)-1]
	for _, b := range r.points {
		if nearSegment(p, a, b) {
			return edge
		}
		cross := (b.Lon-a.Lon)*(p.Lat-a.Lat) - (p.Lon-a.Lon)*(b.Lat-a.Lat)
		switch {
		case a.Lat <= p.Lat && b.Lat > p.Lat && cross > 0:
			winding++
		case a.Lat > p.Lat && b.Lat <= p.Lat && cross < 0:
			winding--
		}
		a = b
	}
	if winding != 0 {
		return inside
	}
	return outside
}

func nearSegment(p, a, b cap.Point) bool {
	if p.Lat < math.Min(a.Lat, b.Lat)-onEdge || p.Lat > math.Max(a.Lat, b.Lat)+onEdge ||
		p.Lon < math.Min(a.Lon, b.Lon)-onEdge || p.Lon > math.Max(a.Lon, b.Lon)+onEdge {
		return false
	}
	dx, dy := b.Lon-a.Lon, b.Lat-a.Lat
	length := math.Hypot(dx, dy)
	if length == 0 {
		return math.Hypot(p.Lon-a.Lon, p.Lat-a.Lat) <= onEdge
	}
	return math.Abs(dx*(p.Lat-a.Lat)-dy*(p.Lon-a.Lon))/length <= onEdge
}

// distance is the great-circle distance in kilometres (haversine).
func distance(a, b cap.Point) float64 {
	rad := math.Pi / 180
	s1 := math.Sin((b.Lat - a.Lat) * rad / 2)
	s2 := math.Sin((b.Lon - a.Lon) * rad / 2)
	h := s1*s1 + math.Cos(a.Lat*rad)*math.Cos(b.Lat*rad)*s2*s2
	return 2 * earthRadius * math.Asin(math.Min(1, math.Sqrt(h)))
}

// circle is a disc on the globe.
type circle struct {
	centre cap.Point
	km     float64
}

// newCircle reads the text of a circle; false if its radius is 0: that marks a
// place, such as an epicentre, and not whom to warn.
func newCircle(text cap.Circle) (circle, bool) {
	centre, km, err := text.Parse()
	return circle{centre, km}, err == nil && km > 0
}

func (c circle) holds(p cap.Point) bool { return distance(c.centre, p) <= c.km }

func (c circle) box() box {
	lat := c.km / earthRadius * 180 / math.Pi
	b := box{south: c.centre.Lat - lat, north: c.centre.Lat + lat}
	lon := 180.0
	if s := math.Sin(c.km/earthRadius) / math.Cos(c.centre.Lat*math.Pi/180); b.north < 90 && b.south > -90 && s < 1 {
		lon = math.Asin(s) * 180 / math.Pi
	}
	b.west, b.east = c.centre.Lon-lon, c.centre.Lon+lon
	return b
}

package identity

import (
	"cmp"
	"slices"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// MaxVertices bounds a polygon that decides jurisdiction (format). It is checked
// before any geometry: comparing two polygons takes some 20,000 steps.
const MaxVertices = 100

// Point is a place in units of 1e-5 degrees, about one metre (WGS 84).
type Point struct {
	_   struct{} `cbor:",toarray"`
	Lat int32
	Lon int32
}

// Pt makes a Point from 1e-5 degrees.
func Pt(lat, lon int32) Point { return Point{Lat: lat, Lon: lon} }

// Polygon is a ring of 3 to MaxVertices points without the closing repetition,
// in either direction. Edges are straight in latitude and longitude; a ring
// does not cross the antimeridian.
type Polygon []Point

// Check holds the bounds of a ring and that it is simple: no vertex twice, no
// edges that meet other than neighbours in their common vertex. Only then is
// its inside beyond doubt.
func (p Polygon) Check() error {
	if err := p.checkBounds(); err != nil {
		return err
	}
	for i := range p {
		a, b := p.edge(i)
		if a.same(b) {
			return wire.Refuse(wire.ReasonBadPayload, "polygon repeats vertex %d", i)
		}
		for j := i + 1; j < len(p); j++ {
			c, d := p.edge(j)
			if p.clash(i, j, a, b, c, d) {
				return wire.Refuse(wire.ReasonBadPayload, "edges %d and %d of a polygon touch", i, j)
			}
		}
	}
	return nil
}

func (p Polygon) checkBounds() error {
	if len(p) < 3 || len(p) > MaxVertices {
		return wire.Refuse(wire.ReasonBadPayload, "polygon of %d vertices, want 3 to %d", len(p), MaxVertices)
	}
	for i, v := range p {
		if v.Lat < -90_00000 || v.Lat > 90_00000 || v.Lon < -180_00000 || v.Lon > 180_00000 {
			return wire.Refuse(wire.ReasonBadPayload, "vertex %d of a polygon is not on earth", i)
		}
	}
	return nil
}

// clash reports whether edges i < j meet where they must not.
func (p Polygon) clash(i, j int, a, b, c, d Point) bool {
	switch {
	case j == i+1: // b is c: only a fold back onto the edge is wrong
		return on(d, a, b) || on(a, c, d)
	case i == 0 && j == len(p)-1: // d is a
		return on(c, a, b) || on(b, c, d)
	}
	return !apart(a, b, c, d) && (cross(a, b, c, d) || on(a, c, d) || on(b, c, d) || on(c, a, b) || on(d, a, b))
}

func (p Polygon) edge(i int) (a, b Point) { return p[i], p[(i+1)%len(p)] }

func (p Point) same(q Point) bool { return p.Lat == q.Lat && p.Lon == q.Lon }

// turn is the sign of the cross product (b-a)×(c-a). Coordinates of at most
// 1.8e7 units keep it, even doubled, below 2^56: int64 is exact.
func turn(a, b, c Point) int {
	x := int64(b.Lon-a.Lon)*int64(c.Lat-a.Lat) - int64(b.Lat-a.Lat)*int64(c.Lon-a.Lon)
	return cmp.Compare(x, 0)
}

// on reports whether p lies on the closed segment ab.
func on(p, a, b Point) bool {
	return min(a.Lat, b.Lat) <= p.Lat && p.Lat <= max(a.Lat, b.Lat) &&
		min(a.Lon, b.Lon) <= p.Lon && p.Lon <= max(a.Lon, b.Lon) &&
		turn(a, b, p) == 0
}

// cross reports whether the open segments ab and cd cross in one inner point of both.
func cross(a, b, c, d Point) bool {
	return !apart(a, b, c, d) && turn(a, b, c)*turn(a, b, d) < 0 && turn(c, d, a)*turn(c, d, b) < 0
}

// apart reports whether the boxes around segments ab and cd do not meet: the
// usual case, and much the cheapest to see.
func apart(a, b, c, d Point) bool {
	return max(a.Lat, b.Lat) < min(c.Lat, d.Lat) || max(c.Lat, d.Lat) < min(a.Lat, b.Lat) ||
		max(a.Lon, b.Lon) < min(c.Lon, d.Lon) || max(c.Lon, d.Lon) < min(a.Lon, b.Lon)
}

// Contains reports whether every point of inner lies in p, exactly and without
// tolerance; shared borders count as inside. p must be simple; inner need not
// be, and may then have any rule for its inside. Polygons beyond the bounds are
// not contained.
//
// Because p has no holes, inner lies in it exactly if inner's edges do. An edge
// leaves p either by crossing an edge of p, or at a vertex of p that lies on it.
// Cut there, each piece lies wholly inside, outside or on p's border, as its
// midpoint does; in doubled coordinates that midpoint is an integer.
func (p Polygon) Contains(inner Polygon) bool {
	if p.checkBounds() != nil || inner.checkBounds() != nil {
		return false
	}
	outer := p.doubled()
	in := inner.doubled()
	for i := range in {
		a, b := in.edge(i)
		for j := range outer {
			if c, d := outer.edge(j); cross(a, b, c, d) {
				return false
			}
		}
		if !outer.holdsPieces(a, b) {
			return false
		}
	}
	return true
}

// holdsPieces cuts segment ab at p's vertices and tests each piece. All
// coordinates of ab and p are even.
func (p Polygon) holdsPieces(a, b Point) bool {
	cuts := []Point{a, b}
	for _, v := range p {
		if on(v, a, b) {
			cuts = append(cuts, v)
		}
	}
	slices.SortFunc(cuts, func(v, w Point) int {
		return cmp.Or(cmp.Compare(v.Lat, w.Lat), cmp.Compare(v.Lon, w.Lon))
	})
	for i := 1; i < len(cuts); i++ {
		v, w := cuts[i-1], cuts[i]
		if !p.Holds(Pt((v.Lat+w.Lat)/2, (v.Lon+w.Lon)/2)) {
			return false
		}
	}
	return true
}

// Holds reports whether q lies in p or on its border.
func (p Polygon) Holds(q Point) bool {
	inside := false
	for i := range p {
		a, b := p.edge(i)
		if on(q, a, b) {
			return true
		}
		if (a.Lat > q.Lat) != (b.Lat > q.Lat) && (turn(a, b, q) > 0) == (b.Lat > a.Lat) {
			inside = !inside
		}
	}
	return inside
}

func (p Polygon) doubled() Polygon {
	d := make(Polygon, len(p))
	for i, v := range p {
		d[i] = Pt(2*v.Lat, 2*v.Lon)
	}
	return d
}

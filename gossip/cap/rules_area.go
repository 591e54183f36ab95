package cap

import (
	"math"
	"strings"
)

// area checks one area (CAP 1.2 section 3.2.4).
func (r *report) area(p path, v Version, a *Area) {
	if len(a.Polygon)+len(a.Circle)+len(a.Geocode) == 0 {
		r.tell(p, "area-vague", "the area has neither geometry nor geocode; only its description places it")
	}
	if hasMarkup(a.AreaDesc) {
		r.tell(p.child("areaDesc", 0), "text-markup", "the text contains HTML, which recipients show as it stands")
	}
	for k, ring := range a.Polygon {
		r.polygon(p.child("polygon", k+1), ring)
	}
	for k, c := range a.Circle {
		r.circle(p.child("circle", k+1), c)
	}
	r.named(p, "geocode", a.Geocode)
	for k, g := range a.Geocode {
		r.geocode(p.child("geocode", k+1), a, g)
	}
	r.heights(p, v, a)
}

func (r *report) polygon(p path, ring Polygon) {
	points, err := ring.Points()
	if err != nil {
		r.tell(p, "polygon-form", `%s; want "lat,lon" pairs`, err)
		return
	}
	if strings.ContainsAny(string(ring), "[]()") {
		r.tell(p, "polygon-brackets", "brackets are not allowed around coordinates")
	}
	if len(points) < 4 {
		r.tell(p, "polygon-short", "%d points; a ring needs at least 4", len(points))
	}
	if n := len(points); n > 1 && points[0] != points[n-1] {
		r.tell(p, "polygon-open", "the last point must equal the first")
	}
	r.longitudes(p, points)
	if crosses(points) {
		r.tell(p, "polygon-crossing", "the ring crosses itself")
	}
}

// longitudes looks for signs of broken or wrapped coordinates.
func (r *report) longitudes(p path, points []Point) {
	var beyond, wraps, filler, far bool
	for i, pt := range points {
		beyond = beyond || math.Abs(pt.Lon) > 180
		wraps = wraps || i > 0 && math.Abs(pt.Lon-points[i-1].Lon) > 180
		if pt.Lat == -1 && pt.Lon == -1 {
			filler = true
		} else if math.Abs(pt.Lat+1) > 10 || math.Abs(pt.Lon+1) > 10 {
			far = true
		}
	}
	if beyond {
		r.tell(p, "longitude-range", "longitudes beyond ±180 degrees")
	}
	if wraps {
		r.tell(p, "polygon-antimeridian", "the ring crosses the 180th meridian")
	}
	if filler && far {
		r.tell(p, "polygon-filler", "the point -1,-1 among distant ones is a filler, not a place")
	}
}

// crosses tests a ring of at most maxRingCheck points for proper crossings of
// its edges; touching is no crossing.
func crosses(points []Point) bool {
	if len(points) > maxRingCheck {
		return false
	}
	for i := 0; i+1 < len(points); i++ {
		for j := i + 2; j+1 < len(points); j++ {
			if edgesCross(points[i], points[i+1], points[j], points[j+1]) {
				return true
			}
		}
	}
	return false
}

func edgesCross(a, b, c, d Point) bool {
	if max(a.Lat, b.Lat) < min(c.Lat, d.Lat) || min(a.Lat, b.Lat) > max(c.Lat, d.Lat) {
		return false // the common case, and cheap
	}
	return side(a, b, c)*side(a, b, d) < 0 && side(c, d, a)*side(c, d, b) < 0
}

// side is positive if c lies left of the line from a to b.
func side(a, b, c Point) float64 {
	v := (b.Lon-a.Lon)*(c.Lat-a.Lat) - (b.Lat-a.Lat)*(c.Lon-a.Lon)
	switch {
	case v > 0:
		return 1
	case v < 0:
		return -1
	}
	return 0
}

func (r *report) circle(p path, c Circle) {
	centre, km, err := c.Parse()
	switch {
	case err != nil:
		r.tell(p, "circle-form", `%s; want "lat,lon radius"`, err)
	case km == 0:
		r.tell(p, "circle-zero", "a radius of 0 marks a place but no area")
	case math.Abs(centre.Lon) > 180:
		r.tell(p, "longitude-range", "longitude beyond ±180 degrees")
	}
}

func (r *report) geocode(p path, a *Area, g NamedValue) {
	switch {
	case g.ValueName == ExcludePolygon:
		if _, err := Polygon(fold(g.Value)).Points(); err != nil {
			r.tell(p, "polygon-form", "hole: %s", err)
			return
		}
		r.tell(p, "geocode-hole", "the polygon is a hole in the area (profile of DWD)")
	case g.Value == "100000000000" && strings.Contains(a.AreaDesc, "Deutschland"):
		r.tell(p, "geocode-saarland", "the key 100000000000 is Saarland, the description says Deutschland")
	}
}

// heights checks altitude and ceiling.
func (r *report) heights(p path, v Version, a *Area) {
	low, lowOK := a.Altitude.Float()
	high, highOK := a.Ceiling.Float()
	if v != V12 && (a.Altitude != "" && !lowOK || a.Ceiling != "" && !highOK) {
		r.tell(p, "altitude-form", "altitude and ceiling should be numbers, in feet")
	}
	if a.Ceiling != "" && a.Altitude == "" {
		r.tell(p.child("ceiling", 0), "ceiling-alone", "ceiling must not be used without altitude")
	}
	if lowOK && highOK && high < low {
		r.tell(p.child("ceiling", 0), "ceiling-order", "ceiling is below altitude")
	}
}

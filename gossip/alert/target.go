package alert

import (
	"fmt"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// Target is whom an alert addresses, prepared for many places.
type Target struct {
	areas  []target
	within []target // the unit's jurisdiction; nil: not known
}

// target is one area of an info block.
type target struct {
	keys   []Key
	rings  []ring
	holes  []ring
	discs  []circle
	broken bool // some of its geometry is not readable
}

// NewTarget prepares the areas of all info blocks: they are alternatives or
// translations, and an alert concerns whom one of them concerns. scope are the
// areas of the issuing unit, nil if not known: whatever an alert says in forms
// that nobody can check, it concerns nobody outside of them. The cost is linear
// in the geometry; do it once per alert and off the relaying path.
func NewTarget(a *cap.Alert, scope []identity.Area) *Target {
	t := &Target{}
	for _, s := range scope {
		t.within = append(t.within, jurisdiction(s)...)
	}
	seen := map[string]bool{}
	for i := range a.Info {
		for j := range a.Info[i].Area {
			area := &a.Info[i].Area[j]
			id := fmt.Sprint(area.Polygon, area.Circle, area.Geocode)
			if !seen[id] {
				seen[id] = true
				t.areas = append(t.areas, newTarget(area))
			}
		}
	}
	return t
}

func newTarget(area *cap.Area) (t target) {
	for _, p := range area.Polygon {
		if r, ok := newRing(p); ok {
			t.rings = append(t.rings, r)
		} else {
			t.broken = true
		}
	}
	for _, c := range area.Circle {
		if d, ok := newCircle(c); ok {
			t.discs = append(t.discs, d)
		}
	}
	for _, h := range area.Holes() {
		if r, ok := newRing(h); ok {
			t.holes = append(t.holes, r)
		}
	}
	for _, g := range area.Geocode {
		if k, ok := ParseKey(g); ok {
			t.keys = append(t.keys, k)
		}
	}
	return t
}

// jurisdiction turns an area of a certificate into targets: there, keys and
// polygons permit each for itself.
func jurisdiction(a identity.Area) []target {
	var byKey, byPolygon target
	for _, k := range a.Keys {
		byKey.keys = append(byKey.keys, Key{k.Scheme, k.Prefix})
	}
	for _, p := range a.Polygons {
		points := make([]cap.Point, len(p))
		for i, v := range p {
			points[i] = cap.Point{Lat: float64(v.Lat) / 1e5, Lon: float64(v.Lon) / 1e5}
		}
		if r, ok := unroll(points); ok {
			byPolygon.rings = append(byPolygon.rings, r)
		}
	}
	var list []target
	if len(byKey.keys) > 0 {
		list = append(list, byKey)
	}
	if len(byPolygon.rings) > 0 {
		list = append(list, byPolygon)
	}
	return list
}

// Concerns says whether the alert is about the place, and why, in English.
func (t *Target) Concerns(p Place) (Concern, string) {
	if c, _ := concerns(t.within, &p); len(t.within) > 0 && c == ConcernNo {
		return ConcernNo, "the place lies outside the jurisdiction of the author"
	}
	if len(t.areas) == 0 {
		return ConcernUnknown, "the alert names no area"
	}
	return concerns(t.areas, &p)
}

func concerns(areas []target, p *Place) (Concern, string) {
	result, reason := ConcernNo, "the place lies in none of its areas"
	for i := range areas {
		c, why := areas[i].concerns(p)
		if before := result; result.or(c) != before {
			result, reason = result.or(c), why
		}
	}
	return result, reason
}

// ConcernsAny is the union over several places; without places nothing is
// known, so everything is shown.
func (t *Target) ConcernsAny(places []Place) (Concern, string) {
	if len(places) == 0 {
		return ConcernUnknown, "this device knows no place"
	}
	result, reason := t.Concerns(places[0])
	for _, p := range places[1:] {
		c, why := t.Concerns(p)
		if before := result; result.or(c) != before {
			result, reason = result.or(c), why
		}
	}
	return result, reason
}

package alert

import (
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/region"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// Concern says whether an alert is about a place. The zero value is unknown:
// then the alert is shown, as if it were.
type Concern uint8

// The answers.
const (
	ConcernUnknown Concern = iota
	ConcernNo
	ConcernYes
)

func (c Concern) String() string { return [...]string{"unknown", "no", "yes"}[c] }

// MarshalText implements [encoding.TextMarshaler].
func (c Concern) MarshalText() ([]byte, error) { return []byte(c.String()), nil }

// or is the union of areas: one that concerns decides, one that may is next.
func (c Concern) or(d Concern) Concern {
	if c == ConcernYes || d == ConcernYes {
		return ConcernYes
	}
	if c == ConcernUnknown || d == ConcernUnknown {
		return ConcernUnknown
	}
	return ConcernNo
}

// Place is where a person is or what they watch. It never leaves the device.
//
// With a Point the place is that point, and Keys are the regions around it.
// Without, the place is the regions themselves, and whatever touches one of
// them concerns it.
type Place struct {
	Name  string     // "Zuhause"
	Watch bool       // somewhere else, such as where the parents live
	Keys  []string   // regional keys (ARS), full or as prefixes
	Point *cap.Point // WGS 84; nil if not known
}

func (t *target) concerns(p *Place) (Concern, string) {
	shaped := len(t.rings)+len(t.discs) > 0 || t.broken
	switch {
	case len(t.keys) == 0 && !shaped:
		return ConcernUnknown, "its area is in no form that this device reads"
	case len(t.keys) == 0:
		return t.shape(p)
	}
	byKey, why := t.match(p)
	if byKey == ConcernNo || !shaped || p.Point == nil {
		return byKey, why
	}
	// The polygon beside a key narrows: only the key was held against the
	// signers' jurisdiction.
	byShape, narrower := t.shape(p)
	if byShape == ConcernYes {
		return byKey, why
	}
	return byShape, narrower
}

// match compares keys in both directions: an alert for the whole Land concerns
// my village, and one for a village concerns who watches its district.
func (t *target) match(p *Place) (Concern, string) {
	if len(p.Keys) == 0 {
		return t.near(p)
	}
	result, reason := ConcernNo, "none of its area keys"
	for _, k := range t.keys {
		for _, own := range p.Keys {
			o, ok := ParseKey(cap.NamedValue{ValueName: KeyName, Value: own})
			c := k.compare(o)
			if !ok {
				c = ConcernUnknown
			}
			if before := result; result.or(c) != before {
				result, reason = result.or(c), "area key "+k.String()
			}
		}
	}
	return result, reason
}

// near serves places whose keys are not known: the box around a region says at
// least where it is not.
func (t *target) near(p *Place) (Concern, string) {
	if p.Point == nil {
		return ConcernUnknown, "the place has neither key nor point"
	}
	for _, k := range t.keys {
		r, ok := region.Enclosing(k.ARS())
		if k.Scheme == identity.SchemeNUTS || !ok || regionBox(r).holds(*p.Point) {
			return ConcernUnknown, "the place names no region to compare with key " + k.String()
		}
	}
	return ConcernNo, "the point lies outside all of its regions"
}

// boxMargin widens the boxes of the table of regions, which miss strips of some
// 100 m, by a kilometre. In degrees.
const boxMargin = 0.015

func regionBox(r region.Region) box {
	return box{
		float64(r.Box.South)/1e5 - boxMargin, float64(r.Box.West)/1e5 - boxMargin,
		float64(r.Box.North)/1e5 + boxMargin, float64(r.Box.East)/1e5 + boxMargin,
	}
}

// shape compares geometry.
func (t *target) shape(p *Place) (Concern, string) {
	if p.Point == nil {
		return t.overlap(p)
	}
	in := false
	for _, r := range t.rings {
		in = in || r.locate(*p.Point) != outside
	}
	for _, h := range t.holes {
		in = in && h.locate(*p.Point) != inside
	}
	for _, d := range t.discs {
		in = in || d.holds(*p.Point)
	}
	switch {
	case in:
		return ConcernYes, "the point lies in its polygon or circle"
	case t.broken:
		return ConcernUnknown, "part of its geometry is not readable"
	}
	return ConcernNo, "the point lies outside its polygons and circles"
}

// overlap serves places without a point: the boxes of their regions say at
// least which geometry is far away.
func (t *target) overlap(p *Place) (Concern, string) {
	for _, key := range p.Keys {
		r, ok := region.Enclosing(key)
		if !ok {
			return ConcernUnknown, "the place has no point to compare with a polygon"
		}
		own := regionBox(r)
		for _, s := range t.rings {
			if s.box.overlaps(own) {
				return ConcernUnknown, "its polygon is near the region of the place"
			}
		}
		for _, d := range t.discs {
			if d.box().overlaps(own) {
				return ConcernUnknown, "its circle is near the region of the place"
			}
		}
	}
	if len(p.Keys) == 0 || t.broken {
		return ConcernUnknown, "the place has no point to compare with a polygon"
	}
	return ConcernNo, "its polygons and circles are far from the place's regions"
}

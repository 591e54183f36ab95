package alert

import (
	"math"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// Signatures is how many persons must have signed before an alert is accepted,
// if its unit needs as many as needed. Stopping is easier than starting: an end
// works with one signature, and what is below Severe does too.
func Signatures(k Kind, severity wire.Priority, emergency bool, needed int) int {
	if k.Ends() || severity < wire.PrioritySevere || emergency && k == KindAlert {
		return min(1, needed)
	}
	return needed
}

// Confirmation is how many persons must have signed before an alert counts as
// confirmed, if its unit needs as many as needed. An all-clear needs them all:
// silencing a warning is an attack too.
func Confirmation(k Kind, severity wire.Priority, needed int) int {
	if k == KindWithdrawal || k != KindAllClear && severity < wire.PrioritySevere {
		return min(1, needed)
	}
	return needed
}

// Check holds an alert against what its signers have proven. That a gateway
// must name an origin follows from its scope. It judges what is here: call it
// again when missing parts came. The error is a [*wire.Refusal].
func Check(v *identity.Verified, a *Alert) error {
	gateway := v.Author != nil && v.Author.Kind == identity.KindGateway
	switch {
	case v.Unit == nil:
		return wire.Refuse(wire.ReasonOutOfScope, "alerts are issued by a unit, not by the root")
	case !gateway && a.Origin != nil:
		return wire.Refuse(wire.ReasonImportOnly, "a person signed an alert that claims to be imported")
	case v.Emergency && a.Kind != KindAlert:
		return wire.Refuse(wire.ReasonBadPayload, "an emergency signature cannot make an %s", a.Kind)
	}
	if err := v.Permit(a.Demand()); err != nil {
		return err
	}
	return v.Require(Signatures(a.Kind, a.Severity, v.Emergency, v.Needed))
}

// Demand is what the alert asks of its signers' scopes: every area by its keys,
// and areas without known key by all their polygons and circles. An area that
// says neither in a form this device reads asks for nothing; it concerns nobody
// outside the unit's jurisdiction (see [NewTarget]).
func (a *Alert) Demand() identity.Demand {
	d := identity.Demand{
		Severity: a.Severity,
		Lane:     a.Header.Lane,
		Lifetime: a.Header.Expires - a.Header.Created,
		Import:   a.Origin != nil,
	}
	for i := range a.CAP.Info {
		in := &a.CAP.Info[i]
		for _, c := range in.Category {
			bits, err := identity.ParseCategories(string(c))
			if err != nil {
				bits, _ = identity.ParseCategories(string(cap.OtherCategory))
			}
			d.Categories |= bits
		}
		for j := range in.Area {
			if area, ok := demandArea(&in.Area[j]); ok {
				d.Areas = append(d.Areas, area)
			}
		}
	}
	return d
}

func demandArea(area *cap.Area) (identity.Area, bool) {
	var d identity.Area
	for _, g := range area.Geocode {
		if k, ok := ParseKey(g); ok {
			if k.Scheme == schemeAGS { // certificates carry no AGS: its district is the next larger
				k = Key{identity.SchemeARS, k.ARS()}
			}
			d.Keys = append(d.Keys, identity.AreaKey{Scheme: k.Scheme, Prefix: k.Prefix})
		}
	}
	if len(d.Keys) > 0 {
		return d, true
	}
	for _, p := range area.Polygon {
		if points, err := p.Points(); err == nil && len(points) > 0 {
			d.Polygons = append(d.Polygons, demandPolygon(points))
		}
	}
	for _, c := range area.Circle {
		if disc, ok := newCircle(c); ok {
			d.Polygons = append(d.Polygons, demandPolygon(disc.around()))
		}
	}
	return d, len(d.Polygons) > 0
}

// demandPolygon is the open ring of points that identity compares.
func demandPolygon(points []cap.Point) identity.Polygon {
	if n := len(points); n > 1 && points[0] == points[n-1] {
		points = points[:n-1]
	}
	if len(points) > identity.MaxVertices+1 {
		points = points[:identity.MaxVertices+1] // refused for its size; the rest costs nothing
	}
	ring := make(identity.Polygon, 0, len(points))
	for _, p := range points {
		lat, lon := p.E5()
		ring = append(ring, identity.Pt(lat, lon))
	}
	return ring
}

// corners of the polygon around a circle.
const corners = 24

// around is a polygon that contains the disc.
func (c circle) around() []cap.Point {
	b := c.box()
	radius := (b.north - b.south) / 2 / math.Cos(math.Pi/corners)
	stretch := (b.east - b.west) / (b.north - b.south)
	points := make([]cap.Point, corners)
	for i := range points {
		angle := 2 * math.Pi * float64(i) / corners
		points[i] = cap.Point{Lat: c.centre.Lat + radius*math.Sin(angle), Lon: c.centre.Lon + radius*stretch*math.Cos(angle)}
	}
	return points
}

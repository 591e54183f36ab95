package compact

import (
	"slices"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
)

// A patch completes a list of the core with the items that an encoder has moved
// into a part. Patches are flat arrays; positions are those in the complete
// list, in rising order.

// splitParameters leaves in the core what a device acts on.
func splitParameters(list []cap.NamedValue) (core []cap.NamedValue, patch []byte) {
	moved := 0
	for i, v := range list {
		if coreNames[v.ValueName] && len(v.Value) <= maxCoreValue {
			core = append(core, v)
			continue
		}
		patch = appendPair(appendUint(patch, uint64(i)), v)
		moved++
	}
	if moved == 0 {
		return core, nil
	}
	return core, append(appendArray(nil, 3*moved), patch...)
}

func patchParameters(_ *context, r *reader, v *cap.Info) {
	m := merger[cap.NamedValue]{rest: v.Parameter}
	for n := r.pairs(3); n > 0 && r.err == nil; n-- {
		m.upTo(r, r.uint())
		m.done = append(m.done, readPair(r))
	}
	v.Parameter = m.all()
}

// merger puts moved items between those that stayed. As positions rise, its
// cost is linear.
type merger[E any] struct {
	done []E // complete
	rest []E // of what stayed
}

// upTo completes the list up to a position.
func (m *merger[E]) upTo(r *reader, at uint64) {
	have := uint64(len(m.done))
	if at < have || at-have > uint64(len(m.rest)) {
		r.bad("position %d out of range or order", at)
		return
	}
	m.done = append(m.done, m.rest[:at-have]...)
	m.rest = m.rest[at-have:]
}

func (m *merger[E]) all() []E { return append(m.done, m.rest...) }

// splitAreas takes fine polygons out of the areas, and the names of areas that
// a device can name by their key.
func splitAreas(list []cap.Area) (core []cap.Area, descs, polygons []byte) {
	named, fine := 0, 0
	core = slices.Clone(list)
	for i := range core {
		a := &core[i]
		if a.AreaDesc != "" && slices.ContainsFunc(a.Geocode, func(g cap.NamedValue) bool { return regionNames[g.ValueName] }) {
			descs = appendText(appendUint(descs, uint64(i)), a.AreaDesc)
			a.AreaDesc = ""
			named++
		}
		var coarse []cap.Polygon
		for k, p := range a.Polygon {
			raw := appendPolygon(nil, p)
			if len(raw) <= maxCoreRing {
				coarse = append(coarse, p)
				continue
			}
			polygons = append(appendUint(appendUint(polygons, uint64(i)), uint64(k)), raw...)
			fine++
		}
		a.Polygon = coarse
	}
	if named > 0 {
		descs = append(appendArray(nil, 2*named), descs...)
	}
	if fine > 0 {
		polygons = append(appendArray(nil, 3*fine), polygons...)
	}
	return core, descs, polygons
}

func patchAreaDescs(c *context, r *reader, v *cap.Info) {
	for n := r.pairs(2); n > 0 && r.err == nil; n-- {
		at := r.index(c.areas)
		desc := r.text()
		if r.err == nil {
			v.Area[at].AreaDesc = desc
		}
	}
}

func patchPolygons(c *context, r *reader, v *cap.Info) {
	area := -1
	var m merger[cap.Polygon]
	for n := r.pairs(3); n > 0 && r.err == nil; n-- {
		at := r.index(c.areas)
		switch {
		case r.err != nil:
			return
		case at < area:
			r.bad("areas out of order")
			return
		case at > area:
			if area >= 0 {
				v.Area[area].Polygon = m.all()
			}
			area, m = at, merger[cap.Polygon]{rest: v.Area[at].Polygon}
		}
		m.upTo(r, r.uint())
		m.done = append(m.done, readPolygon(r))
	}
	if area >= 0 {
		v.Area[area].Polygon = m.all()
	}
}

// splitMedia takes long contents out of the resources: one patch for each.
func splitMedia(list []cap.Resource) (core []cap.Resource, patches [][]byte) {
	core = slices.Clone(list)
	for i := range core {
		if len(core[i].DerefURI) > maxCoreText {
			patch := appendUint(appendArray(nil, 2), uint64(i))
			patches = append(patches, appendMedia(patch, core[i].DerefURI))
			core[i].DerefURI = ""
		}
	}
	return core, patches
}

// patchMedia reads contents, though in vain, while the resources are missing.
func patchMedia(c *context, r *reader, v *cap.Info) {
	for n := r.pairs(2); n > 0 && r.err == nil; n-- {
		at, content := r.uint(), readMedia(r)
		switch {
		case r.err != nil || c.lacksText && len(v.Resource) == 0:
		case at >= uint64(len(v.Resource)):
			r.bad("resource %d of %d", at, len(v.Resource))
		case v.Resource[at].DerefURI != "":
			r.bad("two contents of one resource")
		default:
			v.Resource[at].DerefURI = content
		}
	}
}

var patchTable = []field[cap.Info]{
	{key: keyParameterAt, name: "moved parameters", home: inText, get: patchParameters},
	{key: keyAreaDescAt, name: "moved areaDescs", home: inText, get: patchAreaDescs},
	{key: keyPolygonAt, name: "moved polygons", home: inGeometry, get: patchPolygons},
	{key: keyDerefURIAt, name: "moved derefUris", home: inMedia, get: patchMedia},
}

func putBounds(b *Bounds) []byte {
	raw := appendArray(nil, 4)
	for _, n := range []int32{b.South, b.West, b.North, b.East} {
		raw = appendInt(raw, int64(n))
	}
	return raw
}

func readBounds(r *reader) *Bounds {
	if n := r.array(); n != 4 {
		r.bad("want [south, west, north, east]")
	}
	var edge [4]int32
	for i := range edge {
		n := r.int()
		if n < -360*boundsUnits || n > 360*boundsUnits {
			r.bad("%d is out of range", n)
		}
		edge[i] = int32(n)
	}
	b := &Bounds{edge[0], edge[1], edge[2], edge[3]}
	if b.South > b.North || b.West > b.East {
		r.bad("empty rectangle")
	}
	return b
}

package model

import "slices"

// Marks of a neighbour.
const (
	inMesh   = 1 << iota // of gossip
	dialled              // by the device itself
	backsOff             // was pruned: neither side grafts it again soon
)

// beats is how many heartbeats the mesh has to settle before the scenario begins;
// gossipsub's back-off lasts as long.
const beats = 21

// grafting makes the mesh of one link as gossipsub does.
type grafting struct {
	*run
	*link
	number int
	near   []uint32 // scratch: positions
}

// graft makes a link's mesh: all begin at the same time, and at each heartbeat a
// device with too few grafts others at random up to Degree, one with too many prunes
// down to it.
func (r *run) graft(l int) {
	g := &grafting{run: r, link: &r.links[l], number: l}
	g.degree = make([]uint8, len(r.group))
	for beat := range beats {
		var asked []uint32 // positions of grafts on their way
		for d := range r.group {
			asked = g.beat(uint32(d), beat == 0, asked)
		}
		for _, at := range asked {
			g.asked(at)
		}
		if len(asked) == 0 && beat > 0 {
			break
		}
	}
	for d := range r.group {
		if g.chance.Float64() < g.Params.Opportune {
			for _, at := range g.take(uint32(d), 1, 0, nil) {
				g.asked(at)
			}
		}
	}
}

// beat is a heartbeat of one device.
func (g *grafting) beat(d uint32, first bool, asked []uint32) []uint32 {
	n := int(g.degree[d])
	switch {
	case n < g.Params.Least || first:
		asked = g.take(d, g.Params.Degree-n, 0, asked)
	case n >= g.Params.Most:
		g.prune(d)
	}
	if n = g.outbound(d); int(g.degree[d]) >= g.Params.Least && n < g.Params.Outbound {
		asked = g.take(d, g.Params.Outbound-n, dialled, asked)
	}
	return asked
}

// take grafts so many neighbours with some marks.
func (g *grafting) take(d uint32, n int, marks uint8, asked []uint32) []uint32 {
	g.near = g.near[:0]
	for at := g.start[d]; at < g.start[d+1]; at++ {
		if g.mesh[at]&(inMesh|backsOff|marks) == marks && g.up(g.to[at], g.number) {
			g.near = append(g.near, at)
		}
	}
	for i := 0; i < n && i < len(g.near); i++ {
		other := i + g.chance.IntN(len(g.near)-i)
		g.near[i], g.near[other] = g.near[other], g.near[i]
		g.mesh[g.near[i]] |= inMesh
		g.degree[d]++
		asked = append(asked, g.near[i])
	}
	return asked
}

// asked is a graft arriving: who has enough refuses it, unless it has dialled the
// sender itself.
func (g *grafting) asked(at uint32) {
	if g.mesh[at]&inMesh == 0 {
		return // pruned meanwhile
	}
	other, back := g.to[at], g.back(at)
	switch {
	case g.mesh[back]&inMesh != 0:
	case g.mesh[back]&backsOff != 0, int(g.degree[other]) >= g.Params.Most && g.mesh[back]&dialled == 0:
		g.drop(at, back)
	default:
		g.mesh[back] |= inMesh
		g.degree[other]++
	}
}

// drop takes a neighbour out of the mesh on both sides.
func (g *grafting) drop(at, back uint32) {
	for _, one := range [2][2]uint32{{at, g.to[back]}, {back, g.to[at]}} {
		if g.mesh[one[0]]&inMesh != 0 {
			g.degree[one[1]]--
		}
		g.mesh[one[0]] = g.mesh[one[0]]&^inMesh | backsOff
	}
}

// prune keeps Degree neighbours at random, of those it has dialled Outbound at least.
func (g *grafting) prune(d uint32) {
	g.near = g.near[:0]
	for at := g.start[d]; at < g.start[d+1]; at++ {
		if g.mesh[at]&inMesh != 0 {
			g.near = append(g.near, at)
		}
	}
	g.chance.Shuffle(len(g.near), func(i, j int) { g.near[i], g.near[j] = g.near[j], g.near[i] })
	kept := 0
	for i, at := range g.near {
		if g.mesh[at]&dialled != 0 && kept < g.Params.Outbound {
			g.near[kept], g.near[i] = g.near[i], g.near[kept]
			kept++
		}
	}
	for _, at := range g.near[g.Params.Degree:] {
		g.drop(at, g.back(at))
	}
}

func (g *grafting) outbound(d uint32) (n int) {
	for _, m := range g.mesh[g.start[d]:g.start[d+1]] {
		if m&(inMesh|dialled) == inMesh|dialled {
			n++
		}
	}
	return n
}

// regraft takes a device that is gone or back out of its old mesh, whose others graft
// if they have too few left; one that is back grafts a new one.
func (r *run) regraft(d uint32, l int) {
	g := &grafting{run: r, link: &r.links[l], number: l}
	var few []uint32
	if g.up(d, l) {
		few = append(few, d)
	}
	for at := g.start[d]; at < g.start[d+1]; at++ {
		if g.mesh[at]&inMesh == 0 {
			continue
		}
		back, other := g.back(at), g.to[at]
		g.drop(at, back)
		g.mesh[at], g.mesh[back] = g.mesh[at]&^backsOff, g.mesh[back]&^backsOff
		if int(g.degree[other]) < g.Params.Least && g.up(other, l) {
			few = append(few, other)
		}
	}
	for _, one := range few {
		for _, at := range g.take(one, g.Params.Degree-int(g.degree[one]), 0, nil) {
			g.asked(at)
		}
	}
}

// back is the position of the same connection at its other end.
func (g *grafting) back(at uint32) uint32 {
	other := g.to[at]
	d, _ := slices.BinarySearch(g.start, at+1)
	return g.start[other] + uint32(slices.Index(g.neighbours(other), uint32(d-1)))
}

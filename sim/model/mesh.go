package model

// Marks of a neighbour.
const (
	inMesh   = 1 << iota // of gossip
	dialled              // by the device itself
	backsOff             // was pruned: neither side grafts it again soon
	joined               // connected, whenever a link between the two works
)

// beats is how many heartbeats the mesh has to settle before the scenario begins;
// gossipsub's back-off lasts as long.
const beats = 21

// grafting makes the mesh as gossipsub does.
type grafting struct {
	*run
	*web
	near []uint32 // scratch: positions
}

// graft is a device asking the neighbour at one of its positions.
type graft struct{ by, at uint32 }

// graft makes the mesh: all begin at the same time, and at each heartbeat a
// device with too few grafts others at random up to Degree, one with too many prunes
// down to it.
func (r *run) graft() {
	g := &grafting{run: r, web: &r.web}
	for beat := range beats {
		var asked []graft // on their way
		for d := range r.group {
			asked = g.beat(uint32(d), beat == 0, asked)
		}
		for _, one := range asked {
			g.asked(one)
		}
		if len(asked) == 0 && beat > 0 {
			break
		}
	}
	for d := range r.group {
		if g.chance.Float64() < g.Params.Opportune {
			for _, one := range g.take(uint32(d), 1, 0, nil) {
				g.asked(one)
			}
		}
	}
}

// beat is a heartbeat of one device.
func (g *grafting) beat(d uint32, first bool, asked []graft) []graft {
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
func (g *grafting) take(d uint32, n int, marks uint8, asked []graft) []graft {
	g.near = g.near[:0]
	for at := g.start[d]; at < g.start[d+1]; at++ {
		if g.marks[at]&(joined|inMesh|backsOff|marks) == joined|marks && g.via(d, at) >= 0 {
			g.near = append(g.near, at)
		}
	}
	for i := 0; i < n && i < len(g.near); i++ {
		other := i + g.chance.IntN(len(g.near)-i)
		g.near[i], g.near[other] = g.near[other], g.near[i]
		g.marks[g.near[i]] |= inMesh
		g.degree[d]++
		asked = append(asked, graft{d, g.near[i]})
	}
	return asked
}

// asked is a graft arriving: who has enough refuses it, unless it has dialled the
// sender itself.
func (g *grafting) asked(one graft) {
	at := one.at
	if g.marks[at]&inMesh == 0 {
		return // pruned meanwhile
	}
	other, back := g.to[at], g.back(one.by, at)
	switch {
	case g.marks[back]&inMesh != 0:
	case g.marks[back]&backsOff != 0, int(g.degree[other]) >= g.Params.Most && g.marks[back]&dialled == 0:
		g.drop(at, back)
	default:
		g.marks[back] |= inMesh
		g.degree[other]++
	}
}

// drop takes a neighbour out of the mesh on both sides.
func (g *grafting) drop(at, back uint32) {
	for _, one := range [2][2]uint32{{at, g.to[back]}, {back, g.to[at]}} {
		if g.marks[one[0]]&inMesh != 0 {
			g.degree[one[1]]--
		}
		g.marks[one[0]] = g.marks[one[0]]&^inMesh | backsOff
	}
}

// prune keeps Degree neighbours at random, of those it has dialled Outbound at least.
func (g *grafting) prune(d uint32) {
	g.near = g.near[:0]
	for at := g.start[d]; at < g.start[d+1]; at++ {
		if g.marks[at]&inMesh != 0 {
			g.near = append(g.near, at)
		}
	}
	g.chance.Shuffle(len(g.near), func(i, j int) { g.near[i], g.near[j] = g.near[j], g.near[i] })
	kept := 0
	for i, at := range g.near {
		if g.marks[at]&dialled != 0 && kept < g.Params.Outbound {
			g.near[kept], g.near[i] = g.near[i], g.near[kept]
			kept++
		}
	}
	for _, at := range g.near[g.Params.Degree:] {
		g.drop(at, g.back(d, at))
	}
}

func (g *grafting) outbound(d uint32) (n int) {
	for _, m := range g.marks[g.start[d]:g.start[d+1]] {
		if m&(inMesh|dialled) == inMesh|dialled {
			n++
		}
	}
	return n
}

// regraft takes what no longer works out of a device's mesh. It and the others graft if
// they have too few left.
func (r *run) regraft(d uint32) {
	g := &grafting{run: r, web: &r.web}
	var few []uint32
	for at := g.start[d]; at < g.start[d+1]; at++ {
		if g.marks[at]&inMesh == 0 || g.via(d, at) >= 0 {
			continue
		}
		back, other := g.back(d, at), g.to[at]
		g.drop(at, back)
		g.marks[at], g.marks[back] = g.marks[at]&^backsOff, g.marks[back]&^backsOff
		if int(g.degree[other]) < g.Params.Least {
			few = append(few, other)
		}
	}
	if int(g.degree[d]) < g.Params.Least {
		few = append(few, d)
	}
	for _, one := range few {
		for _, ask := range g.take(one, g.Params.Degree-int(g.degree[one]), 0, nil) {
			g.asked(ask)
		}
	}
}

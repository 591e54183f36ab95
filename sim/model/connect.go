package model

import (
	"cmp"
	"math"
	"slices"
)

// connect makes the graph between devices that do not move. In range of each other,
// or over infrastructure at random, each dials as many neighbours as the program does;
// among them gossip keeps its mesh.
func (r *run) connect() {
	var wide, near [][2]uint32
	for l := range r.links {
		k := &r.links[l]
		switch {
		case k.Airtime != "":
			k.start, k.to, _ = compressed(len(r.group), r.inRange(l, float64(k.Range), math.MaxInt), 0)
		case k.Range > 0:
			near = append(near, r.inRange(l, float64(k.Range), r.Params.Connections)...)
			r.nearby |= 1 << l
		default:
			dials := r.overlay(l)
			wide = append(wide, dials...)
			if r.given {
				k.dials = dials
			}
		}
	}
	r.web = r.newWeb(append(wide, near...), len(wide))
	if !r.given {
		for d := range r.group {
			r.fill(uint32(d))
		}
		r.graft()
	}
}

// compressed turns edges into neighbours of each device, both ways. Of the first so many
// it marks that they are joined, and who dials.
func compressed(n int, edges [][2]uint32, wide int) (start, to []uint32, marks []uint8) {
	start = make([]uint32, n+2)
	for _, e := range edges {
		start[e[0]+2]++
		start[e[1]+2]++
	}
	for i := 2; i < len(start); i++ {
		start[i] += start[i-1]
	}
	to, marks = make([]uint32, 2*len(edges)), make([]uint8, 2*len(edges))
	for i, e := range edges {
		to[start[e[0]+1]] = e[1]
		if i < wide {
			marks[start[e[0]+1]], marks[start[e[1]+1]] = joined|dialled, joined
		}
		start[e[0]+1]++
		to[start[e[1]+1]] = e[0]
		start[e[1]+1]++
	}
	return start[:n+1], to, marks
}

// members are the devices with a link.
func (r *run) members(l int, moving bool) (list []uint32) {
	move := make([]bool, len(r.group))
	for i := range r.moving {
		move[r.moving[i].dev] = true
	}
	for d := range r.group {
		if r.mine[d]>>l&1 == 1 && (moving || !move[d]) {
			list = append(list, uint32(d))
		}
	}
	return list
}

// overlay is a random graph over infrastructure: each device dials half of the
// neighbours it wants, so that with those that dial it it has them all. An
// eclipse adversary has taken every place around the first device of each station.
func (r *run) overlay(l int) (edges [][2]uint32) {
	all := r.members(l, true)
	if !r.links[l].Local {
		return r.dial(l, all)
	}
	here := map[uint16][]uint32{}
	for _, d := range all {
		here[r.at[d]] = append(here[r.at[d]], d)
	}
	for place := range r.s.Places {
		edges = append(edges, r.dial(l, here[uint16(place)])...)
	}
	return edges
}

func (r *run) dial(l int, all []uint32) (edges [][2]uint32) {
	n := len(all)
	want := cmp.Or(r.links[l].Mesh, r.Params.Connections)
	seen := map[[2]uint32]bool{}
	surrounded := r.surrounded(l)
	for _, a := range all {
		dials := min(want, n-1) / 2
		if r.links[l].Mesh == 0 {
			dials /= r.networks(a)
		}
		for range max(1, dials) {
			b := all[r.chance.IntN(n)]
			if n <= 2*want { // few enough for doubles to matter
				for try := 0; try < 8 && (a == b || seen[[2]uint32{min(a, b), max(a, b)}]); try++ {
					b = all[r.chance.IntN(n)]
				}
				if seen[[2]uint32{min(a, b), max(a, b)}] {
					continue
				}
				seen[[2]uint32{min(a, b), max(a, b)}] = true
			}
			if a == b || (surrounded[a] && !r.foeOf(b)) || (surrounded[b] && !r.foeOf(a)) {
				continue
			}
			edges = append(edges, [2]uint32{a, b})
		}
	}
	return edges
}

// networks is over how many kinds of infrastructure a device spreads what it dials.
func (r *run) networks(d uint32) (n int) {
	for l := range r.links {
		if k := &r.links[l]; k.Range == 0 && k.Airtime == "" && r.mine[d]>>l&1 == 1 {
			n++
		}
	}
	return n
}

// inRange joins devices closer than reach, each with at most so many others.
func (r *run) inRange(l int, reach float64, most int) (edges [][2]uint32) {
	all := r.members(l, false)
	g := newGrid(reach, float64(r.size.X), float64(r.size.Y))
	degree := make([]int, len(r.group))
	slices.SortFunc(all, func(a, b uint32) int { return int(g.cell(r.x[a], r.y[a])) - int(g.cell(r.x[b], r.y[b])) })
	first := map[int32]int{}
	for i, d := range all {
		c := g.cell(r.x[d], r.y[d])
		if _, known := first[c]; !known {
			first[c] = i
		}
	}
	for _, a := range all {
		c := g.cell(r.x[a], r.y[a])
		for _, off := range g.around() {
			i, known := first[c+off]
			for ; known && i < len(all) && g.cell(r.x[all[i]], r.y[all[i]]) == c+off && degree[a] < most; i++ {
				b := all[i]
				if b > a && degree[b] < most && r.near(a, b, reach) {
					edges = append(edges, [2]uint32{a, b})
					degree[a]++
					degree[b]++
				}
			}
		}
	}
	return edges
}

func (r *run) near(a, b uint32, reach float64) bool {
	dx, dy := float64(r.x[a]-r.x[b]), float64(r.y[a]-r.y[b])
	return dx*dx+dy*dy <= reach*reach
}

// grid cuts the plane into cells at least as wide as a reach.
type grid struct {
	width  float64
	across int32
	down   int32
}

// maxCells bounds a grid's memory; its cells grow instead.
const maxCells = 8 << 20

func newGrid(reach, x, y float64) grid {
	width := max(reach, 1)
	for (x/width+3)*(y/width+3) > maxCells {
		width *= 1.5
	}
	return grid{width, int32(x/width) + 3, int32(y/width) + 3}
}

// cell is the number of the cell of a place; there is a border of empty ones.
func (g grid) cell(x, y float32) int32 {
	cx := min(max(int32(float64(x)/g.width)+1, 1), g.across-2)
	cy := min(max(int32(float64(y)/g.width)+1, 1), g.down-2)
	return cy*g.across + cx
}

func (g grid) around() [9]int32 {
	a := g.across
	return [9]int32{-a - 1, -a, -a + 1, -1, 0, 1, a - 1, a, a + 1}
}

func (g grid) cells() int { return int(g.across) * int(g.down) }

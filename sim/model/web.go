package model

import (
	"math/bits"
	"slices"
)

// web is who may be connected with whom. A device has one set of neighbours over all of
// its links that carry packets, and with each one connection, over the quickest link
// that works.
//
// In a crowd it knows only some of those in range. When they are gone it looks for others,
// who take their places: the web does not grow. A place without anybody leads to the device
// itself, over no link.
type web struct {
	start  []uint32 // device i's are at the positions from start[i] on, up to start[i+1]
	to     []uint32 // the other one
	over   []uint16 // links by which the two reach each other, a bit for each
	marks  []uint8
	degree []uint8  // of the mesh, by device
	filled []uint32 // by device, when it looks for others, plus 1; 0: not
	lone   []uint32 // by device, since when it reaches nobody, plus 1; 0: it does
	met    []uint32 // by device, when that ended last, plus 1
	more   []uint16 // by device, links over which there may be others in range whom it does not know
	sights []sight
}

// room is how many spare places a device in a crowd has for those who find it when all that it
// knows are there.
const room = 8

// newWeb is the web of some pairs, who dials first. The first so many are joined, the others
// only know each other.
func (r *run) newWeb(edges [][2]uint32, dials int) web {
	n := len(r.group)
	w := web{degree: make([]uint8, n), filled: make([]uint32, n), lone: make([]uint32, n), met: make([]uint32, n), more: r.web.more, sights: r.web.sights}
	if w.more == nil {
		w.more = make([]uint16, n)
	}
	w.lay(edges, dials)
	w.over = make([]uint16, 0, len(w.to))
	seen, kept := make([]uint32, n), uint32(0) // where the latest device has each other one, plus 1
	for d := range uint32(n) {
		from, first := w.start[d], kept
		w.start[d] = first
		for at := from; at < w.start[d+1]; at++ {
			other := w.to[at]
			if was := seen[other]; was > first && other != d {
				w.marks[was-1] |= w.marks[at]
				continue
			}
			w.to[kept], w.marks[kept] = other, w.marks[at]
			w.over = append(w.over, r.between(d, other))
			kept++
			seen[other] = kept
		}
	}
	w.start[n], w.to, w.marks = kept, slices.Clip(w.to[:kept]), slices.Clip(w.marks[:kept])
	return w
}

// lay puts both ends of all edges to their devices, and spare places to those in a crowd.
func (w *web) lay(edges [][2]uint32, dials int) {
	n := len(w.degree)
	start := make([]uint32, n+2)
	for _, e := range edges {
		start[e[0]+2]++
		start[e[1]+2]++
	}
	places := uint32(0)
	for d := range n {
		if w.more[d] != 0 {
			start[d+2] += room
		}
		places += start[d+2]
		start[d+2] = places
	}
	to, marks := make([]uint32, places), make([]uint8, places)
	for i, e := range edges {
		var ends [2]uint8
		if i < dials {
			ends = [2]uint8{joined | dialled, joined}
		}
		for i, d := range e {
			to[start[d+1]], marks[start[d+1]] = e[1-i], ends[i]
			start[d+1]++
		}
	}
	for d := range n {
		if w.more[d] != 0 {
			for range room {
				to[start[d+1]] = uint32(d)
				start[d+1]++
			}
		}
	}
	w.start, w.to, w.marks = start[:n+1], to, marks
}

// between are the links by which two devices reach each other as long as they work.
func (r *run) between(a, b uint32) (over uint16) {
	if a == b {
		return 0
	}
	for both := r.mine[a] & r.mine[b]; both != 0; both &= both - 1 {
		l := bits.TrailingZeros16(both)
		k := &r.links[l]
		switch {
		case k.Airtime != "":
		case k.Range > 0 && (r.steps.roams[a]|r.steps.roams[b])>>l&1 == 0 && r.near(a, b, float64(k.Range)),
			k.Range == 0 && (!k.Local || r.at[a] == r.at[b]):
			over |= 1 << l
		}
	}
	return over
}

// neighbours are those whom a device may be connected with.
func (w *web) neighbours(d uint32) []uint32 { return w.to[w.start[d]:w.start[d+1]] }

// back is the position of a device's connection at its other end.
func (w *web) back(d, at uint32) uint32 {
	other := w.to[at]
	return w.start[other] + uint32(slices.Index(w.neighbours(other), d))
}

// via is the quickest link that works between a device and the neighbour at one of its
// positions, or -1.
func (r *run) via(d, at uint32) int { return r.quickest(d, r.web.to[at], r.web.over[at]) }

// common is the quickest link between two devices that works, or -1. Those who are no
// neighbours have met.
func (r *run) common(a, b uint32) int {
	if i := slices.Index(r.web.neighbours(a), b); i >= 0 {
		return r.via(a, r.web.start[a]+uint32(i))
	}
	return r.quickest(a, b, r.nearby)
}

// quickest is the first of some links that both devices can use now, or -1.
func (r *run) quickest(a, b uint32, over uint16) int {
	if both := over & r.works[a] & r.works[b]; both != 0 {
		return bits.TrailingZeros16(both)
	}
	return -1
}

// joins counts the neighbours with whom a device is, or wants to be, connected.
func (r *run) joins(d uint32) (n int) {
	for _, m := range r.web.marks[r.web.start[d]:r.web.start[d+1]] {
		if m&joined != 0 {
			n++
		}
	}
	return n
}

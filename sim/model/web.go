package model

import (
	"math"
	"math/bits"
	"slices"
)

// web is who may be connected with whom. A device has one set of neighbours over all of
// its links that carry packets, and with each one connection, over the quickest link
// that works.
type web struct {
	start  []uint32 // device i's are at the positions from start[i] on, up to start[i+1]
	to     []uint32 // the other one
	over   []uint16 // links by which the two reach each other, a bit for each
	marks  []uint8
	degree []uint8  // of the mesh, by device
	filled []uint32 // by device, when it looks for others, plus 1; 0: not
	lone   []uint32 // by device, since when it reaches nobody, plus 1; 0: it does
	met    []uint32 // by device, when that ended last, plus 1
}

// newWeb is the web of some pairs, who dials first. Of the first so many, who are joined
// over infrastructure, each keeps dialling the other.
func (r *run) newWeb(edges [][2]uint32, wide int) web {
	n := len(r.group)
	w := web{degree: make([]uint8, n), filled: make([]uint32, n), lone: make([]uint32, n), met: make([]uint32, n)}
	w.start, w.to, w.marks = compressed(n, edges, wide)
	moves := make([]bool, n)
	for i := range r.moving {
		moves[r.moving[i].dev] = true
	}
	seen, kept := make([]uint32, n), uint32(0) // where the latest device has each other one, plus 1
	for d := range uint32(n) {
		from, first := w.start[d], kept
		w.start[d] = first
		for at := from; at < w.start[d+1]; at++ {
			other := w.to[at]
			if was := seen[other]; was > first {
				w.marks[was-1] |= w.marks[at]
				continue
			}
			w.to[kept], w.marks[kept] = other, w.marks[at]
			w.over = append(w.over, r.between(d, other, moves))
			kept++
			seen[other] = kept
		}
	}
	w.start[n], w.to, w.marks = kept, slices.Clip(w.to[:kept]), slices.Clip(w.marks[:kept])
	return w
}

// between are the links by which two devices reach each other as long as they work.
func (r *run) between(a, b uint32, moves []bool) (over uint16) {
	for both := r.mine[a] & r.mine[b]; both != 0; both &= both - 1 {
		l := bits.TrailingZeros16(both)
		k := &r.links[l]
		switch {
		case k.Airtime != "":
		case k.Range > 0 && !moves[a] && !moves[b] && r.near(a, b, float64(k.Range)),
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

// fill connects a device with others that it reaches, as long as it has fewer neighbours
// than it wants. It returns the positions of the new ones.
func (r *run) fill(d uint32) (added []uint32) {
	w, wanted := &r.web, r.Params.Connections
	for at := w.start[d]; at < w.start[d+1]; at++ {
		switch {
		case r.via(d, at) < 0:
		case w.marks[at]&joined != 0:
			wanted--
		default:
			added = append(added, at)
		}
	}
	added = added[:min(len(added), max(wanted, 0))]
	for _, at := range added {
		back := w.back(d, at)
		w.marks[at], w.marks[back] = w.marks[at]|joined|dialled, w.marks[back]|joined
	}
	return added
}

// noticed is how long a device takes a connection for alive on which nothing comes any
// more (libp2p's QUIC).
const noticed = 30_000

// refill has a device look for others when it has noticed that some are gone, and found
// them.
func (r *run) refill(d uint32) {
	w := &r.web
	if w.filled[d] != 0 {
		return
	}
	for at := w.start[d]; at < w.start[d+1]; at++ {
		if l := r.via(d, at); l >= 0 && w.marks[at]&joined == 0 {
			at := r.q.now + noticed + r.links[l].window + r.chance.Uint32N(1000)
			w.filled[d] = at + 1
			r.q.push(at, evFill, 0, d, 0)
			return
		}
	}
}

// filling is a device connecting with those that it has found.
func (r *run) filling(d uint32) {
	r.web.filled[d] = 0
	added := r.fill(d)
	for _, at := range added {
		other := r.web.to[at]
		r.dialledInVain(d, true)
		r.dialledInVain(other, true)
		r.tally.bytes[d] += float32(r.Params.JoinBytes)
		r.tally.bytes[other] += float32(r.Params.JoinBytes)
		r.exchange(d, other, r.via(d, at), math.MaxUint32)
	}
	if len(added) > 0 {
		r.regraft(d)
	}
}

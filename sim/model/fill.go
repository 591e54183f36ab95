package model

import (
	"math"
	"math/bits"
	"slices"
)

// fill connects a device with others that it reaches, as long as it has fewer neighbours
// than it wants: with those that it knows, and if they are not enough with others in range.
// It returns the positions of the new ones.
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
		w.join(at, w.back(d, at))
	}
	if wanted > len(added) {
		added = append(added, r.seek(d, wanted-len(added))...)
	}
	return added
}

// join connects a device with the neighbour at one of its positions, which it dials.
func (w *web) join(at, back uint32) {
	w.marks[at], w.marks[back] = w.marks[at]|joined|dialled, w.marks[back]|joined
}

// seek connects a device with so many others in range whom it does not know yet, in the
// places of those that are gone.
func (r *run) seek(d uint32, n int) (added []uint32) {
	w := &r.web
	for i := range w.sights {
		s := &w.sights[i]
		if w.more[d]>>s.link&1 == 0 || !r.up(d, s.link) {
			continue
		}
		r.survey(&s.crowd, float64(r.links[s.link].Range), d, func(other uint32) bool {
			if !r.up(other, s.link) || slices.Contains(w.neighbours(d), other) {
				return false
			}
			at, back := r.place(d), r.place(other)
			if at < 0 || back < 0 {
				return at < 0
			}
			r.vacate(d, uint32(at))
			r.vacate(other, uint32(back))
			w.to[at], w.to[back] = other, d
			w.over[at] = r.between(d, other)
			w.over[back] = w.over[at]
			w.join(uint32(at), uint32(back))
			added = append(added, uint32(at))
			return len(added) == n
		})
		if len(added) == n {
			break
		}
	}
	return added
}

// place is the position at which a device has room for somebody else in range: one without
// anybody, or else of one who is gone; -1: there is none.
func (r *run) place(d uint32) int {
	w, place := &r.web, -1
	for at := w.start[d]; at < w.start[d+1]; at++ {
		switch {
		case w.to[at] == d:
			return int(at)
		case w.over[at]&^r.nearby == 0 && r.via(d, at) < 0 && (place < 0 || w.marks[at]&joined == 0):
			place = int(at)
		}
	}
	return place
}

// vacate has a device and the neighbour at one of its positions forget each other. Each
// finds the other again if it looks.
func (r *run) vacate(d, at uint32) {
	w := &r.web
	other := w.to[at]
	if other == d {
		return
	}
	back := w.back(d, at)
	for _, one := range [2][2]uint32{{d, at}, {other, back}} {
		if w.marks[one[1]]&inMesh != 0 {
			w.degree[one[0]]--
		}
		w.more[one[0]] |= w.over[at]
	}
	w.to[at], w.over[at], w.marks[at] = d, 0, 0
	w.to[back], w.over[back], w.marks[back] = other, 0, 0
}

// noticed is how long a device takes a connection for alive on which nothing comes any
// more (libp2p's QUIC).
const noticed = 30_000

// refill has a device look for others when it has noticed that some are gone, and found
// them. Who is back itself looks at once.
func (r *run) refill(d uint32) {
	w := &r.web
	if w.filled[d] != 0 {
		return
	}
	l := r.others(d)
	if l < 0 {
		return
	}
	wait := r.links[l].window + r.chance.Uint32N(1000)
	if w.met[d] != r.q.now+1 {
		wait += noticed
	}
	w.filled[d] = r.q.now + wait + 1
	r.q.push(r.q.now+wait, evFill, 0, d, 0)
}

// others is a link by which a device may find others to connect with, or -1.
func (r *run) others(d uint32) int {
	w, have := &r.web, 0
	for at := w.start[d]; at < w.start[d+1]; at++ {
		switch l := r.via(d, at); {
		case l < 0:
		case w.marks[at]&joined == 0:
			return l
		default:
			have++
		}
	}
	if more := w.more[d] & r.works[d]; more != 0 && have < r.Params.Connections {
		return bits.TrailingZeros16(more)
	}
	return -1
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

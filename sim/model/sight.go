package model

import "math/bits"

// sight is who may have whom in range, over one link.
type sight struct {
	link int
	crowd
}

// finding is devices that stand still finding each other. All look around at about the same
// time, and each dials some of those in range at a time, until it has as many neighbours as
// it wants: those whom it dials and those who dial it. So in a crowd each has others from
// all of it, and more than it wants.
type finding struct {
	*run
	have   []uint32 // neighbours of each device
	known  []uint32 // whom it has found, and who has found it, over the present link
	last   []uint32 // its latest pair, plus 1
	before []uint32 // by pair, the one before of the same device, plus 1
	pairs  [][2]uint32
	dials  []bool // by pair
}

// encounter adds to the dials of devices those that they make in range, and the pairs of those
// who only know each other: whoever has enough knows others all the same, up to as many as
// it wants.
func (r *run) encounter(dials [][2]uint32) (all, others [][2]uint32) {
	n := len(r.group)
	f := finding{run: r, have: make([]uint32, n), last: make([]uint32, n)}
	for _, e := range dials {
		f.have[e[0]]++
		f.have[e[1]]++
	}
	for links := r.nearby; links != 0; links &= links - 1 {
		l := bits.TrailingZeros16(links)
		devices := r.members(l, false)
		g := newGrid(float64(r.links[l].Range), float64(r.size.X), float64(r.size.Y))
		r.web.sights = append(r.web.sights, sight{l, r.newCrowd(g, devices)})
		f.find(&r.web.sights[len(r.web.sights)-1], devices)
	}
	for i, pair := range f.pairs {
		if f.dials[i] {
			dials = append(dials, pair)
		} else {
			others = append(others, pair)
		}
	}
	return dials, others
}

// find has some devices look around again and again, until each knows enough others, or
// all in range.
func (f *finding) find(s *sight, devices []uint32) {
	f.known = make([]uint32, len(f.group))
	wants := uint32(f.Params.Connections)
	looking, known, have := devices, make([]uint32, len(f.group)), make([]uint32, len(f.group))
	for len(looking) > 0 {
		for _, d := range looking { // what they know when they look
			known[d], have[d] = f.known[d], f.have[d]
		}
		var again []uint32
		order := newStroll(f.chance, len(looking))
		for range looking {
			d := looking[order.next()]
			if known[d] >= wants {
				f.web.more[d] |= 1 << s.link
			} else if f.look(s, d, min(dialsAtOnce, wants-known[d]), have[d]) {
				again = append(again, d)
			}
		}
		looking = again
	}
}

// look has a device find so many more, and dial them while it has fewer neighbours than it
// wants. It reports whether it found so many.
func (f *finding) look(s *sight, d, most, have uint32) bool {
	return f.survey(&s.crowd, float64(f.links[s.link].Range), d, func(other uint32) bool {
		if f.paired(d, other) || f.paired(other, d) {
			return false
		}
		calls := have < uint32(f.Params.Connections)
		f.pairs, f.dials = append(f.pairs, [2]uint32{d, other}), append(f.dials, calls)
		f.before = append(f.before, f.last[d])
		f.last[d] = uint32(len(f.pairs))
		f.known[d]++
		f.known[other]++
		if calls {
			have++
			f.have[d]++
			f.have[other]++
		}
		most--
		return most == 0
	})
}

// paired reports whether a device has found another one.
func (f *finding) paired(d, other uint32) bool {
	for i := f.last[d]; i > 0; i = f.before[i-1] {
		if f.pairs[i-1][1] == other {
			return true
		}
	}
	return false
}

package model

import (
	"cmp"
	"math"
)

// connect makes the graph between devices that do not move. In range of each other,
// or over infrastructure at random, each dials as many neighbours as the program does;
// among them gossip keeps its mesh.
func (r *run) connect() {
	r.settled()
	r.web.more = make([]uint16, len(r.group))
	var dials, others [][2]uint32
	for l := range r.links {
		switch k := &r.links[l]; {
		case k.Range > 0 && k.Airtime == "":
			r.nearby |= 1 << l
		case k.Range == 0:
			wide := r.overlay(l)
			dials = append(dials, wide...)
			if r.given {
				k.dials = wide
			}
		}
	}
	if r.nearby != 0 {
		dials, others = r.encounter(dials)
	}
	r.web = r.newWeb(append(dials, others...), len(dials))
	if r.given {
		return
	}
	order := newStroll(r.chance, len(r.group))
	for range r.group {
		r.fill(uint32(order.next()))
	}
	r.graft()
}

// settled finds out over which links devices have no fixed place: who moves over none, and
// over that of a contact log its hosts, whatever their place is.
func (r *run) settled() {
	r.steps.roams = make([]uint16, len(r.group))
	for i := range r.moving {
		r.steps.roams[r.moving[i].dev] = math.MaxUint16
	}
	for _, d := range r.steps.hosts {
		r.steps.roams[d] |= 1 << r.steps.link
	}
}

// members are the devices with a link.
func (r *run) members(l int, roaming bool) (list []uint32) {
	for d := range r.group {
		if r.mine[d]>>l&1 == 1 && (roaming || r.steps.roams[d]>>l&1 == 0) {
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

package model

import (
	"math"
	"strings"
	"time"
)

// toggle begins or ends an outage.
func (r *run) toggle(number int, on bool) {
	o := &r.s.Outages[number]
	if on {
		r.tally.on = append(r.tally.on, number)
	} else {
		r.tally.on = remove(r.tally.on, number)
	}
	var gone []uint32
	for d := range r.group {
		if d := uint32(d); r.hits(number, d) {
			before, off := r.works[d], r.state[d]&offEmpty != 0
			r.suffer(d)
			if o.What == "power" && on && r.state[d]&offEmpty == 0 {
				if empty := r.empties(d); empty < millis(o.Until) {
					r.q.push(empty, evDrain, 0, d, 0)
				}
			}
			r.rejoin(d, r.works[d]&^before, off)
			if before&^r.works[d] != 0 {
				gone = append(gone, d)
			}
		}
	}
	for _, d := range gone {
		r.desert(d)
	}
}

func remove(list []int, x int) []int {
	for i, y := range list {
		if y == x {
			return append(list[:i], list[i+1:]...)
		}
	}
	return list
}

// hits reports whether an outage is one of a device's place and share.
func (r *run) hits(number int, d uint32) bool {
	o := &r.s.Outages[number]
	if o.Place != "" && r.s.Places[r.at[d]].Name != o.Place {
		return false
	}
	return float64(mix(uint64(d)<<16|uint64(number), r.Seed)>>11)/(1<<53) < float64(*o.Share)
}

// suffer sets what all outages that are on do to a device.
func (r *run) suffer(d uint32) {
	r.state[d] &^= noMains | noInternet | noCell
	r.cut[d] = 0
	for _, i := range r.tally.on {
		if !r.hits(i, d) {
			continue
		}
		switch what := r.s.Outages[i].What; what {
		case "power":
			r.state[d] |= noMains
		case "internet":
			r.state[d] |= noInternet
		case "cell":
			r.state[d] |= noCell
		default:
			for l := range r.links {
				if r.links[l].name == strings.TrimPrefix(what, "link:") {
					r.cut[d] |= 1 << l
				}
			}
		}
	}
	switch {
	case r.state[d]&noMains == 0:
		r.state[d] &^= offEmpty
		if r.unfed != nil {
			r.unfed[d] = 0
		}
	case r.unfed[d] == 0:
		r.unfed[d] = r.q.now + 1
	}
	r.notice(d)
}

// empties is when the battery of a device without mains is empty, however many outages
// follow each other until then.
func (r *run) empties(d uint32) uint32 { return after(r.unfed[d]-1, millis(r.battery(d))) }

// drain is a battery that is empty, unless the power has been back since.
func (r *run) drain(d uint32) {
	if r.state[d]&(noMains|offEmpty) != noMains || r.q.now < r.empties(d) {
		return
	}
	r.state[d] |= offEmpty
	r.notice(d)
	r.desert(d)
}

// churn is a device leaving, or coming back.
func (r *run) churn(d uint32) {
	g := r.groupOf(d)
	mean := g.Leave
	if r.state[d]&offAway == 0 {
		r.state[d] |= offAway
		r.notice(d)
		r.desert(d)
		mean = g.Return
	} else {
		r.state[d] &^= offAway
		r.notice(d)
		r.rejoin(d, r.works[d], true)
	}
	r.q.push(after(r.q.now+1, wait(time.Duration(mean), r.fate.ExpFloat64())), evChurn, 0, d, 0)
}

// desert takes a device out of the connections that do not work any more. It, and those
// whom it leaves, look for others.
func (r *run) desert(d uint32) {
	if r.given {
		return
	}
	r.regraft(d)
	r.refill(d)
	r.cutOff(d)
	for at := r.web.start[d]; at < r.web.start[d+1]; at++ {
		if r.web.marks[at]&joined != 0 && r.via(d, at) < 0 {
			r.refill(r.web.to[at])
		}
	}
}

// dialsAtOnce is how many neighbours a device dials at a time (node/discovery).
const dialsAtOnce = 8

// rejoin lets a device reconcile with its neighbours over links that are back. One
// that has started dials those that it had dialled at once, and is dialled by the others;
// one that was running has been dialling them in vain, and they it, with growing pauses:
// some dials are under way and succeed when their handshake is repeated.
func (r *run) rejoin(d uint32, links uint16, started bool) {
	if r.given {
		return
	}
	if started {
		r.started[d] = max(1, r.q.now)
	}
	if links == 0 {
		return
	}
	r.dialledInVain(d, !started)
	r.regraft(d)
	w := &r.web
	for at := w.start[d]; at < w.start[d+1]; at++ {
		l := r.via(d, at)
		if w.marks[at]&joined == 0 || l < 0 || r.quickest(d, w.to[at], w.over[at]&^links) >= 0 {
			continue
		}
		k, other := &r.links[l], w.to[at]
		r.dialledInVain(other, true)
		r.tally.bytes[d] += float32(r.Params.JoinBytes)
		r.tally.bytes[other] += float32(r.Params.JoinBytes)
		var pause uint32
		switch {
		case k.Range > 0:
			pause = after(k.window, r.chance.Uint32N(1000))
		case started && w.marks[at]&dialled == 0:
			pause = after(times(joinTrips, k.delay), r.dialled(d, other))
		case started:
			pause = after(times(joinTrips, k.delay), times((at-w.start[d])/dialsAtOnce*6, k.delay))
		default:
			pause = after(times(joinTrips, k.delay), r.redial())
		}
		r.meetAt(after(r.q.now, pause), d, other, l, math.MaxUint32)
	}
}

// apart reports whether a device and the neighbour at one of its positions are not
// connected yet over a link, because the one that is to be dialled has started a moment ago.
func (r *run) apart(d, at uint32, l int) bool {
	k := &r.links[l]
	if k.Range > 0 { // on a LAN they hear each other
		return false
	}
	other, waits := r.web.to[at], d
	if r.web.marks[at]&dialled != 0 {
		other, waits = d, other
	}
	from := r.started[waits]
	return from > 0 && r.q.now < after(from, after(times(joinTrips, k.delay), r.dialled(waits, other)))
}

// dialled is how long after its start a device is dialled by another one: as with redial,
// the same whenever it is asked for.
func (r *run) dialled(d, by uint32) uint32 {
	share := float64(mix(uint64(d)<<32|uint64(by), uint64(r.started[d]))>>11) / (1 << 53)
	if share < r.Params.Dialling {
		return uint32(share / r.Params.Dialling * handshake)
	}
	return uint32((share - r.Params.Dialling) / (1 - r.Params.Dialling) * float64(times(5, millis(r.Params.Redial))/4))
}

// handshake is within what time the first packet of a dial is repeated, mostly.
const handshake = 1600

// redial is how long it takes until a neighbour that is back is reached.
func (r *run) redial() uint32 {
	if r.chance.Float64() < r.Params.Dialling {
		return r.chance.Uint32N(handshake)
	}
	return r.chance.Uint32N(max(1, times(5, millis(r.Params.Redial))/4))
}

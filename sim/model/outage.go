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
	for d := range r.group {
		if d := uint32(d); r.hits(number, d) {
			before := r.usable(d)
			r.suffer(d)
			if o.What == "power" && on && r.state[d]&offEmpty == 0 {
				if lasts := r.battery(d); lasts < time.Duration(o.Until)-time.Duration(o.At) {
					r.q.push(r.q.now+millis(lasts), evDrain, 0, d, uint32(number))
				}
			}
			r.rejoin(d, r.usable(d)&^before)
		}
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
	if r.state[d]&noMains == 0 {
		r.state[d] &^= offEmpty
	}
}

// usable are the links a device can use, as bits.
func (r *run) usable(d uint32) (bits uint16) {
	for l := range r.links {
		if r.up(d, l) {
			bits |= 1 << l
		}
	}
	return bits
}

// drain is a battery that is empty, unless the power has come back since.
func (r *run) drain(d uint32, number int) {
	for _, i := range r.tally.on {
		if i == number {
			r.state[d] |= offEmpty
		}
	}
}

// churn is a device leaving, or coming back.
func (r *run) churn(d uint32) {
	g := r.groupOf(d)
	mean := g.Leave
	if r.state[d]&offAway == 0 {
		r.state[d] |= offAway
		mean = g.Return
	} else {
		r.state[d] &^= offAway
		r.rejoin(d, r.usable(d))
	}
	r.q.push(r.q.now+1+uint32(float64(millis(mean))*r.fate.ExpFloat64()), evChurn, 0, d, 0)
}

// rejoin lets a device reconcile with its neighbours over links that are back.
func (r *run) rejoin(d uint32, links uint16) {
	if r.given {
		return
	}
	for l := range r.links {
		if links>>l&1 == 0 || r.links[l].Airtime != "" {
			continue
		}
		for _, other := range r.links[l].neighbours(d) {
			if r.up(other, l) {
				r.meetAt(r.q.now+r.links[l].window+uint32(r.chance.IntN(1000)), d, other, l, math.MaxUint32)
			}
		}
	}
}

package model

import "slices"

// Gossip brings what is published; what a device got by reconciliation it offers to
// its neighbours, and each of them asks one that offers it.

// caught is an alert reaching a device by catch-up.
func (r *run) caught(from, to, alert uint32) {
	if r.state[to]&(offAway|offEmpty) != 0 {
		r.tally.lost++
		return
	}
	r.tally.copies++
	if !r.wants(to, alert) || !r.accept(to, alert) {
		return
	}
	if r.passesOn(to) {
		r.offer(to, from, alert)
	}
}

// offer tells the neighbours of what gossip does not bring them.
func (r *run) offer(d, from, alert uint32) {
	wait, w := millis(r.Params.OfferDelay), &r.web
	r.say(d, alert)
	for at := w.start[d]; at < w.start[d+1]; at++ {
		other := w.to[at]
		if w.marks[at]&joined == 0 || other == from || !r.wants(other, alert) || r.bars(other, d) {
			continue
		}
		if l := r.via(d, at); l >= 0 && !r.apart(d, at, l) {
			r.q.push(after(r.q.now+wait, times(offerTrips, r.links[l].delay)), evOffer, alert, d, other)
		}
	}
	for _, c := range r.steps.met(d) {
		if c.peer != from && r.wants(c.peer, alert) {
			at := max(c.since, r.q.now+min(wait, r.links[c.link].window))
			r.q.push(at, evOffer, alert, d, c.peer)
		}
	}
	r.around(d, alert, 2*r.Params.Degree)
}

// offered is a device hearing of an alert that a neighbour has: what it lacks and
// has asked nobody else for it asks for.
func (r *run) offered(from, to, alert uint32) {
	if !r.wants(to, alert) {
		return
	}
	for _, d := range [2]uint32{to, from} {
		if awake, then := r.awake(d, r.q.now); !awake {
			r.wake(then, from, to, alert)
			return
		}
	}
	if l := r.common(from, to); l >= 0 && r.claim(to, alert) {
		r.carry(transfer{kind: evCaught, from: from, to: to, alert: alert, link: l, nth: 1, trips: takeTrips})
	} else if l = r.meets(from, to); l >= 0 && r.claim(to, alert) {
		r.carry(transfer{kind: evCaught, from: from, to: to, alert: alert, link: l, nth: 1})
	}
}

// wake has a neighbour offer an alert again when one of both has woken up and they
// have found each other again.
func (r *run) wake(at, from, to, alert uint32) {
	pause := millis(r.Params.Exchange)
	if l := r.common(from, to); l >= 0 && r.links[l].Range == 0 {
		pause = after(times(joinTrips, r.links[l].delay), r.redial())
	}
	r.q.push(after(at, pause), evOffer, alert, from, to)
}

// bare is what an alert takes without its chain.
func (r *run) bare(alert uint32) uint32 {
	size := r.alerts[alert].size
	return size - min(chainSize, size*9/10) + uint32(r.Params.Overhead)
}

// meets is the link of an open contact of a trace, or -1.
func (r *run) meets(a, b uint32) int {
	open := r.steps.met(a)
	if i := slices.IndexFunc(open, func(m meeting) bool { return m.peer == b }); i >= 0 {
		return int(open[i].link)
	}
	return -1
}

func claimKey(d, alert uint32) uint64 { return uint64(d)<<32 | uint64(alert) }

// claim reports whether a device may ask for an alert now, and notes that it does.
func (r *run) claim(d, alert uint32) bool {
	key := claimKey(d, alert)
	if until, asked := r.claims[key]; asked && r.q.now < until {
		return false
	}
	r.claims[key] = r.q.now + millis(r.Params.Claim)
	return true
}

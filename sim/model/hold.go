package model

import "time"

// Hold is how long a device holds what gossip brought it before it passes it on: who
// hears meanwhile of enough other neighbours that have it waits for the others' word too,
// and then sends to those alone who have said nothing. The zero Hold holds nothing.
type Hold struct {
	Share  int           // of a trip there and back that it holds at first: one in so many
	Least  time.Duration // at first
	Most   time.Duration // likewise
	Behind time.Duration // that it waits for the others' word, at most: else a trip there and back
	Mesh   int           // with so many neighbours in the mesh, or fewer, it holds nothing
	Part   int           // of the mesh, one in so many, is enough; 0: one is
}

// pass passes an alert on that gossip has brought: at once, or when it has been held.
func (r *run) pass(d, from, alert uint32) {
	h, l := &r.Params.Hold, r.common(from, d)
	if h.Share == 0 || r.alerts[alert].arrived == nil || l < 0 || int(r.web.degree[d]) <= h.Mesh {
		r.forward(d, from, alert, false)
		return
	}
	if r.passed(d, from, alert) {
		r.wait(d, from, alert, l)
		return
	}
	trip := 2 * time.Duration(r.links[l].delay) * time.Millisecond
	r.q.push(r.q.now+millis(min(max(trip/time.Duration(h.Share), h.Least), h.Most)), evHeld, alert, from, d)
}

// heldOn is the end of the first hold.
func (r *run) heldOn(from, d, alert uint32) {
	if l := r.common(from, d); l >= 0 && r.alerts[alert].arrived != nil && r.passed(d, from, alert) {
		r.wait(d, from, alert, l)
		return
	}
	r.sendOn(from, d, alert)
}

// wait holds an alert until the others have spoken.
func (r *run) wait(d, from, alert uint32, l int) {
	r.q.push(r.q.now+min(2*r.links[l].delay, millis(r.Params.Hold.Behind)), evPass, alert, from, d)
}

// sendOn passes on what was held, if the device is still there, and still means to.
func (r *run) sendOn(from, d, alert uint32) {
	if r.state[d]&(offAway|offEmpty) == 0 && r.passesOn(d) {
		r.forward(d, from, alert, false)
	}
}

// passed reports whether enough neighbours in the mesh other than the one an alert came
// from have said that they have it (IDONTWANT).
func (r *run) passed(d, from, alert uint32) bool {
	w, arrived, lacks := &r.web, r.alerts[alert].arrived, 1
	if part := r.Params.Hold.Part; part > 0 {
		lacks = max(1, int(w.degree[d])/part)
	}
	for at := w.start[d]; at < w.start[d+1]; at++ {
		other := w.to[at]
		if other == from || w.marks[at]&inMesh == 0 || arrived[other] == 0 {
			continue
		}
		if l := r.via(d, at); l >= 0 && after(arrived[other], r.links[l].delay) <= r.q.now+1 && !r.unheard(other, d, alert, l, r.links[l].delay) {
			if lacks--; lacks == 0 {
				return true
			}
		}
	}
	return false
}

// unheard reports whether a device's word to a neighbour that it has an alert (IDONTWANT)
// was lost, and has not been sent again so many milliseconds ago.
func (r *run) unheard(d, other, alert uint32, l int, ago uint32) bool {
	k, arrived := &r.links[l], r.alerts[alert].arrived
	if k.Loss == 0 || arrived == nil || r.q.now >= after(after(arrived[d], k.patience()), ago) {
		return false
	}
	word := mix(mix(uint64(d)<<32|uint64(other), r.alerts[alert].name), r.Seed)
	return float64(word>>11)/(1<<53) < float64(k.Loss)
}

package model

import (
	"fmt"
	"math"
	"slices"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

// known is a set of an incident's alerts, a bit for each: what a device has heard of.
type known uint64

// incident is alerts that update, confirm or end each other. Of those whom it concerns
// it counts how many know what, by what clock: what they show for it is decided once
// for all of them, by the program's own lifecycle. A device costs nothing for it.
type incident struct {
	members   []uint32 // alerts in the order in which they are issued
	facts     []alert.Fact
	issued    known
	concerned int
	devices   map[stand]int // that know of any
	phases    map[moment][]alert.Phase
	outdated  int // devices, as of the last change of any of them or the last look
	changes   []change
	result    scenario.IncidentResult
}

// stand is what some devices know, and the clock that they have.
type stand struct {
	known known
	watch watch
}

// change is an update, an end or a second signature.
type change struct {
	at        uint32 // issued
	signature bool   // a second one: it replaces nothing
	outdated  int    // devices then
	// settled is from when on at most half, a tenth, a hundredth and none of these
	// were outdated, plus 1; 0: they are not.
	settled [4]uint32
	result  scenario.ChangeResult
}

// settledShares are the shares of [change.settled].
var settledShares = [4]float64{0.5, 0.1, 0.01, 0}

// gather finds the incidents: alerts that speak of each other in any way, with right or
// without. What that amounts to the lifecycle decides.
func (r *run) gather() error {
	var documents []uint32
	for i := range r.alerts {
		a := &r.alerts[i]
		near := slices.Clone(a.follows)
		if a.confirms >= 0 {
			near = append(near, uint32(a.confirms))
		}
		if a.triple != (cap.Reference{}) {
			for _, j := range documents {
				if b := &r.alerts[j]; a.speaksOf(b) || b.speaksOf(a) {
					near = append(near, j)
				}
			}
			documents = append(documents, uint32(i))
		}
		for _, other := range near {
			r.join(uint32(i), other)
		}
	}
	r.incidents = slices.DeleteFunc(r.incidents, func(in incident) bool { return len(in.members) == 0 })
	for n := range r.incidents {
		in := &r.incidents[n]
		if len(in.members) > 64 {
			return fmt.Errorf("%d alerts follow each other up, at most 64", len(in.members))
		}
		slices.Sort(in.members)
		in.devices, in.phases = map[stand]int{}, map[moment][]alert.Phase{}
		for i, m := range in.members {
			r.alerts[m].incident, r.alerts[m].member = int32(n), uint8(i)
			in.facts = append(in.facts, r.fact(m))
			in.result.Alerts = append(in.result.Alerts, int(m))
		}
	}
	return nil
}

// speaksOf reports whether an alert's document refers to another one's, or claims to
// be it.
func (a *alertState) speaksOf(b *alertState) bool {
	return a.triple == b.triple || slices.Contains(a.references, b.triple)
}

// join puts two alerts into one incident.
func (r *run) join(a, b uint32) {
	for _, one := range [2]uint32{a, b} {
		if r.alerts[one].incident < 0 {
			r.alerts[one].incident = int32(len(r.incidents))
			r.incidents = append(r.incidents, incident{members: []uint32{one}})
		}
	}
	into, from := r.alerts[a].incident, r.alerts[b].incident
	if into == from {
		return
	}
	for _, m := range r.incidents[from].members {
		r.alerts[m].incident = into
	}
	r.incidents[into].members = append(r.incidents[into].members, r.incidents[from].members...)
	r.incidents[from].members = nil
}

// knows is what a device has heard of an incident.
func (r *run) knows(d uint32, number int32) (k known) {
	if number < 0 {
		return 0
	}
	for i, m := range r.incidents[number].members {
		if r.heardOf(d, m) {
			k |= 1 << i
		}
	}
	return k
}

// concerns reports whether an incident concerns one of the audience.
func (r *run) concerns(d uint32, in *incident) bool {
	return slices.ContainsFunc(in.members, func(m uint32) bool { return r.counted(d, &r.alerts[m]) })
}

// learn is a device having heard of one more alert of an incident.
func (r *run) learn(d, alert uint32, before known) {
	a := &r.alerts[alert]
	if d == a.station && !a.issued {
		a.issued = true
		if a.incident >= 0 {
			r.incidents[a.incident].issue(r, a)
		}
	}
	if a.incident < 0 || d >= uint32(r.counts) {
		return
	}
	in := &r.incidents[a.incident]
	after := r.knows(d, a.incident)
	if after == before || !r.concerns(d, in) {
		return
	}
	w := r.watch(d)
	clock := w.at(r.q.now)
	if before != 0 {
		if in.devices[stand{before, w}]--; in.devices[stand{before, w}] == 0 {
			delete(in.devices, stand{before, w})
		}
	}
	in.devices[stand{after, w}]++
	if len(in.changes) == 0 {
		return
	}
	if was, _ := in.shows(before, clock); was {
		in.outdated--
	}
	if is, _ := in.shows(after, clock); is {
		in.outdated++
	}
	in.settle(r.q.now)
}

// issue is one of an incident's alerts being issued.
func (in *incident) issue(r *run, a *alertState) {
	in.issued |= 1 << a.member
	if in.concerned == 0 {
		for d := range r.counts {
			if r.concerns(uint32(d), in) {
				in.concerned++
			}
		}
	}
	if a.confirms < 0 && a.kind == alert.KindAlert {
		return
	}
	marks := len(r.tally.marks)
	c := change{at: r.q.now, signature: a.confirms >= 0, result: scenario.ChangeResult{Alert: int(in.members[a.member]), Kind: a.says(),
		At: float64(r.q.now) / 1000, OutdatedAtMarks: make([]float64, marks), LatestAtMarks: make([]float64, marks)}}
	in.changes = append(in.changes, c)
	in.look(r, len(in.changes)-1, 0)
	in.changes[len(in.changes)-1].outdated = in.outdated
	in.settle(r.q.now)
	most := float64(r.ended - r.q.now)
	for i := range curvePoints {
		r.q.push(r.q.now+uint32(10*math.Pow(max(most/10, 1), float64(i)/curvePoints)), evLook, uint32(a.incident), uint32(len(in.changes)-1), 0)
	}
	for i, m := range r.tally.marks {
		r.q.push(after(r.q.now, m), evLook, uint32(a.incident), uint32(len(in.changes)-1), uint32(i+1))
	}
}

// says is what an alert does to its incident.
func (a *alertState) says() string {
	switch {
	case a.confirms >= 0:
		return "confirmation"
	case a.kind == alert.KindAlert:
		return ""
	}
	return a.kind.String()
}

// settle notes since when so few devices are outdated, as of the latest update or end
// and of the second signatures since.
func (in *incident) settle(now uint32) {
	for n := len(in.changes) - 1; n >= 0; n-- {
		c := &in.changes[n]
		for i, share := range settledShares {
			switch few := float64(in.outdated) <= share*float64(c.outdated); {
			case !few:
				c.settled[i] = 0
			case c.settled[i] == 0:
				c.settled[i] = now + 1
			}
		}
		if !c.signature {
			return
		}
	}
}

// look counts who shows what: by their clocks, that may change without their hearing of
// anything. mark is one of a change's marks, plus 1, or 0.
func (in *incident) look(r *run, change, mark int) {
	latest, aware := 0, 0
	in.outdated = 0
	for s, n := range in.devices {
		clock := s.watch.at(r.q.now)
		aware += n
		switch outdated, last := in.shows(s.known, clock); {
		case outdated:
			in.outdated += n
		case last:
			latest += n
		}
	}
	if in.changes[len(in.changes)-1].at < r.q.now {
		in.settle(r.q.now)
	}
	all := math.Max(1, float64(in.concerned))
	outdated, last := float64(in.outdated)/all, float64(latest)/all
	if mark > 0 {
		c := &in.changes[change].result
		c.OutdatedAtMarks[mark-1], c.LatestAtMarks[mark-1] = outdated, last
		return
	}
	res, at := &in.result, float64(r.q.now)/1000
	if n := len(res.Times); n > 0 && res.Times[n-1] == at {
		res.Times, res.Outdated, res.Latest, res.Unaware = res.Times[:n-1], res.Outdated[:n-1], res.Latest[:n-1], res.Unaware[:n-1]
	}
	res.Times, res.Outdated = append(res.Times, at), append(res.Outdated, outdated)
	res.Latest, res.Unaware = append(res.Latest, last), append(res.Unaware, 1-float64(aware)/all)
}

// sum is what came of it.
func (in *incident) sum() scenario.IncidentResult {
	res := in.result
	res.Concerned = in.concerned
	for _, c := range in.changes {
		c.result.Outdated = c.outdated
		ages := [4]float64{-1, -1, -1, -1}
		for i, at := range c.settled {
			if at > 0 {
				ages[i] = float64(at-1-c.at) / 1000
			}
		}
		c.result.P50, c.result.P90, c.result.P99, c.result.Max = ages[0], ages[1], ages[2], ages[3]
		res.Changes = append(res.Changes, c.result)
	}
	return res
}

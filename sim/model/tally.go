package model

import (
	"math"
	"slices"
	"time"

	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

// tally is what is counted while a run goes on.
type tally struct {
	events, copies, deliveries uint64
	lost, contacts, collided   uint64
	displaced, released        uint64 // given up for want of room: in a quota, in a store
	airtime                    time.Duration
	attack                     scenario.Attack
	checks                     uint64    // spent on what adversaries sent
	bytes                      []float32 // sent by each device
	kept                       int       // arrivals in memory
	on                         []int     // outages
	marks                      []uint32
	groups                     []groupTally
	earnest                    bool   // not all alerts are exercises
	examined                   []bool // by alert: why some do not have it
	mapped                     uint32 // the alert of the map
	frames                     []scenario.MapFrame
}

// groupTally is what is counted of a group: over the warnings, exercises only where
// nothing else is issued.
type groupTally struct {
	concerned int   // devices whom a warning concerns, summed over the warnings
	within    []int // of these, how many have it within each mark
}

func (t *tally) start(r *run) {
	t.bytes = make([]float32, len(r.group))
	t.groups = make([]groupTally, len(r.s.Groups))
	for i := range t.groups {
		t.groups[i].within = make([]int, len(r.s.Marks))
	}
	for _, m := range r.s.Marks {
		t.marks = append(t.marks, millis(m))
	}
	counts := make([]int, len(r.alerts)*len(t.marks))
	for i := range r.alerts {
		r.alerts[i].ages.marks, counts = counts[:len(t.marks)], counts[len(t.marks):]
	}
	t.choose(r)
}

// choose decides which alerts are looked at more closely: those in earnest, exercises
// for want of them, and none that concerns nobody as long as there are others.
func (t *tally) choose(r *run) {
	inhabited := make([]bool, len(r.s.Places))
	for d := range r.counts {
		inhabited[r.at[d]] = inhabited[r.at[d]] || audience(r.groupOf(uint32(d)))
	}
	t.earnest = slices.ContainsFunc(r.alerts, func(a alertState) bool { return !a.drill })
	t.examined = make([]bool, len(r.alerts))
	left := explained
	for _, drill := range [2]bool{false, true} {
		for i := range r.alerts {
			a := &r.alerts[i]
			if a.drill != drill || left == 0 || !a.concernsAny(inhabited) {
				continue
			}
			if left == explained {
				t.mapped = uint32(i)
			}
			t.examined[i], left = true, left-1
		}
	}
}

// concerns reports whether an alert concerns who is at home in a place.
func (a *alertState) concerns(place int) bool {
	return (a.place < 0 || place == a.place) && (a.elsewhere == nil || !a.elsewhere[place])
}

func (a *alertState) concernsAny(places []bool) bool {
	for place, is := range places {
		if is && a.concerns(place) {
			return true
		}
	}
	return false
}

// audience reports whether a group is people to be reached.
func audience(g *scenario.Group) bool { return g.Role != "mule" && g.Role != "station" }

// counted reports whether a device is one of the audience of an alert.
func (r *run) counted(d uint32, a *alertState) bool {
	g := r.groupOf(d)
	return g != nil && audience(g) && a.concerns(int(r.at[d]))
}

// grouped reports whether an alert counts for a device's group: a station's has what
// concerns its place, a mule's all, which it carries for others.
func (r *run) grouped(d uint32, a *alertState) bool {
	if a.drill && r.tally.earnest {
		return false
	}
	g := r.groupOf(d)
	return g != nil && (g.Role == "mule" || a.concerns(int(r.at[d])))
}

func (t *tally) issued(r *run, alert uint32) {
	a := &r.alerts[alert]
	for d := range r.counts {
		if r.counted(uint32(d), a) {
			a.ages.concerned++
		}
		if r.grouped(uint32(d), a) {
			t.groups[r.group[d]].concerned++
		}
	}
}

func (t *tally) reached(r *run, d, alert uint32) {
	a := &r.alerts[alert]
	age := r.q.now - a.at
	if d != a.station {
		t.deliveries++
		if r.Arrived != nil {
			r.Arrived(int(alert), int(d), ms(age))
		}
	}
	over := !r.given && r.q.now >= a.expires || !r.alarms(d, alert)
	if r.grouped(d, a) && !over {
		count(t.groups[r.group[d]].within, t.marks, age)
	}
	switch {
	case !r.counted(d, a):
	case over:
		a.ages.late++
	default:
		a.ages.add(age, t.marks)
	}
}

// result puts everything together.
func (r *run) result() *scenario.Result {
	res := &scenario.Result{Schema: scenario.ResultSchema, Scenario: r.s.Name, Title: r.s.Title, Engine: "model", Seed: r.Seed,
		Hours: time.Duration(r.s.Duration).Hours(), Devices: r.counts, Frames: r.tally.frames, Mapped: int(r.tally.mapped), Attack: r.tally.attack}
	for _, m := range r.s.Marks {
		res.Marks = append(res.Marks, time.Duration(m).Seconds())
	}
	for d := range r.counts {
		if audience(r.groupOf(uint32(d))) {
			res.Audience++
		}
	}
	for i := range r.alerts {
		res.Alerts = append(res.Alerts, r.alertResult(uint32(i), res.Marks))
	}
	for i := range r.incidents {
		if in := &r.incidents[i]; len(in.changes) > 0 {
			res.Incidents = append(res.Incidents, in.sum())
		}
	}
	for i, g := range r.s.Groups {
		res.Groups = append(res.Groups, r.groupResult(uint16(i), &g))
	}
	t := &r.tally
	res.Attack.Devices, res.Attack.Checks = len(r.group)-r.counts, new(t.checks)
	res.Traffic = scenario.Traffic{Deliveries: t.deliveries, Copies: t.copies, Lost: t.lost, Contacts: new(t.contacts),
		Airtime: t.airtime.Seconds(), Collided: t.collided, Displaced: t.displaced, Released: t.released}
	if t.deliveries > 0 {
		res.Traffic.PerCopy = float64(t.copies) / float64(t.deliveries)
	}
	all := slices.Clone(t.bytes[:r.counts])
	slices.Sort(all)
	for _, b := range all {
		res.Traffic.Bytes += float64(b)
	}
	if n := len(all); n > 0 {
		res.Traffic.PerDevice = [4]float64{res.Traffic.Bytes / float64(n), float64(all[n/2]), float64(all[n*99/100]), float64(all[n-1])}
	}
	return res
}

// upkeep adds what devices send to get connected with neighbours that stay, and to
// stay connected.
func (r *run) upkeep() {
	each := float64(r.Params.JoinBytes) + r.Params.IdleBytes*float64(r.ended)/1000
	for d := range r.group {
		r.tally.bytes[d] += float32(each * float64(r.joins(uint32(d))))
		r.dialledInVain(uint32(d), r.state[d]&(offAway|offEmpty) == 0)
	}
}

// curvePoints is how many ages a curve has.
const curvePoints = 60

// explained is for how many alerts the unreached are asked why: it takes a look at
// every device for each.
const explained = 20

func (r *run) alertResult(alert uint32, marks []float64) scenario.AlertResult {
	a := &r.alerts[alert]
	g := &a.ages
	res := scenario.AlertResult{At: float64(a.at) / 1000, Severity: string(a.severity), Drill: a.drill, Concerned: g.concerned, Reached: g.reached,
		Late: g.late, P50: g.quantile(0.5), P90: g.quantile(0.9), P99: g.quantile(0.99), Max: float64(g.oldest) / 1000}
	res.Kind, res.GivenUp = a.says(), a.givenUp
	for _, t := range a.follows {
		res.Follows = append(res.Follows, int(t))
	}
	if a.confirms >= 0 {
		res.Follows = []int{int(a.confirms)}
	}
	all := math.Max(1, float64(g.concerned))
	for i := range marks {
		res.AtMarks = append(res.AtMarks, float64(g.marks[i])/all)
	}
	most := float64(r.ended-a.at) / 1000
	for i := range curvePoints {
		age := 0.01 * math.Pow(most/0.01, float64(i)/(curvePoints-1))
		res.Ages, res.Curve = append(res.Ages, age), append(res.Curve, float64(g.within(age*1000))/all)
	}
	if res.Unreached = a.unreached; res.Unreached == nil {
		res.Unreached = r.unreached(alert)
	}
	return res
}

// unreached says why devices do not hold an alert now, if it is one that is examined.
func (r *run) unreached(alert uint32) map[string]int {
	why, a := map[string]int{}, &r.alerts[alert]
	if !r.tally.examined[alert] {
		return why
	}
	for d := range r.counts {
		d := uint32(d)
		if !r.counted(d, a) || r.heardOf(d, alert) {
			continue
		}
		switch {
		case r.state[d]&offAway != 0:
			why["away"]++
		case r.state[d]&offEmpty != 0:
			why["no power"]++
		case r.works[d] == 0:
			why["no link works"]++
		case r.lonely(d):
			why["nobody in reach"]++
		default:
			why["only others without it in reach"]++
		}
	}
	return why
}

// lonely reports whether a device has no neighbour that is up.
func (r *run) lonely(d uint32) bool {
	for at := r.web.start[d]; at < r.web.start[d+1]; at++ {
		if r.via(d, at) >= 0 {
			return false
		}
	}
	for l := range r.links {
		k := &r.links[l]
		if k.Airtime != "" && r.up(d, l) && slices.ContainsFunc(r.hearers(d, l), func(other uint32) bool { return r.up(other, l) }) {
			return false
		}
	}
	return true
}

func (r *run) groupResult(number uint16, g *scenario.Group) scenario.GroupResult {
	res := scenario.GroupResult{Name: g.Name, Place: g.At, Role: g.Role}
	for d := range r.counts {
		if r.group[d] == number {
			res.Devices++
			res.Bytes += float64(r.tally.bytes[d])
		}
	}
	t := &r.tally.groups[number]
	res.Concerned = t.concerned
	for _, n := range t.within {
		res.AtMarks = append(res.AtMarks, float64(n)/math.Max(1, float64(t.concerned)))
	}
	res.Bytes /= math.Max(1, float64(res.Devices))
	return res
}

// planFrames asks for the map when its alert has the ages of the marks, and at the
// end.
func (r *run) planFrames() {
	if r.MapCells <= 0 || len(r.alerts) == 0 {
		return
	}
	first := r.alerts[r.tally.mapped].at
	r.q.push(first+1, evMark, 0, 0, 0)
	for _, m := range r.tally.marks {
		if m < r.ended-first {
			r.q.push(first+m, evMark, 0, 0, 0)
		}
	}
	r.q.push(r.ended-1, evMark, 0, 0, 0)
}

func (r *run) frame() {
	f := scenario.MapFrame{At: float64(r.q.now) / 1000, Columns: r.MapCells, Size: [2]float64{r.size.X, r.size.Y}}
	f.Rows = min(max(1, int(float64(r.MapCells)*r.size.Y/math.Max(r.size.X, 1))), 4*r.MapCells)
	f.Total, f.Reached = make([]int32, f.Columns*f.Rows), make([]int32, f.Columns*f.Rows)
	for d := range r.counts {
		if !r.counted(uint32(d), &r.alerts[r.tally.mapped]) {
			continue
		}
		x := min(int(float64(r.x[d])/math.Max(r.size.X, 1)*float64(f.Columns)), f.Columns-1)
		y := min(int(float64(r.y[d])/math.Max(r.size.Y, 1)*float64(f.Rows)), f.Rows-1)
		i := max(0, y)*f.Columns + max(0, x)
		f.Total[i]++
		if r.heardOf(uint32(d), r.tally.mapped) {
			f.Reached[i]++
		}
	}
	r.tally.frames = append(r.tally.frames, f)
}

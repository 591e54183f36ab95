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
	groups                     [][]uint64 // arrivals within each mark, by group
	frames                     []scenario.MapFrame
}

// ages counts first arrivals by age, in buckets that are a hundredth wide.
type ages struct {
	buckets       []uint32
	reached, late int
	concerned     int
	oldest        uint32
}

// bucketsPerOctave makes a bucket 1.1 % wide.
const bucketsPerOctave = 64

func bucket(age uint32) int {
	return int(math.Log2(float64(age)+1) * bucketsPerOctave)
}

// bucketAge is the greatest age of a bucket, in milliseconds.
func bucketAge(i int) float64 { return math.Exp2(float64(i+1)/bucketsPerOctave) - 1 }

func (a *ages) add(age uint32) {
	i := bucket(age)
	for len(a.buckets) <= i {
		a.buckets = append(a.buckets, 0)
	}
	a.buckets[i]++
	a.reached++
	a.oldest = max(a.oldest, age)
}

// within is how many arrivals are at most so old, in milliseconds.
func (a *ages) within(age float64) (n int) {
	for i := 0; i < len(a.buckets) && bucketAge(i) <= age*1.011; i++ {
		n += int(a.buckets[i])
	}
	return n
}

// quantile is the age, in seconds, by which a share of those concerned have it;
// -1 where fewer ever did.
func (a *ages) quantile(share float64) float64 {
	want, n := int(math.Ceil(share*float64(a.concerned))), 0
	for i, b := range a.buckets {
		if n += int(b); n >= want && n > 0 {
			return math.Min(bucketAge(i), float64(a.oldest)) / 1000
		}
	}
	return -1
}

func (t *tally) start(r *run) {
	t.bytes = make([]float32, len(r.group))
	t.groups = make([][]uint64, len(r.s.Groups))
	for i := range t.groups {
		t.groups[i] = make([]uint64, len(r.s.Marks))
	}
	for _, m := range r.s.Marks {
		t.marks = append(t.marks, millis(m))
	}
}

// counted reports whether a device is one of the audience of an alert.
func (r *run) counted(d uint32, a *alertState) bool {
	g := r.groupOf(d)
	return g != nil && g.Role != "mule" && g.Role != "station" && (a.place < 0 || int(r.at[d]) == a.place) &&
		(a.elsewhere == nil || !a.elsewhere[r.at[d]])
}

func (t *tally) issued(r *run, alert uint32) {
	a := &r.alerts[alert]
	for d := range r.counts {
		if r.counted(uint32(d), a) {
			a.ages.concerned++
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
	if g := r.group[d]; g < foeGroup {
		for i, m := range t.marks {
			if age <= m {
				t.groups[g][i]++
			}
		}
	}
	if !r.counted(d, a) {
		return
	}
	if !r.given && r.q.now >= a.expires || !r.alarms(d, alert) {
		a.ages.late++
		return
	}
	a.ages.add(age)
}

// result puts everything together.
func (r *run) result() *scenario.Result {
	res := &scenario.Result{Schema: scenario.ResultSchema, Scenario: r.s.Name, Title: r.s.Title, Engine: "model", Seed: r.Seed,
		Hours: time.Duration(r.s.Duration).Hours(), Devices: r.counts, Frames: r.tally.frames, Attack: r.tally.attack}
	for _, m := range r.s.Marks {
		res.Marks = append(res.Marks, time.Duration(m).Seconds())
	}
	for d := range r.counts {
		if role := r.groupOf(uint32(d)).Role; role != "mule" && role != "station" {
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

// explained is for how many alerts the unreached are asked why.
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
	share := func(age float64) float64 { return float64(g.within(age*1000)) / math.Max(1, float64(g.concerned)) }
	for _, m := range marks {
		res.AtMarks = append(res.AtMarks, share(m))
	}
	most := float64(r.ended-a.at) / 1000
	for i := range curvePoints {
		age := 0.01 * math.Pow(most/0.01, float64(i)/(curvePoints-1))
		res.Ages, res.Curve = append(res.Ages, age), append(res.Curve, share(age))
	}
	if res.Unreached = a.unreached; res.Unreached == nil {
		res.Unreached = r.unreached(alert)
	}
	return res
}

// unreached says why devices do not hold one of the first alerts now.
func (r *run) unreached(alert uint32) map[string]int {
	why, a := map[string]int{}, &r.alerts[alert]
	if alert >= explained {
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
		if k.Airtime != "" && r.up(d, l) && slices.ContainsFunc(k.neighbours(d), func(other uint32) bool { return r.up(other, l) }) {
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
	for _, n := range r.tally.groups[number] {
		res.AtMarks = append(res.AtMarks, float64(n)/math.Max(1, float64(res.Devices)*float64(len(r.alerts))))
	}
	res.Bytes /= math.Max(1, float64(res.Devices))
	return res
}

// planFrames asks for the map when the first alert has the ages of the marks, and
// at the end.
func (r *run) planFrames() {
	if r.MapCells <= 0 || len(r.alerts) == 0 {
		return
	}
	first := r.alerts[0].at
	r.q.push(first+1, evMark, 0, 0, 0)
	for _, m := range r.tally.marks {
		if first+m < r.ended {
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
		if !r.counted(uint32(d), &r.alerts[0]) {
			continue
		}
		x := min(int(float64(r.x[d])/math.Max(r.size.X, 1)*float64(f.Columns)), f.Columns-1)
		y := min(int(float64(r.y[d])/math.Max(r.size.Y, 1)*float64(f.Rows)), f.Rows-1)
		i := max(0, y)*f.Columns + max(0, x)
		f.Total[i]++
		if r.heardOf(uint32(d), 0) {
			f.Reached[i]++
		}
	}
	r.tally.frames = append(r.tally.frames, f)
}

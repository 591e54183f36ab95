package model

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/kreidfeuer/kreidfeuer/sim/contact"
	"github.com/kreidfeuer/kreidfeuer/sim/mobility"
	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

// mover is a device that moves and the leg it is on.
type mover struct {
	mobility.Movement
	dev    uint32
	leg    mobility.Leg
	vx, vy float32 // metres a second
}

// steps finds the meetings of devices that move.
//
// Most devices hold the same most of the time: all but the odd ones. Two that hold
// different things are an odd one and another, so in each step the odd ones look
// around them. For each pair the way of both during the step, taken as straight,
// says when they come into range and how long they stay.
type steps struct {
	length uint32   // milliseconds; 0: nothing moves
	begun  uint32   // the step that lasts
	roams  []uint16 // by device, links over which it has no fixed place
	views  []view
	mover  []int32              // number among those that move, or -1
	open   map[uint32][]meeting // contacts of a trace
	traces []contact.Change
	ends   []uint32 // of the contacts that these begin
	hosts  []uint32
	link   uint8
}

// view is one radio link's grid.
type view struct {
	link   int
	reach  float64
	crowd          // of devices that do not move
	heads  []int32 // movers by cell
	next   []int32
	cells  []int32 // of movers
	sorted uint32  // the step, plus 1, as of which they are
}

// meeting is an open contact of a trace.
type meeting struct {
	peer, since uint32
	link        uint8
}

func (r *run) mobilise(d uint32, g *scenario.Group, s *site, seed uint64) error {
	chance := rand.New(rand.NewPCG(r.Seed, seed))
	gait := mobility.Gait{MinSpeed: float64(g.Movement.Speed[0]), MaxSpeed: float64(g.Movement.Speed[1]),
		MinPause: time.Duration(g.Movement.Pause[0]), MaxPause: time.Duration(g.Movement.Pause[1])}
	var m mobility.Movement
	switch g.Movement.Model {
	case "waypoint":
		m = mobility.NewWaypoints(s.size, gait, chance)
	case "streets":
		m = mobility.NewWalk(s.streets, gait, chance)
	case "route":
		stops, err := r.stops(g.Movement.Route)
		if err != nil {
			return err
		}
		m = mobility.NewRoute(stops, gait, chance)
		s = &site{}
	case "trace":
		return r.trace(d, g)
	}
	r.moving = append(r.moving, mover{Movement: shifted{m, s.origin}, dev: d})
	return nil
}

// shifted moves a movement to its place.
type shifted struct {
	mobility.Movement
	by mobility.Point
}

func (s shifted) Next() mobility.Leg {
	l := s.Movement.Next()
	l.From, l.To = mobility.Point{X: l.From.X + s.by.X, Y: l.From.Y + s.by.Y}, mobility.Point{X: l.To.X + s.by.X, Y: l.To.Y + s.by.Y}
	return l
}

// stops are where a route leads: to the first device of each place, for who goes
// there goes to somebody, or to its middle.
func (r *run) stops(names []string) (stops []mobility.Point, err error) {
	for _, name := range names {
		i := slices.IndexFunc(r.s.Places, func(p scenario.Place) bool { return p.Name == name })
		if d := slices.Index(r.at, uint16(i)); d >= 0 {
			stops = append(stops, mobility.Point{X: float64(r.x[d]), Y: float64(r.y[d])})
			continue
		}
		s, err := r.site(&r.s.Places[i])
		if err != nil {
			return nil, err
		}
		stops = append(stops, s.move(mobility.Point{X: s.size.X / 2, Y: s.size.Y / 2}))
	}
	return stops, nil
}

// trace takes a device into the contact log of its group, of which there is one.
func (r *run) trace(d uint32, g *scenario.Group) error {
	if hosts := r.steps.hosts; len(hosts) > 0 && r.groupOf(hosts[0]) != g {
		return fmt.Errorf("%s: group %s has a contact log, and there is one for all groups", g.Movement.File, r.groupOf(hosts[0]).Name)
	}
	if r.steps.traces == nil {
		text, err := r.open(g.Movement.File)
		if err != nil {
			return err
		}
		log, err := contact.Read(bytes.NewReader(text))
		if err != nil {
			return fmt.Errorf("%s: %w", g.Movement.File, err)
		}
		if len(log.Changes) == 0 {
			return fmt.Errorf("%s: no contacts", g.Movement.File)
		}
		if first := log.Changes[0].At; first >= time.Duration(r.s.Duration) {
			return fmt.Errorf("%s: the first contact is %s after the log's zero, the scenario lasts %s: subtract from all times", g.Movement.File, first, time.Duration(r.s.Duration))
		}
		if len(log.Names) > g.Count {
			return fmt.Errorf("%s: %d hosts, the group counts %d", g.Movement.File, len(log.Names), g.Count)
		}
		bits, err := r.linkBits(g.Links[:1])
		if err != nil {
			return err
		}
		for r.steps.link = 0; bits>>r.steps.link&1 == 0; r.steps.link++ {
		}
		if k := &r.links[r.steps.link]; k.Range == 0 || k.Airtime != "" {
			return fmt.Errorf("%s: a contact log is of a link with a range that carries packets; the first link of the group, %s, does not", g.Movement.File, k.name)
		}
		r.steps.traces, r.steps.ends, r.steps.open = log.Changes, ends(log.Changes), map[uint32][]meeting{}
		for i, c := range log.Changes {
			r.q.push(millis(c.At), evMove, 1, uint32(i), 0)
		}
	}
	r.steps.hosts = append(r.steps.hosts, d)
	return nil
}

// traced begins or ends a contact of the trace.
func (r *run) traced(i uint32) {
	c := r.steps.traces[i]
	if int(max(c.A, c.B)) >= len(r.steps.hosts) {
		return // who did not adopt the program
	}
	a, b := r.steps.hosts[c.A], r.steps.hosts[c.B]
	if !c.Up {
		r.steps.part(a, b)
		r.steps.part(b, a)
		return
	}
	l := int(r.steps.link)
	since, until := r.q.now+r.links[l].window, r.steps.ends[i]
	r.steps.open[a] = append(r.steps.open[a], meeting{b, since, r.steps.link})
	r.steps.open[b] = append(r.steps.open[b], meeting{a, since, r.steps.link})
	if since < until {
		r.meetAt(since, a, b, l, until-since)
	}
}

// ends are when the contacts end that a log's changes begin.
func ends(log []contact.Change) []uint32 {
	list, open := make([]uint32, len(log)), map[[2]int32]int{}
	for i, c := range log {
		pair := [2]int32{c.A, c.B}
		if c.Up {
			open[pair], list[i] = i, math.MaxUint32
		} else if begun, is := open[pair]; is {
			list[begun] = millis(c.At)
		}
	}
	return list
}

func (s *steps) part(a, b uint32) {
	s.open[a] = slices.DeleteFunc(s.open[a], func(m meeting) bool { return m.peer == b })
}

// met are the open contacts of a device in a trace.
func (s *steps) met(d uint32) []meeting { return s.open[d] }

// nearly is the share of a radio's range to which it is known where one is that moves.
const nearly = 0.01

// prepare lays out the grids, once all devices are there.
func (r *run) prepare() {
	if len(r.moving) == 0 {
		return
	}
	fastest, reach := 0.0, math.Inf(1)
	for i := range r.moving {
		if g := r.groupOf(r.moving[i].dev); g != nil {
			fastest = max(fastest, float64(g.Movement.Speed[1]))
		}
	}
	for l := range r.links {
		switch k := &r.links[l]; {
		case k.Range > 0 && k.Airtime == "":
			reach = min(reach, float64(k.Range))
		case len(r.radios.heard[l].moving) > 0:
			reach = min(reach, float64(k.Range)*nearly)
		}
	}
	if math.IsInf(reach, 1) {
		return
	}
	r.steps.mover = slices.Repeat([]int32{-1}, len(r.group))
	for i := range r.moving {
		r.steps.mover[r.moving[i].dev] = int32(i)
	}
	// A step is as long as the fastest needs for a radio range, so that ways are
	// short beside it.
	r.steps.length = uint32(min(max(reach/max(fastest, 0.1)*1000, 500), 30_000))
	for l := range r.links {
		if k := &r.links[l]; k.Range > 0 && k.Airtime == "" {
			r.steps.views = append(r.steps.views, r.newView(l, float64(k.Range), fastest))
		}
	}
}

func (r *run) newView(l int, reach, fastest float64) view {
	g := newGrid(reach+2*fastest*float64(r.steps.length)/1000, float64(r.size.X), float64(r.size.Y))
	return view{link: l, reach: reach, crowd: r.newCrowd(g, r.members(l, false)), heads: slices.Repeat([]int32{-1}, g.cells()),
		next: make([]int32, len(r.moving)), cells: make([]int32, len(r.moving))}
}

// move is one step: everybody goes on, then looks around.
func (r *run) move() {
	r.step()
	if odd := r.held.odd(); len(odd) > 0 {
		for i := range r.steps.views {
			r.look(&r.steps.views[i], odd)
		}
	}
	r.q.push(r.q.now+r.steps.length, evMove, 0, 0, 0)
}

// step moves everybody to where they are now.
func (r *run) step() {
	now := ms(r.q.now)
	for i := range r.moving {
		m := &r.moving[i]
		m.advance(now)
		p := m.leg.At(now)
		r.x[m.dev], r.y[m.dev] = float32(p.X), float32(p.Y)
	}
	r.steps.begun = r.q.now
}

// advance takes the leg of a time.
func (m *mover) advance(now time.Duration) {
	if m.leg.End > now {
		return
	}
	for m.leg.End <= now {
		m.leg = m.Next()
	}
	length := (m.leg.End - m.leg.Begin).Seconds()
	m.vx, m.vy = float32((m.leg.To.X-m.leg.From.X)/length), float32((m.leg.To.Y-m.leg.From.Y)/length)
}

// look finds the pairs of one link that hold different things and meet.
func (r *run) look(v *view, odd []uint32) {
	r.sort(v)
	around, usual := v.grid.around(), r.held.usual
	for _, d := range odd {
		if !r.listens(d, v.link) {
			continue
		}
		c, mine, me := v.grid.cell(r.x[d], r.y[d]), r.held.sum[d], r.steps.mover[d]
		for _, off := range around {
			for j := v.heads[c+off]; j >= 0; j = v.next[j] {
				// Two odd ones that both move find each other twice.
				if sum := r.held.sum[r.moving[j].dev]; sum != mine && (me < 0 || sum == usual || me < j) {
					r.meet(v, d, me, r.moving[j].dev, j)
				}
			}
			if me < 0 {
				continue
			}
			for _, other := range v.resting[v.first[c+off]:v.first[c+off+1]] {
				if r.held.sum[other] == usual { // an odd one looks for itself
					r.meet(v, d, me, other, -1)
				}
			}
		}
	}
}

// sort puts the movers into their cells, once a step.
func (r *run) sort(v *view) {
	if v.sorted == r.steps.begun+1 {
		return
	}
	if v.sorted > 0 {
		for _, c := range v.cells {
			v.heads[c] = -1
		}
	}
	v.sorted = r.steps.begun + 1
	for i := range r.moving {
		d := r.moving[i].dev
		c := v.grid.cell(r.x[d], r.y[d])
		v.cells[i], v.next[i], v.heads[c] = c, v.heads[c], int32(i)
	}
}

// listens reports whether a device can use a link and is awake.
func (r *run) listens(d uint32, l int) bool {
	awake, _ := r.awake(d, r.q.now)
	return awake && r.up(d, l)
}

// meet lets two devices exchange if they are in range long enough in this step. i
// and j are their numbers among those that move, or -1.
func (r *run) meet(v *view, a uint32, i int32, b uint32, j int32) {
	if !r.listens(b, v.link) {
		return
	}
	var vx, vy float32
	set := time.Duration(0) // off on the way on which they are
	if i >= 0 {
		m := &r.moving[i]
		vx, vy, set = -m.vx, -m.vy, m.leg.Begin
	}
	if j >= 0 {
		m := &r.moving[j]
		vx, vy, set = vx+m.vx, vy+m.vy, max(set, m.leg.Begin)
	}
	from, till := within(float64(r.x[b]-r.x[a]), float64(r.y[b]-r.y[a]), float64(vx), float64(vy), v.reach)
	// They may have come into range in an earlier step, and a step may be shorter
	// than what it takes to begin.
	from = max(from*1000, float64(set-ms(r.q.now))/1e6)
	begin := max(0, from+float64(r.links[v.link].window))
	if begin >= float64(r.steps.length) || begin >= till*1000 {
		return
	}
	r.meetAt(r.q.now+uint32(begin), a, b, v.link, uint32(min(till*1000-begin, math.MaxInt32)))
}

// within says from when to when, in seconds from now, two places are closer than
// reach, one of which moves relative to the other. till is -1 where they never are.
func within(dx, dy, vx, vy, reach float64) (from, till float64) {
	a, b, c := vx*vx+vy*vy, dx*vx+dy*vy, dx*dx+dy*dy-reach*reach
	if a < 1e-9 {
		if c <= 0 {
			return math.Inf(-1), math.MaxInt32
		}
		return -1, -1
	}
	under := b*b - a*c
	if under < 0 {
		return -1, -1
	}
	root := math.Sqrt(under)
	if from, till = (-b-root)/a, (-b+root)/a; till < 0 {
		return -1, -1
	}
	return from, till
}

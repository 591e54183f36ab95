package mobility

// Route is a host that visits stops in turn, over and over: a mule, a bus, a
// courier. It rests at each.
type Route struct {
	stops  []Point
	gait   Gait
	chance Chance
	last   Leg
	next   int
}

// NewRoute begins at the first stop, with a rest. There must be at least one.
func NewRoute(stops []Point, gait Gait, chance Chance) *Route {
	return &Route{stops: stops, gait: gait, chance: chance, last: pause(stops[0], 0, 0)}
}

// Next implements [Movement].
func (r *Route) Next() Leg {
	if r.last.From != r.last.To || r.last.End == 0 || len(r.stops) == 1 {
		r.last = pause(r.last.To, r.last.End, max(r.gait.pause(r.chance), 1))
		return r.last
	}
	r.next = (r.next + 1) % len(r.stops)
	r.last = walk(r.last.To, r.stops[r.next], r.last.End, r.gait.speed(r.chance))
	if r.last.From == r.last.To { // two stops at one place
		r.last = pause(r.last.To, r.last.Begin, 1)
	}
	return r.last
}

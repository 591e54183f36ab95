package mobility

// Walk is a host that goes along streets by the shortest way to a random node,
// rests, and goes on.
type Walk struct {
	streets *Map
	gait    Gait
	chance  Chance
	last    Leg
	node    int32   // where the way began, or the nearest that was passed
	ahead   []int32 // nodes still to come
	speed   float64
}

// NewWalk begins at a random place on a random street, with a rest.
func NewWalk(streets *Map, gait Gait, chance Chance) *Walk {
	w := &Walk{streets: streets, gait: gait, chance: chance}
	at, node := streets.beside(chance)
	w.node, w.last = node, pause(at, 0, 0)
	return w
}

// Next implements [Movement].
func (w *Walk) Next() Leg {
	switch {
	case len(w.ahead) > 0: // on the way
	case w.last.From != w.last.To || w.last.End == 0: // arrived
		w.last = pause(w.last.To, w.last.End, max(w.gait.pause(w.chance), 1))
		return w.last
	default: // rested
		w.speed = w.gait.speed(w.chance)
		w.ahead = w.streets.way(w.node, w.streets.destination(w.chance))
	}
	w.node = w.ahead[0]
	w.ahead = w.ahead[1:]
	w.last = walk(w.last.To, w.streets.Nodes[w.node], w.last.End, w.speed)
	return w.last
}

package mobility

import (
	"math"
	"time"
)

// Chance is the source of what is left to chance; *rand.Rand of math/rand/v2 is one.
type Chance interface {
	Float64() float64
	IntN(n int) int
}

// Point is a place, in metres east and north of the plane's origin.
type Point struct{ X, Y float64 }

// Distance is in metres.
func (p Point) Distance(q Point) float64 { return math.Hypot(p.X-q.X, p.Y-q.Y) }

// Leg is a straight way at one speed, or a pause where From is To.
type Leg struct {
	From, To   Point
	Begin, End time.Duration
}

// At is the place at a time of the leg; before it is its beginning, after it its end.
func (l *Leg) At(t time.Duration) Point {
	if t >= l.End || l.From == l.To {
		return l.To
	}
	if t <= l.Begin {
		return l.From
	}
	share := float64(t-l.Begin) / float64(l.End-l.Begin)
	return Point{l.From.X + share*(l.To.X-l.From.X), l.From.Y + share*(l.To.Y-l.From.Y)}
}

// Speed is in metres a second.
func (l *Leg) Speed() float64 {
	if l.From == l.To || l.End <= l.Begin {
		return 0
	}
	return l.From.Distance(l.To) / (l.End - l.Begin).Seconds()
}

// walk is the leg from a place to another at a speed, begun at a time.
func walk(from, to Point, begin time.Duration, speed float64) Leg {
	return Leg{from, to, begin, begin + seconds(from.Distance(to)/speed)}
}

func pause(at Point, begin, length time.Duration) Leg { return Leg{at, at, begin, begin + length} }

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// Movement is where one host goes.
type Movement interface {
	// Next returns the leg that begins when and where the last one ended; the
	// first begins at 0. A leg must not be empty for ever: time has to go on.
	Next() Leg
}

// Gait is how fast a host goes and how long it rests: uniformly between the two
// bounds, anew for every way. MaxPause may be 0; speeds must be above 0.
type Gait struct {
	MinSpeed, MaxSpeed float64
	MinPause, MaxPause time.Duration
}

func (g Gait) speed(c Chance) float64 { return g.MinSpeed + c.Float64()*(g.MaxSpeed-g.MinSpeed) }

func (g Gait) pause(c Chance) time.Duration {
	return g.MinPause + time.Duration(c.Float64()*float64(g.MaxPause-g.MinPause))
}

// Waypoints is a host of the random waypoint model: it goes straight to a random
// place of a rectangle, rests, and goes on (Johnson and Maltz, 1996).
type Waypoints struct {
	gait   Gait
	chance Chance
	size   Point
	last   Leg
}

// NewWaypoints begins at a random place of the rectangle from the origin to size,
// with a rest.
func NewWaypoints(size Point, gait Gait, chance Chance) *Waypoints {
	w := &Waypoints{gait: gait, chance: chance, size: size}
	w.last = pause(w.anywhere(), 0, 0)
	return w
}

func (w *Waypoints) anywhere() Point {
	return Point{w.chance.Float64() * w.size.X, w.chance.Float64() * w.size.Y}
}

// Next implements [Movement].
func (w *Waypoints) Next() Leg {
	if w.last.From != w.last.To || w.last.End == 0 {
		w.last = pause(w.last.To, w.last.End, max(w.gait.pause(w.chance), 1))
	} else {
		w.last = walk(w.last.To, w.anywhere(), w.last.End, w.gait.speed(w.chance))
	}
	return w.last
}

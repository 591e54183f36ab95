package netmodel

import (
	"math"
	"slices"
	"time"
)

// Point is a place in metres.
type Point struct{ X, Y float64 }

// Distance is the distance to another point in metres.
func (p Point) Distance(q Point) float64 { return math.Hypot(p.X-q.X, p.Y-q.Y) }

// towards is the point at the given share of the way to q.
func (p Point) towards(q Point, share float64) Point {
	return Point{p.X + (q.X-p.X)*share, p.Y + (q.Y-p.Y)*share}
}

// Mobility says where nodes are.
type Mobility interface {
	At(now time.Duration, node int) Point
}

// Fixed are the places of nodes that do not move, by number.
type Fixed []Point

// At implements [Mobility].
func (f Fixed) At(_ time.Duration, node int) Point { return f[node] }

// Wander moves every node through a rectangle: in each leg it walks straight from
// one random point to the next, each evenly spread and of its own.
type Wander struct {
	Seed          uint64
	Width, Height float64
	Leg           time.Duration // must be positive
}

// At implements [Mobility].
func (w Wander) At(now time.Duration, node int) Point {
	leg := uint64(now / w.Leg)
	return w.corner(node, leg).towards(w.corner(node, leg+1), float64(now%w.Leg)/float64(w.Leg))
}

func (w Wander) corner(node int, leg uint64) Point {
	p := Packet{From: node, Number: leg}
	return Point{unit(w.Seed, saltX, p) * w.Width, unit(w.Seed, saltY, p) * w.Height}
}

// Stop is where a node is at a moment.
type Stop struct {
	At    time.Duration
	Point Point
}

// Tracks are recorded movements, by node: stops in order of time, at least one.
// Between two stops a node moves straight; before the first and after the last it
// stands still.
type Tracks [][]Stop

// At implements [Mobility].
func (t Tracks) At(now time.Duration, node int) Point {
	stops := t[node]
	i, _ := slices.BinarySearchFunc(stops, now, func(s Stop, now time.Duration) int { return int(s.At - now) })
	switch i {
	case 0:
		return stops[0].Point
	case len(stops):
		return stops[i-1].Point
	}
	a, b := stops[i-1], stops[i]
	return a.Point.towards(b.Point, float64(now-a.At)/float64(b.At-a.At))
}

// Radio lets nodes hear each other that are near: without loss up to Clear metres,
// with more and more up to Range metres, and not at all beyond.
type Radio struct {
	Mobility     Mobility
	Clear, Range float64
}

// Link implements [Model].
func (r Radio) Link(now time.Duration, from, to int) Link {
	d := r.Mobility.At(now, from).Distance(r.Mobility.At(now, to))
	switch {
	case d > r.Range:
		return Link{Down: true}
	case d > r.Clear:
		return Link{Loss: (d - r.Clear) / (r.Range - r.Clear)}
	}
	return Link{}
}

package netmodel

import "time"

// Model says what the way from one node to another is like at a moment.
type Model interface {
	Link(now time.Duration, from, to int) Link
}

// Link is also the model of a network that is the same everywhere and always.
func (l Link) Link(time.Duration, int, int) Link { return l }

// All puts models together: a packet has to pass each of them.
type All []Model

// Link implements [Model].
func (a All) Link(now time.Duration, from, to int) Link {
	var l Link
	for _, m := range a {
		l = l.Then(m.Link(now, from, to))
	}
	return l
}

// Span is a time from which and until which something is so. The zero Until is for
// ever.
type Span struct{ From, Until time.Duration }

// Holds reports whether now lies in the span; its end does not.
func (s Span) Holds(now time.Duration) bool {
	return now >= s.From && (s.Until == 0 || now < s.Until)
}

// Partition separates the nodes into groups that do not hear each other.
type Partition struct {
	Span
	Group func(node int) int
}

// Link implements [Model].
func (p Partition) Link(now time.Duration, from, to int) Link {
	return Link{Down: p.Holds(now) && p.Group(from) != p.Group(to)}
}

// NodeDown is a node without network: nothing leaves it, nothing reaches it.
type NodeDown struct {
	Span
	Node int
}

// Link implements [Model].
func (d NodeDown) Link(now time.Duration, from, to int) Link {
	return Link{Down: d.Holds(now) && (from == d.Node || to == d.Node)}
}

// Between applies a model to the way between two nodes, in both directions.
type Between struct {
	A, B  int
	Model Model
}

// Link implements [Model].
func (b Between) Link(now time.Duration, from, to int) Link {
	if from == b.A && to == b.B || from == b.B && to == b.A {
		return b.Model.Link(now, from, to)
	}
	return Link{}
}

// During applies a model for a while.
type During struct {
	Span
	Model Model
}

// Link implements [Model].
func (d During) Link(now time.Duration, from, to int) Link {
	if d.Holds(now) {
		return d.Model.Link(now, from, to)
	}
	return Link{}
}

// Spread gives each way a latency of its own, the same in both directions and at
// all times, evenly spread between Least and Most.
type Spread struct {
	Seed        uint64
	Least, Most time.Duration
}

// Link implements [Model].
func (s Spread) Link(_ time.Duration, from, to int) Link {
	p := Packet{From: min(from, to), To: max(from, to)}
	return Link{Latency: s.Least + time.Duration(unit(s.Seed, saltSpread, p)*float64(s.Most-s.Least))}
}

// Churn takes every node off the network regularly: it is up for Up and down for
// Down, from a moment of its own. Nodes below Spare stay up.
type Churn struct {
	Seed     uint64
	Up, Down time.Duration
	Spare    int
}

// Link implements [Model].
func (c Churn) Link(now time.Duration, from, to int) Link {
	return Link{Down: c.isDown(now, from) || c.isDown(now, to)}
}

func (c Churn) isDown(now time.Duration, node int) bool {
	period := c.Up + c.Down
	if node < c.Spare || period <= 0 {
		return false
	}
	phase := time.Duration(unit(c.Seed, saltPhase, Packet{From: node}) * float64(period))
	return (now+phase)%period >= c.Up
}

package mobility

import (
	"cmp"
	"math"
	"slices"
	"time"

	"github.com/kreidfeuer/kreidfeuer/sim/contact"
)

// Field finds the contacts of hosts that move.
type Field struct {
	hosts  []host
	radius float64       // radio range
	tick   time.Duration // how often contacts are looked for
	step   time.Duration // how far legs are laid out at once, a multiple of tick
	open   map[[2]int32]bool

	cell   float64 // width of a cell: no pair meets within a step from beyond the neighbouring ones
	width  int
	height int
	heads  []int32 // first host in each cell, or -1
	next   []int32 // next host in the same cell
}

// host is the legs of a movement that overlap the present step.
type host struct {
	Movement
	legs  []Leg
	speed float64 // the greatest of these legs
}

// at is where the host is at a time of the present step.
func (h *host) at(t time.Duration) Point {
	for i := range h.legs {
		if t <= h.legs[i].End {
			return h.legs[i].At(t)
		}
	}
	return h.legs[len(h.legs)-1].To
}

// advance lays out the legs that overlap a step.
func (h *host) advance(begin, end time.Duration) {
	i := 0
	for i < len(h.legs) && h.legs[i].End < begin {
		i++
	}
	h.legs = h.legs[:copy(h.legs, h.legs[i:])]
	for len(h.legs) == 0 || h.legs[len(h.legs)-1].End < end {
		if leg := h.Next(); leg.End >= begin {
			h.legs = append(h.legs, leg)
		}
	}
	h.speed = 0
	for i := range h.legs {
		h.speed = max(h.speed, h.legs[i].Speed())
	}
}

// NewField holds hosts with a radio range in metres, who look for each other
// every tick. size is the corner opposite the origin of the rectangle they move
// in; fastest is the greatest speed of any of them.
func NewField(movements []Movement, size Point, radius, fastest float64, tick time.Duration) *Field {
	f := &Field{radius: radius, tick: tick, open: map[[2]int32]bool{}, next: make([]int32, len(movements))}
	// A step is as long as the fastest needs for the radio range, so that cells
	// are a few ranges wide; all that matters is speed.
	ticks := 1.0
	if fastest > 0 {
		ticks = max(1, math.Floor(radius/fastest/tick.Seconds()))
	}
	f.step = time.Duration(min(ticks, 600)) * tick
	f.cell = radius + 2*fastest*f.step.Seconds()
	f.width, f.height = int(size.X/f.cell)+3, int(size.Y/f.cell)+3
	f.heads = make([]int32, f.width*f.height)
	for i := range f.heads {
		f.heads[i] = -1
	}
	for _, m := range movements {
		f.hosts = append(f.hosts, host{Movement: m})
	}
	return f
}

// Contacts yields the changes from begin to end, in order; what is in range at
// begin begins then. It may be called once.
func (f *Field) Contacts(begin, end time.Duration, yield func(contact.Change) bool) {
	var found []contact.Change
	var near [][2]int32
	for at := begin; at < end; at += f.step {
		till := min(at+f.step, end)
		for i := range f.hosts {
			f.hosts[i].advance(at, till)
		}
		near = f.near(at, near[:0])
		found = found[:0]
		for _, pair := range near {
			found = f.meet(pair, at, till, found)
		}
		slices.SortFunc(found, func(a, b contact.Change) int {
			return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.A, b.A), cmp.Compare(a.B, b.B))
		})
		for _, c := range found {
			if !yield(c) {
				return
			}
		}
	}
}

// near lists the pairs that may be in range within the step that begins at a time.
func (f *Field) near(at time.Duration, list [][2]int32) [][2]int32 {
	places := make([]int, len(f.hosts))
	for i := range f.hosts {
		h := &f.hosts[i]
		p := h.at(at)
		x, y := min(max(int(p.X/f.cell)+1, 1), f.width-2), min(max(int(p.Y/f.cell)+1, 1), f.height-2)
		for dy := -1; dy <= 1; dy++ {
			for dx := -1; dx <= 1; dx++ {
				for j := f.heads[(y+dy)*f.width+x+dx]; j >= 0; j = f.next[j] {
					other := &f.hosts[j]
					if p.Distance(other.at(at)) <= f.radius+(h.speed+other.speed)*f.step.Seconds() {
						list = append(list, [2]int32{j, int32(i)})
					}
				}
			}
		}
		places[i] = y*f.width + x
		f.next[i] = f.heads[places[i]]
		f.heads[places[i]] = int32(i)
	}
	for _, place := range places {
		f.heads[place] = -1
	}
	return list
}

// meet looks at a pair tick by tick.
func (f *Field) meet(pair [2]int32, begin, end time.Duration, found []contact.Change) []contact.Change {
	a, b := &f.hosts[pair[0]], &f.hosts[pair[1]]
	open := f.open[pair]
	for t := begin; t < end; t += f.tick {
		if in := a.at(t).Distance(b.at(t)) <= f.radius; in != open {
			open = in
			found = append(found, contact.Change{At: t, A: pair[0], B: pair[1], Up: in})
		}
	}
	if open {
		f.open[pair] = true
	} else {
		delete(f.open, pair)
	}
	return found
}

package agenda

import "time"

// Again has a neighbour compared with: something may have been missed.
func (n *Neighbours[P]) Again(p P, now time.Time) {
	n.change(p, func(b *neighbour) { b.compareSoon(now) })
}

// Later has a neighbour compared with after a while.
func (n *Neighbours[P]) Later(p P, after time.Duration, now time.Time) {
	n.change(p, func(b *neighbour) { b.compareBy(now.Add(after)) })
}

// InTurn has a neighbour compared with because it is its turn, unless the link is
// slow and that was done a while ago.
func (n *Neighbours[P]) InTurn(p P, now time.Time) {
	n.change(p, func(b *neighbour) {
		if now.Sub(b.compared) >= min(turnShare*b.cost, turnSeldom) {
			b.compareSoon(now)
		}
	})
}

// Everybody has all neighbours compared with now.
func (n *Neighbours[P]) Everybody(now time.Time) {
	n.mu.Lock()
	for _, b := range n.all {
		b.compareBy(now)
	}
	n.mu.Unlock()
	n.poke()
}

// Costs notes how long a comparison took that brought nothing.
func (n *Neighbours[P]) Costs(p P, took time.Duration) {
	n.with(p, func(b *neighbour) { b.cost = took })
}

// Served notes that a session which the neighbour began begins or ends: +1 or -1.
func (n *Neighbours[P]) Served(p P, change int) {
	n.change(p, func(b *neighbour) { b.serving = max(0, b.serving+change) })
}

// TakeCompare reports whether a comparison is due, and notes that it begins.
func (n *Neighbours[P]) TakeCompare(p P, now time.Time) (due bool) {
	n.with(p, func(b *neighbour) {
		if due = !b.compare.IsZero() && !b.compareAt().After(now); due {
			b.compare, b.compared = time.Time{}, now
		}
	})
	return due
}

func (b *neighbour) compareBy(at time.Time) {
	if b.compare.IsZero() || at.Before(b.compare) {
		b.compare = at
	}
}

// compareSoon has it compared with, but not twice within Again.
func (b *neighbour) compareSoon(now time.Time) {
	b.compareBy(latest(now, b.compared.Add(Again)))
}

// compareAt is when the comparison that is due may begin: while the neighbour
// compares with us, both learn from that.
func (b *neighbour) compareAt() time.Time {
	if b.serving > 0 {
		return b.compare.Add(patience)
	}
	return b.compare
}

func latest(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

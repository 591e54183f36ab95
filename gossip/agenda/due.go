package agenda

import (
	"cmp"
	"errors"
	"slices"
	"time"
)

// Due says which sessions are to begin now, and when to look again at the latest.
// Who did not fail lately goes before who did. Each that begins is to be followed by
// [Neighbours.Begun] and, in the end, [Neighbours.Ended].
func (n *Neighbours[P]) Due(now time.Time) (begin []P, next time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	next = now.Add(lookAtLeast)
	places := Places
	var ready []P
	for p, b := range n.all {
		at, ok := b.dueAt()
		switch {
		case b.running:
			places--
		case ok && !at.After(now):
			ready = append(ready, p)
		case ok && at.Before(next):
			next = at
		}
	}
	slices.SortFunc(ready, func(p, q P) int { return cmp.Compare(n.all[p].fails, n.all[q].fails) })
	begin = ready[:min(len(ready), max(0, places))]
	for _, p := range begin {
		b := n.all[p]
		b.running, b.useful = true, now
	}
	if waiting := len(ready) - len(begin); waiting > 0 {
		if turn := n.makePlaces(waiting, now); turn.Before(next) {
			next = turn
		}
	}
	return begin, next
}

// makePlaces ends sessions that have brought nothing for long, for as many
// neighbours as wait for a place, and returns when to try again.
func (n *Neighbours[P]) makePlaces(waiting int, now time.Time) (again time.Time) {
	var idle []*neighbour
	for _, b := range n.all {
		switch {
		case b.running && b.stop == nil:
			waiting-- // its place is about to be free
		case b.running:
			idle = append(idle, b)
		}
	}
	slices.SortFunc(idle, func(a, b *neighbour) int { return a.useful.Compare(b.useful) })
	for _, b := range idle {
		if waiting <= 0 {
			break
		}
		if turn := b.useful.Add(askTurn); turn.After(now) {
			return turn
		}
		b.stop()
		b.stop = nil
		waiting--
	}
	return now.Add(askTurn)
}

// dueAt is when the next session with the neighbour is due.
func (b *neighbour) dueAt() (at time.Time, ok bool) {
	consider := func(t time.Time) {
		if !ok || t.Before(at) {
			at, ok = t, true
		}
	}
	if !b.compare.IsZero() {
		consider(b.compareAt())
	}
	if len(b.fresh) > 0 {
		consider(b.freshAt)
	}
	if len(b.offers) > 0 {
		consider(time.Time{})
	}
	return at, ok
}

// Begun notes how a session that has become due is ended. stop is called under a
// lock, and must not block.
func (n *Neighbours[P]) Begun(p P, stop func()) {
	n.with(p, func(b *neighbour) { b.stop = stop })
}

// Brought notes that the session with a neighbour brings something.
func (n *Neighbours[P]) Brought(p P, now time.Time) {
	n.with(p, func(b *neighbour) { b.useful = now })
}

// Ended notes the end of a session, and when to try again if it failed: at once
// after ErrMoved, later each time after anything else.
func (n *Neighbours[P]) Ended(p P, err error, now time.Time) {
	n.change(p, func(b *neighbour) {
		b.running = false
		switch {
		case err == nil:
			b.fails = 0
		case errors.Is(err, ErrMoved):
			b.offers, b.fresh = nil, nil // the next comparison finds them
			b.compareBy(now)
		default:
			b.fails = min(b.fails+1, failsMax)
			b.offers, b.fresh = nil, nil // the next comparison finds them; news due now would begin a session at once, again and again
			b.compareBy(now.Add(n.jitter(time.Second << b.fails)))
		}
	})
}

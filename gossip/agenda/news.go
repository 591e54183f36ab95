package agenda

import (
	"slices"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/stream"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// News is an envelope that a neighbour may lack.
type News struct {
	ID    wire.ID
	Place wire.Place
}

// Arrival is an envelope that this device has taken in.
type Arrival[P ~string] struct {
	News
	From     P          // who gave it; empty: nobody
	Gossiped bool       // gossip brings it on to those who hear it
	Hear     map[P]bool // them
}

// Arrived has news offered to the neighbours that gossip does not bring it to: what
// came by gossip to those it may not flow to yet, or does not reach at all, everything
// else to all but its giver.
func (n *Neighbours[P]) Arrived(arrivals []Arrival[P], now time.Time) {
	n.mu.Lock()
	for p, b := range n.all {
		young := now.Sub(b.since) < YoungLink
		var list []News
		at := now.Add(OfferDelay)
		for i := range arrivals {
			a := &arrivals[i]
			if a.From == p || a.Gossiped && !young && a.Hear[p] || b.said && !slices.Contains(b.carries, a.Place.Domain) {
				continue
			}
			if a.Gossiped {
				at = now
			}
			list = append(list, a.News)
		}
		if len(list) > 0 {
			b.tell(list, at, now)
		}
	}
	n.mu.Unlock()
	n.poke()
}

// tell has news offered to a neighbour. Too much of it is left to a comparison.
func (b *neighbour) tell(list []News, at, now time.Time) {
	if len(b.fresh) == 0 || at.Before(b.freshAt) {
		b.freshAt = at
	}
	if b.fresh = append(b.fresh, list...); len(b.fresh) > freshMax {
		b.fresh = nil
		b.compareSoon(now)
	}
}

// TakeFresh returns the news to be offered now.
func (n *Neighbours[P]) TakeFresh(p P, now time.Time) (list []News) {
	n.with(p, func(b *neighbour) {
		if !b.freshAt.After(now) {
			list, b.fresh = b.fresh, nil
		}
	})
	return list
}

// Offer is what a neighbour says it has and we lack, of one place.
type Offer struct {
	Place wire.Place
	List  []stream.Offered
}

// Offered notes what a neighbour offers; more says that it has more than that. It may
// offer again what it did not give before: perhaps it has it now.
func (n *Neighbours[P]) Offered(p P, o Offer, more bool, now time.Time) {
	n.change(p, func(b *neighbour) {
		waiting := 0
		for _, w := range b.offers {
			waiting += len(w.List)
		}
		if waiting+len(o.List) > waitingMax {
			more = true // a comparison finds it again
		} else if len(o.List) > 0 {
			b.offers = append(b.offers, o)
		}
		if more {
			b.compareSoon(now)
		}
	})
}

// TakeOffer returns the first waiting offer of some lanes, in their order.
func (n *Neighbours[P]) TakeOffer(p P, lanes []wire.Lane) (o Offer, ok bool) {
	n.with(p, func(b *neighbour) {
		if i := b.find(lanes); i >= 0 {
			o, ok = b.offers[i], true
			b.offers = slices.Delete(b.offers, i, i+1)
		}
	})
	return o, ok
}

// HasOffer reports whether TakeOffer would return one.
func (n *Neighbours[P]) HasOffer(p P, lanes []wire.Lane) (ok bool) {
	n.with(p, func(b *neighbour) { ok = b.find(lanes) >= 0 })
	return ok
}

// DropOffers forgets what a neighbour offers.
func (n *Neighbours[P]) DropOffers(p P) {
	n.with(p, func(b *neighbour) { b.offers = nil })
}

// find returns the index of the first offer of some lanes, in their order, or -1.
func (b *neighbour) find(lanes []wire.Lane) int {
	for _, lane := range lanes {
		if i := slices.IndexFunc(b.offers, func(o Offer) bool { return o.Place.Lane == lane }); i >= 0 {
			return i
		}
	}
	return -1
}

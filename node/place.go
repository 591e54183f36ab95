package node

import (
	"context"
	"fmt"
	"slices"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// SetPlaces sets the watched places and holds all alerts against them.
func (n *Node) SetPlaces(ctx context.Context, places []apitype.Place) error {
	for _, p := range places {
		if p.ARS != "" {
			if _, err := identity.ParseAreaKey("ARS " + p.ARS); err != nil {
				return fmt.Errorf("place %q: %w", p.Name, err)
			}
		}
		if (p.Lat == nil) != (p.Lon == nil) || p.ARS == "" && p.Lat == nil {
			return fmt.Errorf("place %q: want a regional key, or latitude and longitude", p.Name)
		}
	}
	n.telling.Lock()
	defer n.telling.Unlock()
	if err := n.deps.Store.Local().Put(ctx, localPlaces, mustJSON(places)); err != nil {
		return fmt.Errorf("keep places: %w", err)
	}
	n.mu.Lock()
	n.places = slices.Clone(places)
	var list []*known
	for _, k := range n.known {
		moved := *k
		n.place(&moved)
		list = append(list, &moved)
	}
	events := n.revise(list)
	n.mu.Unlock()
	return n.tell(ctx, events)
}

// Places lists the watched places.
func (n *Node) Places(context.Context) (apitype.Places, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return apitype.Places{Schema: apitype.SchemaPlaces, Items: append([]apitype.Place{}, n.places...)}, nil
}

// placesOf turns the watched places into what relevance works with.
func placesOf(places []apitype.Place) []alert.Place {
	list := make([]alert.Place, 0, len(places))
	for _, p := range places {
		one := alert.Place{Name: p.Name}
		if p.ARS != "" {
			one.Keys = []string{p.ARS}
		}
		if p.Lat != nil && p.Lon != nil {
			one.Point = &cap.Point{Lat: *p.Lat, Lon: *p.Lon}
		}
		list = append(list, one)
	}
	return list
}

// place holds an alert against the watched places. The caller holds n.telling.
func (n *Node) place(k *known) {
	k.fact.Concern, k.row.Places = alert.ConcernUnknown, []string{}
	if len(n.places) > 0 {
		k.fact.Concern, _ = k.target.ConcernsAny(placesOf(n.places))
	}
	for _, p := range placesOf(n.places) {
		if c, _ := k.target.Concerns(p); c == alert.ConcernYes {
			k.row.Places = append(k.row.Places, p.Name)
		}
	}
	k.row.Concerns = apitype.Concern(k.fact.Concern.String())
}

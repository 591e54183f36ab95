package node

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// Alerts lists the alerts this device holds, newest first.
func (n *Node) Alerts(context.Context) ([]apitype.Alert, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	list := make([]apitype.Alert, 0, len(n.known))
	for _, k := range n.known {
		list = append(list, *n.view(k))
	}
	slices.SortFunc(list, func(a, b apitype.Alert) int {
		return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(a.ID, b.ID))
	})
	return list, nil
}

// Alert returns one alert with its texts, as CAP and as the bytes that prove it.
func (n *Node) Alert(ctx context.Context, id wire.ID) (apitype.AlertDetail, error) {
	d := apitype.AlertDetail{Schema: apitype.SchemaAlert, Text: map[string]string{}}
	n.mu.Lock()
	k := n.known[id]
	if k != nil {
		d.Alert = *n.view(k)
	}
	n.mu.Unlock()
	if k == nil {
		return d, fmt.Errorf("alert %s: %w", id.Short(), errNotFound)
	}
	s, err := (keeper{n}).Get(ctx, id)
	if err != nil {
		return d, fmt.Errorf("read alert %s: %w", id.Short(), err)
	}
	e, err := wire.Decode(s.Envelope)
	if err != nil {
		return d, err
	}
	e.Parts, e.Chain = s.Parts, n.pool.ChainFor(e)
	a, err := open(e)
	if err != nil {
		return d, err
	}
	d.Envelope = e.EncodeFull()
	return d, describe(&d, a)
}

// describe adds an alert's texts.
func describe(d *apitype.AlertDetail, a *alert.Alert) error {
	condition := alert.Condition{Drill: a.Drill(), Unconfirmed: d.Level < d.Needed && d.State == alert.PhaseUnconfirmed.String()}
	if d.Origin != nil {
		condition.ImportedBy = d.Origin.By
	}
	for _, lang := range []string{"de", "en"} {
		d.Text[lang] = alert.Text(a, lang, condition)
	}
	var xml strings.Builder
	if err := cap.Write(&xml, a.CAP, cap.WriteOptions{}); err != nil {
		return fmt.Errorf("write alert %s as CAP: %w", d.ID, err)
	}
	d.XML = xml.String()
	return nil
}

// Drafts lists the drafts of this station, newest first.
func (n *Node) Drafts(context.Context) (apitype.Drafts, error) {
	list := apitype.Drafts{Schema: apitype.SchemaDrafts}
	n.drafts.mu.Lock()
	copies := map[wire.ID]draft{}
	for id, d := range n.drafts.all {
		copies[id] = *d
	}
	n.drafts.mu.Unlock()
	for id, d := range copies {
		one, err := n.describeDraft(id, d)
		if err != nil {
			n.log.Warn("describe draft", "id", id, "err", err)
			continue
		}
		list.Items = append(list.Items, one)
	}
	slices.SortFunc(list.Items, func(a, b apitype.Draft) int {
		return cmp.Or(b.Received.Compare(a.Received), cmp.Compare(a.ID, b.ID))
	})
	return list, nil
}

// Draft returns one draft, with the envelope to sign.
func (n *Node) Draft(_ context.Context, id wire.ID) (apitype.Draft, error) {
	n.drafts.mu.Lock()
	d, ok := n.drafts.all[id]
	var one draft
	if ok {
		one = *d
	}
	n.drafts.mu.Unlock()
	if !ok {
		return apitype.Draft{}, fmt.Errorf("draft %s: %w", id.Short(), errNotFound)
	}
	return n.describeDraft(id, one)
}

func (n *Node) describeDraft(id wire.ID, d draft) (apitype.Draft, error) {
	_, a, v, err := n.judgeDraft(d.Envelope)
	if err != nil {
		return apitype.Draft{}, err
	}
	n.mu.Lock()
	k := n.knownOf(a, v, uint64(d.Received.Unix()))
	n.mu.Unlock()
	return apitype.Draft{Schema: apitype.SchemaDraft, ID: id.String(), Alert: k.row, Have: int(v.Level), Needed: v.Needed,
		Received: d.Received, State: d.State, Reason: d.Reason, Envelope: d.Envelope}, nil
}

// Reject answers a draft with no. The draft is kept for the record.
func (n *Node) Reject(ctx context.Context, id wire.ID, reason string) error {
	n.drafts.mu.Lock()
	d, ok := n.drafts.all[id]
	state := ""
	if ok {
		state = d.State
	}
	n.drafts.mu.Unlock()
	switch {
	case !ok:
		return fmt.Errorf("draft %s: %w", id.Short(), errNotFound)
	case state != draftPending:
		return fmt.Errorf("draft %s is %s already", id.Short(), state)
	}
	e, err := wire.Decode(d.Envelope)
	if err != nil {
		return err
	}
	return n.putDraft(ctx, e, func(d *draft) { d.State, d.Reason = draftRejected, reason })
}

// SetPlaces sets the watched places and holds all alerts against them.
func (n *Node) SetPlaces(ctx context.Context, places []apitype.Place) error {
	for _, p := range places {
		for _, k := range p.Keys {
			if _, err := identity.ParseAreaKey(k); err != nil {
				return fmt.Errorf("place %q: %w", p.Name, err)
			}
		}
		if (p.Lat == nil) != (p.Lon == nil) || len(p.Keys) == 0 && p.Lat == nil {
			return fmt.Errorf("place %q: want a regional key, or latitude and longitude", p.Name)
		}
	}
	if err := n.deps.Store.Local().Put(ctx, localPlaces, mustJSON(places)); err != nil {
		return fmt.Errorf("keep places: %w", err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.places = slices.Clone(places)
	var facts []alert.Fact
	for _, k := range n.known {
		n.place(k)
		facts = append(facts, k.fact)
	}
	return n.tell(ctx, n.alerts.Revise(n.anyClock(), facts...))
}

// placesOf turns the watched places into what relevance works with.
func placesOf(places []apitype.Place) []alert.Place {
	list := make([]alert.Place, 0, len(places))
	for _, p := range places {
		one := alert.Place{Name: p.Name, Keys: p.Keys}
		if p.Lat != nil && p.Lon != nil {
			one.Point = &cap.Point{Lat: *p.Lat, Lon: *p.Lon}
		}
		list = append(list, one)
	}
	return list
}

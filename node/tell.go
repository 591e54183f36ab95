package node

import (
	"bytes"
	"context"
	"maps"
	"slices"

	"github.com/kreidfeuer/kreidfeuer/gossip"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

// take brings the lifecycle up to date and returns what has to be told, and
// about which alerts something may have changed. The caller holds n.telling and
// n.mu.
func (n *Node) take(records []gossip.Record) (events []apitype.Event, about []wire.ID) {
	var facts []alert.Fact
	before, past := map[wire.ID]apitype.AlertState{}, n.outlook()
	for i := range records {
		r := &records[i]
		id := r.Envelope.ID()
		if n.wasTold(r) {
			continue
		}
		a, ok := r.Content.(*alert.Alert)
		if !ok {
			if e, ok := n.trustEvent(r); ok {
				events = append(events, e)
			}
			continue
		}
		if old := n.known[id]; old != nil {
			before[id] = past.stateOf(old)
		}
		facts = append(facts, n.remember(a, r).fact)
	}
	effects := n.alerts.Add(past.clock, facts...)
	told := map[wire.ID]bool{}
	for _, e := range effects {
		told[e.Alert] = true
	}
	now := n.outlook()
	for i := range facts { // what people need not be told is still an event
		id := facts[i].ID
		about = append(about, now.incident(id)...)
		if !told[id] {
			events = append(events, apitype.Event{Kind: apitype.EventAlert,
				Alert: &apitype.AlertEvent{AlertSummary: now.view(n.known[id]), Was: before[id]}})
		}
	}
	return append(events, n.effectEvents(effects)...), about
}

// wasTold reports whether a record comes again because the store did not take
// it the last time.
func (n *Node) wasTold(r *gossip.Record) bool {
	u, ok := n.unsaved[r.Envelope.ID()]
	return ok && u.Level >= r.Level && len(u.Parts) >= len(r.Parts)
}

// effectEvents turns what the lifecycle wants told into events. The caller holds
// n.mu.
func (n *Node) effectEvents(effects []alert.Effect) []apitype.Event {
	var events []apitype.Event
	now := n.outlook()
	for _, e := range effects {
		id := e.Alert
		if id.IsZero() {
			id = e.Incident
		}
		k := n.known[id]
		if k == nil {
			continue
		}
		events = append(events, apitype.Event{Kind: apitype.EventAlert, Alert: &apitype.AlertEvent{
			AlertSummary: now.view(k),
			Alarm:        e.Kind == alert.EffectAlarm || e.Kind == alert.EffectReinstated,
			Silence:      e.Kind == alert.EffectEnded,
		}})
	}
	return events
}

// trustEvent tells of a trust object, if there is something to tell. The caller
// holds n.mu.
func (n *Node) trustEvent(r *gossip.Record) (apitype.Event, bool) {
	e := r.Envelope
	if e.Header.Type == wire.TypeBeacon {
		return n.hearSign(r)
	}
	t := apitype.TrustEvent{ID: e.ID().String(), Type: e.Header.Type.String(), Domain: e.Domain().String(), Authority: e.Header.Authority}
	if c, err := identity.ParseCertificate(e); err == nil {
		t.Authority, t.Name = c.Authority, c.Name
	}
	return apitype.Event{Kind: apitype.EventTrust, Trust: &t}, true
}

// tell makes events durable, with the memory of having told them. The caller
// holds n.telling, not n.mu.
func (n *Node) tell(ctx context.Context, events []apitype.Event) error {
	n.mu.Lock()
	about := slices.Collect(maps.Keys(n.told))
	for _, r := range n.alerts.Memory() {
		if _, ok := n.told[r.ID]; !ok {
			about = append(about, r.ID)
		}
	}
	n.mu.Unlock()
	return n.write(ctx, persist.Batch{}, events, about)
}

// write makes a batch durable, with events, with the memory of having told them,
// which may have changed about some alerts, and with the trust they rest on. The
// caller holds n.telling, not n.mu.
func (n *Node) write(ctx context.Context, batch persist.Batch, events []apitype.Event, about []wire.ID) error {
	for i := range events {
		events[i].Schema, events[i].Time = apitype.SchemaEvent, n.deps.Now().UTC()
	}
	var err error
	if batch.Events, err = encodeEvents(events); err != nil {
		return err
	}
	changed := n.changed(about)
	batch.Local = map[string][]byte{}
	for id, r := range changed {
		name := localTold + "/" + id.String()
		if batch.Local[name] = nil; r != nil {
			batch.Local[name] = mustJSON(r)
		}
	}
	n.mu.Lock()
	signs := n.signs.put(batch.Local)
	if n.full != nil {
		// A write that failed may have been done: then trying it again writes nothing,
		// and that this succeeds says nothing of the disk.
		batch.Local[localProbe] = []byte{1}
	}
	n.mu.Unlock()
	exported := n.pool.Export()
	if !bytes.Equal(exported, n.exported) {
		batch.Local[localTrust] = exported
	}
	if len(batch.Entries)+len(batch.Delete)+len(batch.Events)+len(batch.Local) == 0 {
		return nil
	}
	if err := n.journal.put(ctx, batch); err != nil {
		n.mu.Lock()
		maps.Copy(n.signs.unsaved, signs)
		n.mu.Unlock()
		return err
	}
	n.exported = exported
	for id, r := range changed {
		if delete(n.told, id); r != nil {
			n.told[id] = *r
		}
	}
	return nil
}

// changed is what people were told about some alerts, where it differs from what
// is stored of it; nil where it is forgotten. A value each, so that a batch does
// not grow with the number of alerts.
func (n *Node) changed(about []wire.ID) map[wire.ID]*alert.Record {
	n.mu.Lock()
	defer n.mu.Unlock()
	list := map[wire.ID]*alert.Record{}
	for _, id := range about {
		old, stored := n.told[id]
		r, ok := n.alerts.Record(id)
		switch {
		case ok && (!stored || old != r):
			list[id] = &r
		case !ok && stored:
			list[id] = nil
		}
	}
	return list
}

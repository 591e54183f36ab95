package node

import (
	"bytes"
	"context"

	"github.com/kreidfeuer/kreidfeuer/gossip"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/row"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

// take brings the lifecycle up to date and returns what has to be told. The
// caller holds n.telling and n.mu.
func (n *Node) take(records []gossip.Record) []apitype.Event {
	var events []apitype.Event
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
			events = append(events, n.trustEvent(r.Envelope))
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
		if id := facts[i].ID; !told[id] {
			events = append(events, apitype.Event{Kind: apitype.EventAlert,
				Alert: &apitype.AlertEvent{AlertSummary: now.view(n.known[id]), Was: before[id]}})
		}
	}
	return append(events, n.effectEvents(effects)...)
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

func (n *Node) trustEvent(e *wire.Envelope) apitype.Event {
	t := apitype.TrustEvent{ID: e.ID().String(), Type: e.Header.Type.String(), Domain: e.Domain().String(), Authority: e.Header.Authority}
	if c, err := identity.ParseCertificate(e); err == nil {
		t.Authority, t.Name = c.Authority, c.Name
	}
	if e.Header.Type == wire.TypeBeacon {
		sign := apitype.Sign{Domain: t.Domain, Authority: t.Authority, Time: row.UTC(e.Header.Created), Missing: []string{}}
		return apitype.Event{Kind: apitype.EventSign, Sign: &sign}
	}
	return apitype.Event{Kind: apitype.EventTrust, Trust: &t}
}

// tell makes events durable, with the memory of having told them. The caller
// holds n.telling, not n.mu.
func (n *Node) tell(ctx context.Context, events []apitype.Event) error {
	return n.write(ctx, persist.Batch{}, events)
}

// write makes a batch durable, with events, with the memory of having told them
// and with the trust they rest on, as far as these changed. The caller holds
// n.telling, not n.mu.
func (n *Node) write(ctx context.Context, batch persist.Batch, events []apitype.Event) error {
	for i := range events {
		events[i].Schema, events[i].Time = apitype.SchemaEvent, n.deps.Now().UTC()
	}
	var err error
	if batch.Events, err = encodeEvents(events); err != nil {
		return err
	}
	told := n.memory()
	batch.Local = n.changed(told)
	exported := n.pool.Export()
	if !bytes.Equal(exported, n.exported) {
		batch.Local[localTrust] = exported
	}
	if len(batch.Entries)+len(batch.Delete)+len(batch.Events)+len(batch.Local) == 0 {
		return nil
	}
	if err := n.journal.put(ctx, batch); err != nil {
		return err
	}
	n.told, n.exported = told, exported
	return nil
}

// memory is what people were told, by alert.
func (n *Node) memory() map[wire.ID]alert.Record {
	n.mu.Lock()
	defer n.mu.Unlock()
	told := make(map[wire.ID]alert.Record, len(n.told))
	for _, r := range n.alerts.Memory() {
		told[r.ID] = r
	}
	return told
}

// changed is where memory differs from what is stored of it: a value each, so
// that a batch does not grow with the number of alerts.
func (n *Node) changed(told map[wire.ID]alert.Record) map[string][]byte {
	local := map[string][]byte{}
	for id, r := range told {
		if old, ok := n.told[id]; !ok || old != r {
			local[localTold+"/"+id.String()] = mustJSON(r)
		}
	}
	for id := range n.told {
		if _, ok := told[id]; !ok {
			local[localTold+"/"+id.String()] = nil
		}
	}
	return local
}

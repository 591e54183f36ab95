package node

import (
	"context"
	"encoding/json"
	"iter"

	"github.com/kreidfeuer/kreidfeuer/gossip"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

// keeper joins the router with the store: one batch holds the envelopes, what
// they mean for people, and what people were told.
type keeper struct{ n *Node }

var _ gossip.Store = keeper{}

// checkAlert judges an alert's content; the router keeps what was read.
func checkAlert(e *wire.Envelope, v identity.Verified) (any, error) {
	a, err := open(e)
	if err != nil {
		return nil, err
	}
	return a, alert.Check(&v, a)
}

// open reads an alert with the parts that came with it.
func open(e *wire.Envelope) (*alert.Alert, error) {
	parts, err := alert.OpenParts(e)
	if err != nil {
		return nil, err
	}
	return alert.Open(e, parts)
}

// Put makes records durable with their events.
func (k keeper) Put(ctx context.Context, records []gossip.Record, gone []wire.ID) error {
	batch := persist.Batch{Delete: gone, Local: map[string][]byte{}}
	for i := range records {
		batch.Entries = append(batch.Entries, entryOf(&records[i]))
	}
	n := k.n
	n.mu.Lock()
	events := n.take(records)
	n.stamp(events)
	n.drop(gone)
	batch.Local[localMemory] = mustJSON(n.alerts.Memory())
	n.mu.Unlock()
	batch.Local[localTrust] = n.pool.Export()
	var err error
	if batch.Events, err = encodeEvents(events); err != nil {
		return err
	}
	if _, err := n.deps.Store.Put(ctx, batch); err != nil {
		n.setFull(ctx, err)
		return err
	}
	n.setFull(ctx, nil)
	n.settleDrafts(ctx, records)
	n.hub.broadcast()
	return nil
}

func entryOf(r *gossip.Record) persist.Entry {
	e := *r.Envelope
	e.Parts = r.Parts
	return persist.Entry{Envelope: &e, Level: r.Level, Author: r.Author, Received: uint64(max(0, r.Received.Unix()))}
}

// take brings the lifecycle up to date and returns what has to be told. The
// caller holds n.mu.
func (n *Node) take(records []gossip.Record) []apitype.Event {
	var events []apitype.Event
	var facts []alert.Fact
	before := map[wire.ID]apitype.AlertState{}
	for i := range records {
		r := &records[i]
		a, ok := r.Content.(*alert.Alert)
		if !ok {
			events = append(events, n.trustEvent(r.Envelope))
			continue
		}
		id := r.Envelope.ID()
		if old := n.known[id]; old != nil {
			before[id] = n.view(old).State
		}
		facts = append(facts, n.remember(a, r).fact)
	}
	effects := n.alerts.Add(n.anyClock(), facts...)
	told := map[wire.ID]bool{}
	for _, e := range effects {
		told[e.Alert] = true
	}
	for i := range facts { // what people need not be told is still an event
		if id := facts[i].ID; !told[id] {
			events = append(events, apitype.Event{Kind: apitype.EventAlert,
				Alert: &apitype.AlertEvent{AlertSummary: n.view(n.known[id]), Was: before[id]}})
		}
	}
	return append(events, n.effectEvents(effects)...)
}

// effectEvents turns what the lifecycle wants told into events.
func (n *Node) effectEvents(effects []alert.Effect) []apitype.Event {
	var events []apitype.Event
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
			AlertSummary: n.view(k),
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
		sign := apitype.Sign{Domain: t.Domain, Authority: t.Authority, Time: utc(e.Header.Created), Missing: []string{}}
		return apitype.Event{Kind: apitype.EventSign, Sign: &sign}
	}
	return apitype.Event{Kind: apitype.EventTrust, Trust: &t}
}

// Get returns an envelope with its parts.
func (k keeper) Get(ctx context.Context, id wire.ID) (gossip.Stored, error) {
	r, err := k.n.deps.Store.Get(ctx, id)
	if err != nil {
		return gossip.Stored{}, err
	}
	return k.stored(ctx, r)
}

func (k keeper) stored(ctx context.Context, r persist.Record) (gossip.Stored, error) {
	s := gossip.Stored{Envelope: r.Envelope.Encode(), Level: r.Level}
	if r.Row.Parts > 0 {
		if err := k.n.deps.Store.Parts(ctx, r.Envelope); err != nil {
			return gossip.Stored{}, err
		}
		s.Parts = r.Envelope.Parts
	}
	return s, nil
}

// All yields what is stored, in the order in which it came.
func (k keeper) All(ctx context.Context) iter.Seq2[gossip.Stored, error] {
	return func(yield func(gossip.Stored, error) bool) {
		for r, err := range k.n.deps.Store.After(ctx, 0, 0) {
			var s gossip.Stored
			if err == nil {
				s, err = k.stored(ctx, r)
			}
			if !yield(s, err) {
				return
			}
		}
	}
}

func (n *Node) stamp(events []apitype.Event) {
	for i := range events {
		events[i].Schema, events[i].Time = apitype.SchemaEvent, n.deps.Now().UTC()
	}
}

// setFull notes whether the store takes envelopes, and says so when it changes.
func (n *Node) setFull(ctx context.Context, err error) {
	n.mu.Lock()
	was := n.full
	n.full = err
	if err == nil {
		clear(n.unsaved)
	}
	n.mu.Unlock()
	if (err != nil) == (was != nil) {
		return
	}
	e := apitype.HealthEvent{Problem: apitype.Problem{Kind: "disk-full",
		Message: "warnings still arrive and are shown, but are not kept", Hint: "free some disk space"}, Ended: err == nil}
	if err != nil {
		n.log.Error("the store takes nothing", "err", err)
		e.Message += ": " + err.Error()
	}
	n.announce(ctx, apitype.Event{Kind: apitype.EventHealth, Health: &e})
}

// onUnsaved shows what could not be kept.
func (n *Node) onUnsaved(records []gossip.Record, _ error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i := range records {
		if records[i].Envelope.Header.Type == wire.TypeAlert {
			n.unsaved[records[i].Envelope.ID()] = true
		}
	}
	n.hub.broadcast()
}

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // a programming error: our own types only
	}
	return b
}

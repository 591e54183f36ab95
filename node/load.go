package node

import (
	"context"
	"errors"

	"github.com/kreidfeuer/kreidfeuer/gossip"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

// load gives the lifecycle what the store holds of a domain, or of all if domain
// is zero, all at once: then an alert that comes with its all-clear does not alarm.
func (n *Node) load(ctx context.Context, domain wire.ID) error {
	var trust []*wire.Envelope
	var alerts []gossip.Stored
	spoilt := false
	for r, err := range n.deps.Store.Records(ctx) {
		var s gossip.Stored
		if err == nil && r.Type == wire.TypeAlert {
			s, err = keeper{n}.stored(ctx, r)
		}
		if errors.As(err, new(*persist.DamagedError)) {
			return err // what follows cannot be read
		}
		switch {
		case err != nil:
			n.log.Error("read stored envelope", "err", err)
			spoilt = spoilt || errors.As(err, new(*persist.CorruptError))
		case !domain.IsZero() && r.Domain != domain:
		case r.Lane == wire.LaneTrust:
			trust = append(trust, r.Envelope)
		case r.Type == wire.TypeAlert:
			alerts = append(alerts, s)
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if spoilt {
		if err := n.mend(ctx); err != nil {
			return err
		}
	}
	n.pool.AddAll(trust) // the router reports what is refused
	n.telling.Lock()
	defer n.telling.Unlock()
	n.mu.Lock()
	n.signs.matched = false
	n.mu.Unlock()
	n.trusted = n.pool.Version()
	var found []*known
	for _, s := range alerts {
		k, err := n.judgeStored(s)
		if err != nil {
			n.log.Warn("stored alert is not valid any more", "err", err)
			continue
		}
		found = append(found, k)
	}
	n.mu.Lock()
	events := n.revise(found)
	n.mu.Unlock()
	return n.tell(ctx, events)
}

// revise takes up alerts that were judged anew and returns what has to be told.
// The caller holds n.telling and n.mu.
func (n *Node) revise(list []*known) []apitype.Event {
	var facts []alert.Fact
	for _, k := range list {
		n.known[k.fact.ID] = k
		facts = append(facts, k.fact)
	}
	return n.effectEvents(n.alerts.Revise(n.anyClock(), facts...))
}

// judgeStored verifies a stored alert again, under today's trust. The caller
// holds n.telling.
func (n *Node) judgeStored(s gossip.Stored) (*known, error) {
	e, err := wire.Decode(s.Envelope)
	if err != nil {
		return nil, err
	}
	e.Parts = s.Parts
	a, err := open(e)
	if err != nil {
		return nil, err
	}
	v, err := n.pool.Verify(e)
	if err != nil && !isReason(err, wire.ReasonRevoked) {
		return nil, err
	}
	k := n.knownOf(e, a, v, 0)
	k.fact.Revoked = err != nil || alert.Check(&v, a) != nil
	return k, nil
}

// rejudge verifies the alerts again after trust has changed: a revocation may
// have withdrawn one.
func (n *Node) rejudge(ctx context.Context) error {
	n.telling.Lock()
	defer n.telling.Unlock()
	version := n.pool.Version()
	if version == n.trusted {
		return nil
	}
	var list []*known
	for id, old := range n.known {
		if k := n.judgeAgain(ctx, id, old); k != nil {
			list = append(list, k)
		}
	}
	n.trusted = version
	n.mu.Lock()
	events := n.revise(list)
	n.mu.Unlock()
	return n.tell(ctx, events)
}

// judgeAgain verifies a known alert again; nil if nothing has changed.
func (n *Node) judgeAgain(ctx context.Context, id wire.ID, old *known) *known {
	s, err := (keeper{n}).Get(ctx, id)
	if err != nil {
		n.log.Error("read alert to judge it again", "id", id, "err", err)
		return nil
	}
	k, err := n.judgeStored(s)
	if err != nil {
		gone := *old
		gone.fact.Revoked = true
		k = &gone
	}
	k.row.Received, k.row.From, k.row.AgeS = old.row.Received, old.row.From, old.row.AgeS
	k.fact.Received = old.fact.Received
	return k
}

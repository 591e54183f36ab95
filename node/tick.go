package node

import (
	"context"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

// keepEnded is how long incidents stay listed after everything in them ended.
const keepEnded = 48 * 3600

// tick does what time brings.
func (n *Node) tick(ctx context.Context) {
	n.rejudge(ctx)
	n.mu.Lock()
	clock := n.anyClock()
	effects := n.alerts.Tick(clock)
	n.alerts.Forget(clock, keepEnded)
	if err := n.tell(ctx, effects); err != nil {
		n.log.Error("tell what time brought", "err", err)
	}
	soon := n.expiring(clock.Now)
	n.mu.Unlock()
	for _, e := range soon {
		n.announce(ctx, e)
	}
	n.nagDrafts(ctx)
}

// tell makes effects durable as events, with the memory of having told them.
// The caller holds n.mu.
func (n *Node) tell(ctx context.Context, effects []alert.Effect) error {
	events := n.effectEvents(effects)
	if len(events) == 0 {
		return nil
	}
	n.stamp(events)
	b, err := encodeEvents(events)
	if err != nil {
		return err
	}
	_, err = n.deps.Store.Put(ctx, persist.Batch{Events: b, Local: map[string][]byte{localMemory: mustJSON(n.alerts.Memory())}})
	n.hub.broadcast()
	return err
}

// rejudge verifies the alerts again after trust has changed: a revocation may
// have withdrawn one.
func (n *Node) rejudge(ctx context.Context) {
	version := n.pool.Version()
	n.mu.Lock()
	defer n.mu.Unlock()
	if version == n.trusted {
		return
	}
	n.trusted = version
	var facts []alert.Fact
	for id, k := range n.known {
		s, err := (keeper{n}).Get(ctx, id)
		if err != nil {
			continue // in memory only
		}
		again, err := n.judgeStored(s)
		if err != nil {
			k.fact.Revoked = true
			facts = append(facts, k.fact)
			continue
		}
		again.row.Received, again.row.From, again.row.AgeS = k.row.Received, k.row.From, k.row.AgeS
		again.fact.Received = k.fact.Received
		n.known[id] = again
		facts = append(facts, again.fact)
	}
	if err := n.tell(ctx, n.alerts.Revise(n.anyClock(), facts...)); err != nil {
		n.log.Error("tell what trust changed", "err", err)
	}
}

// expiring warns the stations of an authority 30 and 10 minutes before one of
// its alerts ends: who wants it to go on must update it. The caller holds n.mu.
func (n *Node) expiring(now uint64) []apitype.Event {
	var events []apitype.Event
	for id, k := range n.known {
		if !n.isOwn(k.fact.Domain, k.fact.Authority) || k.fact.Kind.Ends() || k.fact.Expires <= now {
			continue
		}
		left := time.Duration(k.fact.Expires-now) * time.Second
		for _, before := range []time.Duration{10 * time.Minute, 30 * time.Minute} {
			if left > before {
				continue
			}
			if told, ok := n.warned[id]; !ok || told > before {
				n.warned[id] = before
				if row := n.view(k); row.State == apitype.StateInForce {
					events = append(events, apitype.Event{Kind: apitype.EventExpiring, Expiring: &apitype.ExpiringEvent{
						ID: row.ID, Headline: row.Headline, Expires: row.Expires, Minutes: int(before / time.Minute)}})
				}
			}
			break
		}
	}
	return events
}

// isOwn reports whether this device is a station of the authority.
func (n *Node) isOwn(domain wire.ID, authority string) bool {
	s, ok := n.pool.Status(domain)
	if !ok {
		return false
	}
	for _, st := range s.Stations {
		if st.By == authority && string(st.Peer) == string(n.ID()) {
			return true
		}
	}
	return false
}

// drop forgets evicted alerts. The caller holds n.mu.
func (n *Node) drop(gone []wire.ID) {
	for _, id := range gone {
		delete(n.known, id)
		delete(n.warned, id)
	}
}

package node

import (
	"context"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/persist/retention"
)

// tick does what time brings.
func (n *Node) tick(ctx context.Context) {
	n.clocks.forget(time.Now())
	n.watchDisk(ctx)
	if err := n.rejudge(ctx); err != nil {
		n.log.Error("tell what trust changed", "err", err)
	}
	n.telling.Lock()
	n.mu.Lock()
	clock := n.anyClock()
	events := n.effectEvents(n.alerts.Tick(clock))
	n.forget(clock)
	events = append(events, n.expiring()...)
	events = append(events, n.watchSigns()...)
	n.mu.Unlock()
	if err := n.tell(ctx, events); err != nil {
		n.log.Error("tell what time brought", "err", err)
	}
	n.telling.Unlock()
	n.nagDrafts(ctx)
	n.resendDrafts(ctx)
}

// forget drops alerts whose incident ended long ago. The caller holds n.mu.
func (n *Node) forget(clock identity.Clock) {
	facts := n.alerts.Facts()
	n.alerts.Forget(clock, retention.KeepEnded)
	if n.alerts.Facts() == facts {
		return
	}
	now := n.outlook()
	for id := range n.known {
		if _, ok := now.standing(id); !ok {
			n.drop([]wire.ID{id})
		}
	}
}

// expiring warns the stations of an authority 30 and 10 minutes before one of
// its alerts ends: who wants it to go on must update it. The caller holds n.mu.
func (n *Node) expiring() []apitype.Event {
	var events []apitype.Event
	outlook := n.outlook()
	now := outlook.clock.Now
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
				if v := outlook.view(k); v.State == apitype.StateInForce {
					events = append(events, apitype.Event{Kind: apitype.EventExpiring, Expiring: &apitype.ExpiringEvent{
						ID: v.ID, Headline: v.Headline, Expires: v.Expires, Minutes: int(before / time.Minute)}})
				}
			}
			break
		}
	}
	return events
}

// drop forgets evicted alerts. The caller holds n.mu.
func (n *Node) drop(gone []wire.ID) {
	for _, id := range gone {
		delete(n.known, id)
		delete(n.warned, id)
		delete(n.unsaved, id)
	}
}

package node

import (
	"context"
	"errors"
	"fmt"

	"github.com/kreidfeuer/kreidfeuer/gossip"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/row"
)

// Trust pins a domain with what is known of it, before Run: a person has decided
// so earlier. Objects that are refused are left out.
func (n *Node) Trust(ctx context.Context, root *wire.Envelope, objects []*wire.Envelope) error {
	if _, ok := n.pool.Status(root.Domain()); !ok {
		if err := n.pool.Pin(root, root.ID().String()); err != nil {
			return err
		}
	}
	for id, err := range n.pool.AddAll(append([]*wire.Envelope{root}, objects...)) {
		n.log.Warn("pinned trust object is refused", "id", id, "err", err)
	}
	return n.keepTrust(ctx)
}

// Pin trusts a root version whose fingerprint a person has compared, and takes
// in the trust objects that came with it. The error says which was refused.
func (n *Node) Pin(ctx context.Context, root []byte, fingerprint string, objects [][]byte) error {
	e, err := wire.Decode(root)
	if err != nil {
		return fmt.Errorf("read root: %w", err)
	}
	first := len(n.pool.Domains()) == 0
	if err := n.pool.Pin(e, fingerprint); err != nil {
		return err
	}
	if err := n.keepTrust(ctx); err != nil {
		return err
	}
	if first {
		n.announce(ctx, apitype.Event{Kind: apitype.EventHealth, Health: &apitype.HealthEvent{Problem: problemNoRoot, Ended: true}})
	}
	for i, o := range append([][]byte{root}, objects...) {
		if _, err := n.route.Ingest(ctx, o, gossip.MeansLocal); err != nil && !isReason(err, wire.ReasonSeen) && !isReason(err, wire.ReasonSuperseded) {
			return fmt.Errorf("trust object %d: %w", i, err)
		}
	}
	if err := n.load(ctx, e.Domain()); err != nil { // it may have been pinned before
		return fmt.Errorf("show stored alerts: %w", err)
	}
	return n.route.Refresh()
}

// Unpin stops trusting a domain: its alerts are not shown any more, and what
// alarmed is silenced. What was received stays on the disk until it ends.
func (n *Node) Unpin(ctx context.Context, domain wire.ID) error {
	if _, ok := n.pool.Status(domain); !ok {
		return fmt.Errorf("domain %s is not pinned", identity.Fingerprint(domain))
	}
	n.telling.Lock()
	defer n.telling.Unlock()
	n.mu.Lock()
	var list []*known
	for _, k := range n.known {
		if k.fact.Domain == domain {
			gone := *k
			gone.fact.Revoked = true
			list = append(list, &gone)
		}
	}
	events := n.revise(list)
	for _, k := range list {
		n.drop([]wire.ID{k.fact.ID})
	}
	n.mu.Unlock()
	n.pool.Drop(domain)
	if err := n.tell(ctx, events); err != nil { // with the pool's export
		return fmt.Errorf("keep pinned roots: %w", err)
	}
	if len(n.pool.Domains()) == 0 {
		defer n.announce(ctx, apitype.Event{Kind: apitype.EventHealth, Health: &apitype.HealthEvent{Problem: problemNoRoot}})
	}
	return n.route.Refresh()
}

// keepTrust makes pins durable.
func (n *Node) keepTrust(ctx context.Context) error {
	n.telling.Lock()
	defer n.telling.Unlock()
	if err := n.tell(ctx, nil); err != nil {
		return fmt.Errorf("keep pinned roots: %w", err)
	}
	return nil
}

func isReason(err error, reason wire.Reason) bool {
	return errors.Is(err, &wire.Refusal{Reason: reason})
}

// Certificates lists the certificates this device holds, by authority.
func (n *Node) Certificates(_ context.Context, f apitype.TrustFilter, p apitype.Page) (apitype.List[apitype.Certificate], error) {
	var all []apitype.Certificate
	for _, id := range n.pool.Domains() {
		s, _ := n.pool.Status(id)
		for _, c := range s.Certificates {
			if (f.Domain == "" || f.Domain == id.String()) && alert.IsWithin(c.Authority, f.Authority) {
				all = append(all, row.Certificate(c, n.now()))
			}
		}
	}
	items, next := page(all, p, func(c apitype.Certificate) string { return c.ID })
	return apitype.List[apitype.Certificate]{Schema: apitype.SchemaCerts, Items: items, Next: next}, nil
}

package node

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/persist"
	"github.com/kreidfeuer/kreidfeuer/persist/retention"
)

const (
	// retainEvery is how often the store is looked through for what may go, and
	// retainFirst how long after the start.
	retainEvery = retention.RetainEvery * time.Second
	retainFirst = retention.RetainFirst * time.Second

	// retainPause lies between two small batches of deletions, so that whatever
	// arrives meanwhile is written before all of them are done.
	retainPause = 50 * time.Millisecond
)

// retainLoop gives up, now and then, what the store need not hold.
func (n *Node) retainLoop(ctx context.Context) error {
	next := time.NewTimer(retainFirst)
	defer next.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-next.C:
		}
		if err := n.retain(ctx); err != nil && ctx.Err() == nil {
			n.log.Error("give up what need not be kept", "err", err)
		}
		next.Reset(retainEvery)
	}
}

// retain gives up, in small batches, what has ended, was superseded or finds no
// room. What the router knows and time ends is left to the router.
func (n *Node) retain(ctx context.Context) error {
	items, err := n.storedItems(ctx)
	if err != nil {
		return err
	}
	limits := retention.DefaultLimits()
	if space := n.deps.Store.Space(); space.Known && space.Free < 2*space.Reserve { // before the disk is full
		var used uint64
		for i := range items {
			used += items[i].Bytes
		}
		short := 2*space.Reserve - space.Free
		limits.Store.Bytes = min(limits.Store.Bytes, max(used, short+1)-short)
	}
	type removals struct{ known, unknown []retention.Removal }
	byReason := map[retention.Reason]*removals{}
	for _, r := range retention.Plan(items, limits, n.clock) {
		if byReason[r.Reason] == nil {
			byReason[r.Reason] = &removals{}
		}
		if _, known := n.route.Known(r.ID); !known {
			byReason[r.Reason].unknown = append(byReason[r.Reason].unknown, r)
		} else if r.Reason == retention.OverQuota || r.Foreign { // what nobody follows, the router does not end
			byReason[r.Reason].known = append(byReason[r.Reason].known, r)
		}
	}
	forget := func(ids []wire.ID) error { return keeper{n}.Put(ctx, nil, ids) }
	release := func(ids []wire.ID) error {
		_, err := n.route.Release(ctx, ids)
		return err
	}
	for why, r := range byReason {
		if err := n.giveUp(ctx, why, r.unknown, forget); err != nil {
			return err
		}
		if err := n.giveUp(ctx, why, r.known, release); err != nil {
			return err
		}
	}
	return nil
}

// giveUp removes envelopes for one reason, and counts them.
func (n *Node) giveUp(ctx context.Context, why retention.Reason, list []retention.Removal, remove func([]wire.ID) error) error {
	for batch := range slices.Chunk(list, maxGone) {
		ids, bytes := make([]wire.ID, 0, len(batch)), int64(0)
		for _, r := range batch {
			ids, bytes = append(ids, r.ID), bytes+int64(r.Bytes)
		}
		if err := remove(ids); err != nil {
			return fmt.Errorf("remove %d envelopes, %s: %w", len(ids), why, err)
		}
		n.retained.note(string(why), len(ids), bytes, n.deps.Now())
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(retainPause):
		}
	}
	if len(list) > 0 {
		n.log.Info("gave up envelopes", "reason", why, "count", len(list))
	}
	return nil
}

// storedItems describes what the store holds, from its index.
func (n *Node) storedItems(ctx context.Context) ([]retention.Item, error) {
	follows, proofs := map[wire.ID]bool{}, map[[32]byte][]wire.ID{}
	for _, d := range n.pool.Domains() {
		s, ok := n.pool.Status(d)
		follows[d] = ok && s.Pinned
		for _, c := range s.Certificates {
			proofs[c.Key] = append(proofs[c.Key], n.chainOf(c.ID)...)
		}
	}
	var items []retention.Item
	for r, err := range n.deps.Store.Rows(ctx) {
		if err != nil {
			n.noteBroken(err)
			return nil, fmt.Errorf("read the index: %w", err) // what proves what cannot be said
		}
		it := itemOf(&r)
		it.Foreign = !follows[r.Domain]
		if it.Needs = proofs[r.Author]; slices.Contains(it.Needs, r.ID) {
			it.Needs = slices.DeleteFunc(slices.Clone(it.Needs), func(id wire.ID) bool { return id == r.ID })
		}
		items = append(items, it)
	}
	return items, nil
}

// chainOf are a certificate and those above it.
func (n *Node) chainOf(id wire.ID) (chain []wire.ID) {
	for {
		c, ok := n.pool.Certificate(id)
		if !ok || slices.Contains(chain, id) {
			return chain
		}
		chain, id = append(chain, id), c.Issuer
	}
}

func itemOf(r *persist.Row) retention.Item {
	return retention.Item{ID: r.ID, Domain: r.Domain, Lane: r.Lane, Type: r.Type, Priority: r.Priority, Author: r.Author,
		Sequence: r.Sequence, Created: r.Created, Expires: r.Expires, Bytes: uint64(r.Size) + uint64(r.PartSize)}
}

// retained counts what was removed from the store, by reason.
type retained struct {
	mu       sync.Mutex
	byReason map[string]*apitype.Removal
}

func (r *retained) note(reason string, count int, bytes int64, at time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byReason == nil {
		r.byReason = map[string]*apitype.Removal{}
	}
	one := r.byReason[reason]
	if one == nil {
		one = &apitype.Removal{Reason: reason}
		r.byReason[reason] = one
	}
	one.Count, one.Bytes, one.Last = one.Count+count, one.Bytes+bytes, at.UTC()
}

func (r *retained) removals() []apitype.Removal {
	r.mu.Lock()
	defer r.mu.Unlock()
	list := []apitype.Removal{}
	for _, one := range r.byReason {
		list = append(list, *one)
	}
	slices.SortFunc(list, func(a, b apitype.Removal) int { return cmp.Compare(a.Reason, b.Reason) })
	return list
}

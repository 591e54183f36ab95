package node

import (
	"context"
	"iter"

	"github.com/kreidfeuer/kreidfeuer/gossip"
	"github.com/kreidfeuer/kreidfeuer/gossip/ledger"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

var _ gossip.MemoStore = keeper{}

// PutMemos keeps memos of what was let go, and forgets others.
func (k keeper) PutMemos(ctx context.Context, add []ledger.Memo, gone []wire.ID) error {
	b := persist.Batch{Forget: gone}
	for _, m := range add {
		b.Memos = append(b.Memos, persist.Memo{ID: m.ID, Domain: m.Domain, Lane: m.Lane, Level: m.Level, Whole: m.Whole, Expires: m.Expires})
	}
	_, err := k.n.deps.Store.Put(ctx, b)
	return err
}

// Memos yields the memos that are kept.
func (k keeper) Memos(ctx context.Context) iter.Seq2[ledger.Memo, error] {
	return func(yield func(ledger.Memo, error) bool) {
		for m, err := range k.n.deps.Store.Memos(ctx) {
			if !yield(ledger.Memo{ID: m.ID, Place: wire.Place{Domain: m.Domain, Lane: m.Lane}, Level: m.Level, Whole: m.Whole, Expires: m.Expires}, err) {
				return
			}
		}
	}
}

package gossip

import (
	"context"
	"fmt"

	"github.com/kreidfeuer/kreidfeuer/gossip/ledger"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Release deletes envelopes for want of room on this device, and remembers them until
// they end: they are not fetched from neighbours again, who go on holding them. Unknown
// ones are left out. It returns how many were deleted.
func (r *Router) Release(ctx context.Context, ids []wire.ID) (int, error) {
	var memos []ledger.Memo
	var gone []wire.ID
	r.writing.Lock() // what is on its way to the store comes before or not at all
	defer r.writing.Unlock()
	r.mu.Lock()
	for _, id := range ids {
		if e := r.ledger.Known(id); e != nil {
			memos, gone = append(memos, r.ledger.Release(e)), append(gone, id)
		}
	}
	r.mu.Unlock()
	if len(gone) == 0 {
		return 0, nil
	}
	r.keepMemos(ctx, memos, nil)
	if err := r.store.Put(ctx, nil, gone); err != nil {
		return 0, fmt.Errorf("delete envelopes: %w", err)
	}
	return len(gone), nil
}

// keepMemos makes memos durable where the store offers it. Losing them costs a transfer.
func (r *Router) keepMemos(ctx context.Context, add []ledger.Memo, gone []wire.ID) {
	store, ok := r.store.(MemoStore)
	if !ok || len(add)+len(gone) == 0 {
		return
	}
	if err := store.PutMemos(ctx, add, gone); err != nil {
		r.log.Warn("keep memos of released envelopes", "err", err)
	}
}

// loadMemos remembers what was released before a restart.
func (r *Router) loadMemos(ctx context.Context) {
	store, ok := r.store.(MemoStore)
	if !ok {
		return
	}
	for m, err := range store.Memos(ctx) {
		if err != nil {
			r.log.Error("read memo of a released envelope", "err", err)
			continue
		}
		r.mu.Lock()
		r.ledger.Recall(m)
		r.mu.Unlock()
	}
}

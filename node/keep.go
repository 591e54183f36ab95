package node

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"slices"

	"github.com/kreidfeuer/kreidfeuer/gossip"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
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
	return alert.OpenFull(e)
}

// maxGone bounds the envelopes deleted in one batch, for which whatever comes
// meanwhile waits.
const maxGone = 64

// Put makes records durable with their events. What the store does not take is
// shown and told all the same; the router brings it again until there is room.
func (k keeper) Put(ctx context.Context, records []gossip.Record, gone []wire.ID) error {
	n := k.n
	for len(records) == 0 && len(gone) > maxGone {
		if err := k.Put(ctx, nil, gone[:maxGone]); err != nil {
			return err
		}
		gone = gone[maxGone:]
	}
	batch := persist.Batch{Delete: gone}
	for i := range records {
		batch.Entries = append(batch.Entries, entryOf(&records[i]))
	}
	n.telling.Lock()
	n.mu.Lock()
	events, about := n.take(records)
	n.drop(gone)
	n.mu.Unlock()
	err := n.write(ctx, batch, events, about)
	kept := k.putUrgent(ctx, records, gone, err)
	n.telling.Unlock()
	n.waves.wake()
	n.noteUnsaved(records[:kept], nil)
	n.noteUnsaved(records[kept:], err)
	if len(records) > 0 || err != nil {
		n.setFull(ctx, err)
	}
	if err != nil {
		return err
	}
	n.settleDrafts(ctx, records)
	return nil
}

// putUrgent makes trust objects and alerts durable when low space keeps the store
// from taking them together with others. It moves them to the front of records
// and returns how many there are.
func (k keeper) putUrgent(ctx context.Context, records []gossip.Record, gone []wire.ID, err error) int {
	if !errors.As(err, new(*persist.LowSpaceError)) {
		return 0
	}
	urgent := func(r gossip.Record) bool { return persist.Urgent(r.Envelope.Header.Lane) }
	slices.SortStableFunc(records, func(a, b gossip.Record) int {
		switch x, y := urgent(a), urgent(b); {
		case x && !y:
			return -1
		case y && !x:
			return +1
		}
		return 0
	})
	batch := persist.Batch{Delete: gone}
	for i := range records {
		if urgent(records[i]) {
			batch.Entries = append(batch.Entries, entryOf(&records[i]))
		}
	}
	if len(batch.Entries) == 0 || k.n.journal.put(ctx, batch) != nil {
		return 0
	}
	return len(batch.Entries)
}

func entryOf(r *gossip.Record) persist.Entry {
	e := *r.Envelope
	e.Parts = r.Parts
	return persist.Entry{Envelope: &e, Level: r.Level, Author: r.Author, Received: uint64(max(0, r.Received.Unix()))}
}

// Get returns an envelope with its parts, also one that waits for room.
func (k keeper) Get(ctx context.Context, id wire.ID) (gossip.Stored, error) {
	k.n.mu.Lock()
	u, ok := k.n.unsaved[id]
	k.n.mu.Unlock()
	if ok {
		return gossip.Stored{Envelope: u.Envelope.Encode(), Level: u.Level, Parts: u.Parts}, nil
	}
	r, err := k.n.deps.Store.Get(ctx, id)
	if err != nil {
		k.n.noteBroken(err)
		return gossip.Stored{}, err
	}
	return k.stored(ctx, r)
}

func (k keeper) stored(ctx context.Context, r persist.Record) (gossip.Stored, error) {
	s := gossip.Stored{Envelope: r.Stored, Level: r.Level}
	if r.Row.Parts > 0 {
		if err := k.n.deps.Store.Parts(ctx, r.Envelope); err != nil {
			return gossip.Stored{}, err
		}
		s.Parts = r.Envelope.Parts
	}
	return s, nil
}

// All yields what is stored, issuers before subjects.
func (k keeper) All(ctx context.Context) iter.Seq2[gossip.Stored, error] {
	return func(yield func(gossip.Stored, error) bool) {
		for r, err := range k.n.deps.Store.Records(ctx) {
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

func mustJSON(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // a programming error: our own types only
	}
	return b
}

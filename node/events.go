package node

import (
	"context"
	"encoding/json"
	"errors"
	"sync"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

// hub wakes those who wait for events. It carries no events itself: they are
// read from the store, so a slow reader blocks nobody and misses nothing.
type hub struct {
	mu     sync.Mutex
	wake   chan struct{}
	closed bool
	last   func() uint64
}

// changed returns a channel that is closed at the next event.
func (h *hub) changed() (<-chan struct{}, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.wake == nil {
		h.wake = make(chan struct{})
	}
	return h.wake, h.closed
}

func (h *hub) broadcast() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.wake != nil && !h.closed {
		close(h.wake)
		h.wake = nil
	}
}

func (h *hub) close() {
	h.broadcast()
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
}

// encodeEvents writes events for the log; their numbers are given by the store.
func encodeEvents(events []apitype.Event) ([][]byte, error) {
	var list [][]byte
	for _, e := range events {
		b, err := json.Marshal(e)
		if err != nil {
			return nil, err
		}
		list = append(list, b)
	}
	return list, nil
}

// announce appends an event that belongs to no envelope.
func (n *Node) announce(ctx context.Context, e apitype.Event) {
	e.Schema, e.Time = apitype.SchemaEvent, n.deps.Now().UTC()
	n.log.Info("event", "kind", e.Kind, "text", e.Text)
	b, err := json.Marshal(e)
	if err == nil {
		_, err = n.deps.Store.AppendEvents(ctx, b)
	}
	if err != nil {
		n.log.Error("append event", "kind", e.Kind, "text", e.Text, "err", err)
	}
	n.hub.broadcast()
}

// Events calls yield for every event after since, in order and without gaps,
// and waits for more until ctx ends or yield returns false. If events after
// since are gone, it returns a *persist.PastGoneError at once.
func (n *Node) Events(ctx context.Context, since uint64, yield func(apitype.Event) bool) error {
	for {
		wake, closed := n.hub.changed()
		for stored, err := range n.deps.Store.EventsSince(ctx, since) {
			var corrupt *persist.CorruptError
			if errors.As(err, &corrupt) {
				since = max(since, stored.Number)
				continue
			}
			if err != nil {
				return err
			}
			var e apitype.Event
			if err := json.Unmarshal(stored.Content, &e); err != nil {
				n.log.Error("read event", "number", stored.Number, "err", err)
			}
			e.Seq, since = stored.Number, stored.Number
			if !yield(e) {
				return nil
			}
		}
		if closed {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-wake:
		}
	}
}

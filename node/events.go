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
	n.log.Info("event", "kind", e.Kind)
	b, err := json.Marshal(e)
	if err == nil {
		_, err = n.deps.Store.AppendEvents(ctx, b)
	}
	if err != nil {
		n.log.Error("append event", "kind", e.Kind, "err", err)
	}
	n.hub.broadcast()
}

// stored reads kept events after since, at most limit. A damaged event is left
// out, so its number is missing.
func (n *Node) stored(ctx context.Context, since uint64, limit int) ([]apitype.Event, error) {
	var events []apitype.Event
	for one, err := range n.deps.Store.EventsSince(ctx, since) {
		var corrupt *persist.CorruptError
		if errors.As(err, &corrupt) {
			continue
		}
		if err != nil {
			return events, err
		}
		var e apitype.Event
		if err := json.Unmarshal(one.Content, &e); err != nil {
			n.log.Error("read event", "number", one.Number, "err", err)
			continue
		}
		e.Seq = one.Number
		if events = append(events, e); len(events) >= limit {
			break
		}
	}
	return events, nil
}

// eventBatch bounds the events read at once.
const eventBatch = 256

// Events calls yield for every event after since, in order and without gaps,
// and waits for more until ctx ends, the device stops or yield returns false. If
// events after since are gone, it returns a *persist.PastGoneError at once.
func (n *Node) Events(ctx context.Context, since uint64, yield func(apitype.Event) bool) error {
	for {
		events, err := n.stored(ctx, since, eventBatch)
		if err != nil {
			return err
		}
		for _, e := range events {
			if since = e.Seq; !yield(e) {
				return nil
			}
		}
		if err := n.Control().AwaitEvent(ctx, since); err != nil {
			return nil // ctx ended, or the device stops
		}
	}
}

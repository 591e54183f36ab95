package node

import (
	"context"
	"encoding/json"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

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

// announce tells of something that belongs to no envelope.
func (n *Node) announce(ctx context.Context, e apitype.Event) {
	e.Schema, e.Time = apitype.SchemaEvent, n.deps.Now().UTC()
	n.log.Info("event", "kind", e.Kind)
	b, err := json.Marshal(e)
	if err == nil {
		err = n.journal.put(ctx, persist.Batch{Events: [][]byte{b}})
	}
	if err != nil {
		n.log.Error("append event", "kind", e.Kind, "err", err)
	}
}

// recent reads events after since, at most limit. A damaged event is left out,
// so its number is missing.
func (n *Node) recent(ctx context.Context, since uint64, limit int) ([]apitype.Event, error) {
	var events []apitype.Event
	list, err := n.journal.read(ctx, since, limit)
	for _, one := range list {
		if len(one.Content) == 0 { // lost
			continue
		}
		var e apitype.Event
		if err := json.Unmarshal(one.Content, &e); err != nil {
			n.log.Error("read event", "number", one.Number, "err", err)
			continue
		}
		e.Seq = one.Number
		events = append(events, e)
	}
	return events, err
}

// eventBatch bounds the events read at once.
const eventBatch = 256

// Events calls yield for every event after since, in order and without gaps,
// and waits for more until ctx ends, the device stops or yield returns false. If
// events after since are gone, it returns a *persist.PastGoneError at once.
func (n *Node) Events(ctx context.Context, since uint64, yield func(apitype.Event) bool) error {
	for {
		events, err := n.recent(ctx, since, eventBatch)
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

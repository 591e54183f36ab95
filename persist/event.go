package persist

import (
	"context"
	"fmt"
	"iter"
	"strconv"
	"strings"
)

// Event is one entry of the event log.
type Event struct {
	Number  uint64 // 1, 2, 3...; never given twice, also not after a restart
	Content []byte
}

// PastGoneError says that events after the asked number are no longer kept, or
// that the number lies in the future of this log (a log that was started anew).
type PastGoneError struct {
	First, Last uint64 // numbers of the oldest and the newest event kept; Last < First: none
}

func (e *PastGoneError) Error() string {
	return fmt.Sprintf("events before %d are gone: read the present state, then events since %d", e.First, e.Last)
}

// AppendEvents appends to the event log, durably, and returns the number of the
// first. Events that describe an envelope belong into its [Batch].
func (s *Store) AppendEvents(ctx context.Context, contents ...[]byte) (uint64, error) {
	receipt, err := s.Put(ctx, Batch{Events: contents})
	return receipt.FirstEvent, err
}

// EventBounds returns the numbers of the oldest and the newest event kept;
// last is first-1 if there are none.
func (s *Store) EventBounds() (first, last uint64) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.state.FirstEvent, s.state.LastEvent
}

// EventsSince iterates over the events with numbers above n, without gaps. If
// some of them are gone, it yields a [*PastGoneError] first and then what is
// left. A damaged event yields a [*CorruptError] with its number set and the
// iteration goes on; any other error ends it.
func (s *Store) EventsSince(ctx context.Context, n uint64) iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		if err := s.rlock(); err != nil {
			yield(Event{}, err)
			return
		}
		first, last := s.state.FirstEvent, s.state.LastEvent
		s.mu.RUnlock()
		if n+1 < first || n > last {
			if !yield(Event{}, &PastGoneError{first, last}) {
				return
			}
			n = first - 1
		}
		for v, err := range s.scan(ctx, keyEvent, numberKey(keyEvent, n+1), 0) {
			if !yield(Event{eventNumber(v.key), v.content}, err) {
				return
			}
		}
	}
}

// appendEvents numbers and stores events and drops the oldest beyond the bound.
func (t *tx) appendEvents(contents [][]byte) (first uint64) {
	if len(contents) == 0 {
		return 0
	}
	first = t.state.LastEvent + 1
	for _, content := range contents {
		t.state.LastEvent++
		if content == nil {
			content = []byte{}
		}
		t.put(numberKey(keyEvent, t.state.LastEvent), content)
	}
	for t.state.LastEvent-t.state.FirstEvent+1 > uint64(t.s.opt.MaxEvents) {
		t.remove(numberKey(keyEvent, t.state.FirstEvent))
		t.state.FirstEvent++
	}
	return first
}

func eventNumber(key string) uint64 {
	n, _ := strconv.ParseUint(strings.TrimPrefix(key, keyEvent+"/"), 16, 64) // 0, which no event has, if it is no number
	return n
}

package persist

import (
	"context"
	"errors"
	"fmt"
)

// lostNumbers is how far numbering goes on beyond what is found when the
// counters are lost, so that no number is given twice.
const lostNumbers = 1 << 20

// Repair does what [Store.Verify] does, drops what cannot be read, and makes the
// index and the counters agree with what is left: all in one batch. What it
// cannot read because whole blocks of the database are damaged is an error;
// [Salvage] helps then. Writers wait.
func (s *Store) Repair(ctx context.Context, progress func(done int)) (Report, error) {
	s.writer.Lock()
	defer s.writer.Unlock()
	if s.closed {
		return Report{}, ErrClosed
	}
	v := newVerifier(ctx, s.ds, progress)
	if err := v.run(); err != nil {
		return v.report, err
	}
	schema := s.checkSchema(ctx)
	if v.report.Total == 0 && schema == nil {
		return v.report, nil
	}
	if newer := (*SchemaError)(nil); errors.As(schema, &newer) {
		return v.report, schema
	}
	t := s.begin(ctx)
	for key, content := range v.fix {
		t.writes[key] = content
	}
	t.put(keySchema, mustMarshal(currentSchema)) // also so that there is something to write
	t.state = v.state
	if err := t.commit(); err != nil {
		return v.report, fmt.Errorf("repair: %w", err)
	}
	s.doubt = false
	return v.report, nil
}

func (v *verifier) event(val value) {
	v.report.Events++
	v.events[eventNumber(val.key)] = true
}

// eventLog decides which numbers the log holds. A damaged event leaves an empty
// one, so that the numbers of the others stay without gaps.
func (v *verifier) eventLog() {
	first, last := v.stored.FirstEvent, v.stored.LastEvent
	v.state.Arrivals = max(v.stored.Arrivals, v.top)
	if v.lost {
		v.state.Arrivals = v.top + lostNumbers
		for n := range v.events {
			last = max(last, n)
		}
		last += lostNumbers
		first = last + 1
	}
	oldest := last + 1
	for n, whole := range v.events {
		key := numberKey(keyEvent, n)
		switch {
		case n < first || n > last:
			v.fix[key] = nil
			v.report.problem(key, "is outside of %d to %d", first, last)
			if whole {
				v.report.Lost.Events++
			}
		case !whole:
			v.fix[key] = []byte{}
			fallthrough
		default:
			oldest = min(oldest, n)
		}
	}
	if oldest != first && !v.lost {
		v.report.problem(keyState, "events from %d on are stored, want %d", oldest, first)
	}
	for n := oldest; n <= last; n++ {
		if _, ok := v.events[n]; !ok {
			v.report.problem(numberKey(keyEvent, n), "is missing")
			v.report.Lost.Events++
			v.fix[numberKey(keyEvent, n)] = []byte{}
		}
	}
	v.state.FirstEvent, v.state.LastEvent = oldest, last
}

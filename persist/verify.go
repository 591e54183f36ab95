package persist

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Report is what [Store.Verify] found.
type Report struct {
	Envelopes, Parts, Events, Local int

	// Problems are the first maxProblems of what is wrong; Total counts them all.
	Problems []error
	Total    int
}

const maxProblems = 100

func (r *Report) problem(key, format string, args ...any) {
	r.found(&CorruptError{key, fmt.Errorf(format, args...)})
}

func (r *Report) found(err error) {
	r.Total++
	if len(r.Problems) < maxProblems {
		r.Problems = append(r.Problems, err)
	}
}

// Verify reads everything, recomputes every ID and digest, and compares the
// index and the counters with what is stored. It changes nothing. Writers wait
// while it runs. The error is one of the backend; what is wrong with single
// values is in the report.
func (s *Store) Verify(ctx context.Context) (Report, error) {
	s.writer.Lock()
	defer s.writer.Unlock()
	if s.closed {
		return Report{}, ErrClosed
	}
	v := &verifier{s: s, ctx: ctx, lanes: map[wire.Lane]Usage{}, refs: map[wire.ID]int{}, sizes: map[wire.ID]wire.PartRef{}}
	for _, kind := range []struct {
		prefix string
		check  func(value)
	}{
		{keyEnvelope, v.envelope}, {keyKnown, v.known}, {keyArrival, v.arrival}, {keySlot, v.slot},
		{keyRefs, v.reference}, {keyPart, v.part}, {keyEvent, v.event}, {keyLocal, func(value) { v.report.Local++ }},
	} {
		if err := v.all(kind.prefix, kind.check); err != nil {
			return v.report, fmt.Errorf("verify: %w", err)
		}
	}
	v.counters()
	return v.report, nil
}

type verifier struct {
	s      *Store
	ctx    context.Context
	report Report

	lanes     map[wire.Lane]Usage
	refs      map[wire.ID]int          // how often envelopes name each part
	sizes     map[wire.ID]wire.PartRef // by digest
	partUsage Usage
}

// all applies check to every value below prefix that is what was written.
func (v *verifier) all(prefix string, check func(value)) error {
	for val, err := range v.s.scanHeld(v.ctx, prefix, "", 0) {
		switch {
		case errors.As(err, new(*CorruptError)):
			v.report.found(err)
		case err != nil:
			return err
		default:
			check(val)
		}
	}
	return nil
}

func (v *verifier) envelope(val value) {
	id, err := wire.ParseID(val.key[len(keyEnvelope)+1:])
	if err != nil {
		v.report.problem(val.key, "key: %w", err)
		return
	}
	rec, err := parseRecord(id, val.content)
	if err != nil {
		v.report.found(err)
		return
	}
	v.report.Envelopes++
	row, refs, err := newRow(Entry{Envelope: rec.Envelope, Level: rec.Level, Author: rec.Author, Received: rec.Received})
	row.Arrival, row.Size = rec.Arrival, uint32(len(val.content)-rowSize)
	if err != nil || row != rec.Row {
		v.report.problem(val.key, "its row does not describe it")
	}
	known, err := v.s.read(v.ctx, knownKey(&rec.Row))
	if err != nil || string(known) != string(rec.Row.append(nil)) {
		v.report.problem(knownKey(&rec.Row), "is not the row of the envelope (%v)", err)
	}
	if b, err := v.s.read(v.ctx, numberKey(keyArrival, rec.Arrival)); err != nil || string(b) != string(id[:]) {
		v.report.problem(numberKey(keyArrival, rec.Arrival), "is not envelope %s (%v)", id.Short(), err)
	}
	v.lanes[rec.Lane] = v.lanes[rec.Lane].add(1, int64(rec.Size))
	for _, ref := range refs {
		v.refs[ref.Digest]++
		v.sizes[ref.Digest] = ref
	}
}

func (v *verifier) known(val value) {
	row, err := val.row()
	if err != nil {
		v.report.found(err)
		return
	}
	v.holds(val.key, row.ID)
}

func (v *verifier) arrival(val value) {
	if len(val.content) != wire.IDSize {
		v.report.problem(val.key, "%d bytes", len(val.content))
		return
	}
	v.holds(val.key, wire.ID(val.content))
}

func (v *verifier) slot(val value) {
	if len(val.content) != slotSize {
		v.report.problem(val.key, "%d bytes", len(val.content))
		return
	}
	v.holds(val.key, wire.ID(val.content[8:]))
}

// holds reports an index row whose envelope is not there. That the envelope
// itself is damaged is reported with the envelope.
func (v *verifier) holds(key string, id wire.ID) {
	if found, err := v.s.ds.Has(v.ctx, dsKey(envelopeKey(id))); err != nil || !found {
		v.report.problem(key, "envelope %s is missing (%v)", id.Short(), err)
	}
}

func (v *verifier) reference(val value) {
	digest, err := wire.ParseID(val.key[len(keyRefs)+1:])
	if err != nil || len(val.content) != 4 || int(binary.BigEndian.Uint32(val.content)) != v.refs[digest] {
		v.report.problem(val.key, "does not count the %d envelopes that name the part", v.refs[digest])
	}
	delete(v.refs, digest)
}

func (v *verifier) part(val value) {
	digest, err := wire.ParseID(val.key[len(keyPart)+1:])
	ref, named := v.sizes[digest]
	if err != nil || !named {
		v.report.problem(val.key, "no envelope names this part")
		return
	}
	if _, err := ref.Open(val.content); err != nil {
		v.report.found(&CorruptError{val.key, err})
	}
	v.report.Parts++
	v.partUsage = v.partUsage.add(1, int64(len(val.content)))
}

func (v *verifier) event(val value) {
	v.report.Events++
	if n := eventNumber(val.key); n < v.s.state.FirstEvent || n > v.s.state.LastEvent {
		v.report.problem(val.key, "is outside of %d to %d", v.s.state.FirstEvent, v.s.state.LastEvent)
	}
}

// counters compares what was counted with what the store believes.
func (v *verifier) counters() {
	st := v.s.state
	for digest := range v.refs {
		v.report.problem(refsKey(digest), "is missing")
	}
	for _, lane := range wire.Lanes {
		if v.lanes[lane] != st.Lanes[lane] {
			v.report.problem(keyState, "lane %s: %v counted, %v stored", lane, v.lanes[lane], st.Lanes[lane])
		}
	}
	if v.partUsage != st.Parts {
		v.report.problem(keyState, "parts: %v counted, %v stored", v.partUsage, st.Parts)
	}
	if want := st.LastEvent - st.FirstEvent + 1; uint64(v.report.Events) != want {
		v.report.problem(keyState, "%d events counted, %d stored", v.report.Events, want)
	}
}

package persist

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Report is what [Store.Verify] found.
type Report struct {
	Envelopes, Parts, Events, Local int

	// Lost are the values whose content cannot be read.
	Lost Loss

	// Problems are the first maxProblems of what is wrong; Total counts them all.
	Problems []error
	Total    int
}

// Loss counts content that cannot be read any more. Neighbours bring envelopes
// and parts again; nobody brings local state.
type Loss struct {
	Envelopes, Parts, Events, Local int
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
// index and the counters with what is stored. It changes nothing, and writers do
// not wait for it: it looks at the moment of its call. The error is one of the
// backend, a [*DamagedError] above all; what is wrong with single values is in
// the report. progress, if not nil, is called now and then with the number of
// values read.
func (s *Store) Verify(ctx context.Context, progress func(done int)) (Report, error) {
	src, release, err := s.moment()
	if err != nil {
		return Report{}, err
	}
	defer release()
	v := newVerifier(ctx, src, progress)
	if err = v.run(); err == nil {
		err = s.damage
	}
	return v.report, err
}

// verifier compares what is stored with what should be, and notes what would
// make it so.
type verifier struct {
	ctx      context.Context
	src      source
	progress func(int)
	read     int
	report   Report

	held  map[wire.ID]*held
	slots map[string][]byte        // key: what it should say
	refs  map[wire.ID]int          // how often envelopes name each part
	sizes map[wire.ID]wire.PartRef // by digest

	stored state // as it was written; zero if it cannot be read
	lost   bool  // it cannot be read
	state  state // as counted
	top    uint64
	events map[uint64]bool

	// fix is what has to be written: content by key, nil to remove.
	fix map[string][]byte
}

// held is what the index must say of an envelope that is there.
type held struct {
	arrival uint64
	row     uint32 // checksum of its row
	seen    uint8
}

const (
	seenKnown = 1 << iota
	seenArrival
)

func newVerifier(ctx context.Context, src source, progress func(int)) *verifier {
	if progress == nil {
		progress = func(int) {}
	}
	return &verifier{ctx: ctx, src: src, progress: progress, held: map[wire.ID]*held{}, slots: map[string][]byte{}, refs: map[wire.ID]int{},
		sizes: map[wire.ID]wire.PartRef{}, state: state{Lanes: map[wire.Lane]Usage{}}, events: map[uint64]bool{}, fix: map[string][]byte{}}
}

func (v *verifier) run() error {
	if b, err := readFrom(v.ctx, v.src, keyState); err != nil || wire.Unmarshal(b, &v.stored) != nil {
		v.lost = true
		v.report.problem(keyState, "cannot be read: %v", err)
	}
	for _, kind := range []struct {
		prefix string
		check  func(value)
		lost   *int // counts what is damaged; nil: an index, which can be made anew
	}{
		{keyEnvelope, v.envelope, &v.report.Lost.Envelopes}, {keyKnown, v.known, nil}, {keyArrival, v.arrival, nil}, {keySlot, v.slot, nil},
		{keyRefs, v.reference, nil}, {keyPart, v.part, &v.report.Lost.Parts}, {keyEvent, v.event, &v.report.Lost.Events}, {keyMemo, v.memo, nil},
		{keyLocal, func(value) { v.report.Local++ }, &v.report.Lost.Local},
	} {
		if err := v.all(kind.prefix, kind.check, kind.lost); err != nil {
			return fmt.Errorf("verify: %w", err)
		}
	}
	v.missing()
	v.eventLog()
	v.counters()
	return v.ctx.Err()
}

const progressEvery = 1000

// all applies check to every value below prefix that is what was written.
func (v *verifier) all(prefix string, check func(value), lost *int) error {
	for val, err := range scanFrom(v.ctx, v.src, prefix, "", 0) {
		if v.read++; v.read%progressEvery == 0 {
			v.progress(v.read)
		}
		var damaged *CorruptError
		switch {
		case errors.As(err, &damaged):
			v.report.found(err)
			if v.fix[val.key] = nil; lost != nil {
				*lost++
			}
			if number := eventNumber(val.key); number > 0 {
				v.events[number] = false
			}
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
	var rec Record
	if err == nil {
		rec, err = parseRecord(id, val.content)
	}
	if err != nil {
		v.report.found(&CorruptError{val.key, err})
		v.report.Lost.Envelopes++
		v.fix[val.key] = nil
		return
	}
	v.report.Envelopes++
	row, refs, err := newRow(Entry{Envelope: rec.Envelope, Level: rec.Level, Author: rec.Author, Received: rec.Received})
	row.Arrival, row.Size = rec.Arrival, uint32(len(val.content)-rowSize)
	if err != nil || row != rec.Row {
		v.report.problem(val.key, "its row does not describe it")
		v.fix[val.key] = append(row.append(nil), rec.Stored...)
	}
	v.held[id] = &held{arrival: row.Arrival, row: crc32.Checksum(row.append(nil), castagnoli)}
	v.top = max(v.top, row.Arrival)
	v.state.Lanes[row.Lane] = v.state.Lanes[row.Lane].add(1, int64(row.Size))
	if row.Type.Slot() {
		key := slotKey(&row)
		if old, ok := v.slots[key]; !ok || laterInSlot(&row, old) {
			v.slots[key] = slotContent(&row)
		}
	}
	for _, ref := range refs {
		v.refs[ref.Digest]++
		v.sizes[ref.Digest] = ref
	}
}

func (v *verifier) known(val value) {
	row, err := val.row()
	h := v.held[row.ID]
	switch {
	case err != nil:
		v.report.found(err)
	case h == nil:
		v.report.problem(val.key, "envelope %s is missing", row.ID.Short())
	case crc32.Checksum(val.content, castagnoli) != h.row:
		v.report.problem(val.key, "is not the row of envelope %s", row.ID.Short())
	default:
		h.seen |= seenKnown
		return
	}
	v.fix[val.key] = nil
}

func (v *verifier) arrival(val value) {
	if len(val.content) == wire.IDSize {
		if h := v.held[wire.ID(val.content)]; h != nil && numberKey(keyArrival, h.arrival) == val.key {
			h.seen |= seenArrival
			return
		}
	}
	v.report.problem(val.key, "no envelope came as this number")
	v.fix[val.key] = nil
}

func (v *verifier) slot(val value) {
	want, ok := v.slots[val.key]
	if ok && string(want) == string(val.content) {
		delete(v.slots, val.key)
		return
	}
	v.report.problem(val.key, "does not name the latest envelope of its slot")
	v.fix[val.key] = want // nil if there is none
	delete(v.slots, val.key)
}

func (v *verifier) reference(val value) {
	digest, err := wire.ParseID(val.key[len(keyRefs)+1:])
	n := v.refs[digest]
	if err != nil || n == 0 {
		v.report.problem(val.key, "no envelope names this part")
		v.fix[val.key] = nil
	} else if string(val.content) != string(refCount(n)) {
		v.report.problem(val.key, "does not count the %d envelopes that name the part", n)
		v.fix[val.key] = refCount(n)
	}
	delete(v.refs, digest)
}

func (v *verifier) part(val value) {
	digest, err := wire.ParseID(val.key[len(keyPart)+1:])
	ref, named := v.sizes[digest]
	if err != nil || !named {
		v.report.problem(val.key, "no envelope names this part")
		v.fix[val.key] = nil
		return
	}
	if _, err := ref.Open(val.content); err != nil {
		v.report.found(&CorruptError{val.key, err})
		v.report.Lost.Parts++
		v.fix[val.key] = nil
		return
	}
	v.report.Parts++
	v.state.Parts = v.state.Parts.add(1, int64(len(val.content)))
}

// missing adds to the index what it should hold.
func (v *verifier) missing() {
	for id, h := range v.held {
		if h.seen == seenKnown|seenArrival {
			continue
		}
		b, err := readFrom(v.ctx, v.src, envelopeKey(id))
		if fixed := v.fix[envelopeKey(id)]; fixed != nil {
			b, err = fixed, nil
		}
		row, parseErr := splitRow(id, b)
		if err != nil || parseErr != nil {
			continue // it was readable a moment ago; the next run finds it
		}
		if h.seen&seenKnown == 0 {
			v.report.problem(knownKey(&row), "is missing")
			v.fix[knownKey(&row)] = row.append(nil)
		}
		if h.seen&seenArrival == 0 {
			v.report.problem(numberKey(keyArrival, row.Arrival), "is missing")
			v.fix[numberKey(keyArrival, row.Arrival)] = id[:]
		}
	}
	for key, want := range v.slots {
		v.report.problem(key, "is missing")
		v.fix[key] = want
	}
	for digest, n := range v.refs {
		v.report.problem(refsKey(digest), "is missing")
		v.fix[refsKey(digest)] = refCount(n)
	}
}

// counters compares what was counted with what the store believes.
func (v *verifier) counters() {
	if v.lost {
		return
	}
	for _, lane := range wire.Lanes {
		if v.state.Lanes[lane] != v.stored.Lanes[lane] {
			v.report.problem(keyState, "lane %s: %v counted, %v stored", lane, v.state.Lanes[lane], v.stored.Lanes[lane])
		}
	}
	v.report.Lost.Envelopes = max(v.report.Lost.Envelopes, lack(v.state.envelopes(), v.stored.envelopes()))
	v.report.Lost.Parts = max(v.report.Lost.Parts, lack(v.state.Parts.Count, v.stored.Parts.Count))
	if v.state.Parts != v.stored.Parts {
		v.report.problem(keyState, "parts: %v counted, %v stored", v.state.Parts, v.stored.Parts)
	}
	if v.top > v.stored.Arrivals {
		v.report.problem(keyState, "envelope %d came, the last one stored is %d", v.top, v.stored.Arrivals)
	}
}

// lack is by how many fewer there are than there should be.
func lack(there, want uint64) int { return int(max(there, want) - there) }

func (s *state) envelopes() (n uint64) {
	for _, u := range s.Lanes {
		n += u.Count
	}
	return n
}

package persist

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Batch is what one Put makes durable: all of it or nothing.
type Batch struct {
	Entries []Entry
	Parts   []Part            // that came after their envelope
	Delete  []wire.ID         // envelopes, with parts nobody else names; done first
	Events  [][]byte          // appended to the event log, which gives them numbers
	Local   map[string][]byte // local state by name, nil deletes; see [Local]
	Memos   []Memo            // of what is let go
	Forget  []wire.ID         // memos, unknown ones included; done first
}

// Part is a detached part in its transmitted form.
type Part struct {
	Ref    wire.PartRef
	Packed []byte
}

// Outcome is what became of an entry.
type Outcome uint8

// The outcomes.
const (
	Stored     Outcome = iota + 1 // it is new
	Raised                        // it replaced the same envelope at a lower level
	Known                         // the same level or a higher one is there already
	Superseded                    // its slot holds a later one
)

func (o Outcome) String() string {
	return [...]string{"none", "stored", "raised", "known", "superseded"}[o]
}

// Receipt says what Put did.
type Receipt struct {
	Outcomes   []Outcome // one for each entry, in order
	FirstEvent uint64    // number of the batch's first event; 0 without events
}

// Put stores b and returns after it is durable. On an error nothing of b is
// stored, except that after a failed write to the disk all of b may turn out to
// be stored: put the same batch again, entries that are there are [Known] then.
// A full disk is [ErrFull]; Put works again as soon as there is space.
//
// The store writes one batch at a time and syncs the disk for each, so callers
// should gather what came together.
func (s *Store) Put(ctx context.Context, b Batch) (Receipt, error) {
	if err := b.check(); err != nil {
		return Receipt{}, err
	}
	s.writer.Lock()
	defer s.writer.Unlock()
	if err := s.ready(ctx, b.growth()); err != nil {
		return Receipt{}, fmt.Errorf("put: %w", err)
	}
	t := s.begin(ctx)
	receipt, err := t.apply(b)
	if err != nil {
		return Receipt{}, fmt.Errorf("put: %w", err)
	}
	if err := t.commit(); err != nil {
		return Receipt{}, fmt.Errorf("put: %w", err)
	}
	return receipt, nil
}

// Delete removes envelopes, in one batch. Unknown ones are no error.
func (s *Store) Delete(ctx context.Context, ids ...wire.ID) error {
	_, err := s.Put(ctx, Batch{Delete: ids})
	return err
}

func (b *Batch) check() error {
	for name := range b.Local {
		if err := checkName(name); err != nil {
			return err
		}
	}
	for i, e := range b.Entries {
		if e.Envelope == nil || len(e.Envelope.Signers) == 0 {
			return fmt.Errorf("put: entry %d is no signed envelope", i)
		}
	}
	return nil
}

func (t *tx) apply(b Batch) (Receipt, error) {
	var receipt Receipt
	for _, id := range b.Delete {
		if err := t.delete(id); err != nil && !errors.Is(err, ErrNotFound) {
			return receipt, err
		}
	}
	for _, e := range b.Entries {
		outcome, err := t.add(e)
		if err != nil {
			return receipt, fmt.Errorf("envelope %s: %w", e.Envelope.ID().Short(), err)
		}
		receipt.Outcomes = append(receipt.Outcomes, outcome)
	}
	for _, p := range b.Parts {
		if err := t.addPart(p.Ref, p.Packed); err != nil {
			return receipt, fmt.Errorf("part %s: %w", p.Ref.Digest.Short(), err)
		}
	}
	for name, content := range b.Local {
		if content == nil {
			t.remove(localKey(name))
		} else {
			t.put(localKey(name), content)
		}
	}
	for _, id := range b.Forget {
		t.remove(memoKey(id))
	}
	for i := range b.Memos {
		t.put(memoKey(b.Memos[i].ID), b.Memos[i].encode())
	}
	receipt.FirstEvent = t.appendEvents(b.Events)
	return receipt, nil
}

// add stores one envelope unless a better one is there.
func (t *tx) add(e Entry) (Outcome, error) {
	row, refs, err := newRow(e)
	if err != nil {
		return 0, err
	}
	outcome := Stored
	old, damaged, err := t.present(&row)
	switch {
	case errors.Is(err, ErrNotFound):
		if wins, err := t.takeSlot(&row); err != nil || !wins {
			return Superseded, err
		}
		t.state.Arrivals++
		row.Arrival = t.state.Arrivals
		if err := t.refer(refs, +1); err != nil {
			return 0, err
		}
	case err != nil:
		return 0, err
	case old.Level >= row.Level && !damaged:
		return Known, t.addParts(e, refs)
	default:
		if !damaged {
			outcome = Raised
		}
		row.Received, row.Arrival = old.Received, old.Arrival
		t.count(&old, -1)
	}
	stored := e.Envelope.Encode()
	row.Size = uint32(len(stored)) // at most wire.MaxTransmission
	t.put(envelopeKey(row.ID), append(row.append(make([]byte, 0, rowSize+len(stored)+sumSize)), stored...))
	t.put(knownKey(&row), row.append(nil))
	t.put(numberKey(keyArrival, row.Arrival), row.ID[:])
	t.count(&row, +1)
	return outcome, t.addParts(e, refs)
}

// present returns the row under which the envelope of row is stored. A record
// that is damaged is replaced by the good one; its index row knows its place.
func (t *tx) present(row *Row) (old Row, damaged bool, err error) {
	old, err = t.row(row.ID)
	if !errors.As(err, new(*CorruptError)) {
		return old, false, err
	}
	b, err := t.get(knownKey(row))
	if err == nil {
		old, err = parseRow(b)
	}
	if errors.As(err, new(*CorruptError)) {
		err = ErrNotFound // both damaged: it comes as new
	}
	return old, true, err
}

// takeSlot decides whether row is the latest of its slot and removes what it
// replaces. Types without slot always win.
func (t *tx) takeSlot(row *Row) (bool, error) {
	if !row.Type.Slot() {
		return true, nil
	}
	key := slotKey(row)
	b, err := t.get(key)
	if err == nil && len(b) == slotSize {
		holder := wire.ID(b[8:])
		if !laterInSlot(row, b) && holder != row.ID {
			return false, nil
		}
		if err := t.delete(holder); err != nil && !errors.Is(err, ErrNotFound) {
			return false, err
		}
	} else if err != nil && !errors.Is(err, ErrNotFound) && !errors.As(err, new(*CorruptError)) {
		return false, err
	}
	t.put(key, slotContent(row))
	return true, nil
}

// laterInSlot reports whether row takes the slot from the one that content names.
func laterInSlot(row *Row, content []byte) bool {
	return cmp.Or(cmp.Compare(row.Sequence, binary.BigEndian.Uint64(content)), wire.ID(content[8:]).Compare(row.ID)) > 0
}

func slotContent(row *Row) []byte {
	return append(binary.BigEndian.AppendUint64(nil, row.Sequence), row.ID[:]...)
}

// delete removes an envelope and all that only it needs.
func (t *tx) delete(id wire.ID) error {
	rec, err := t.record(id)
	if errors.As(err, new(*CorruptError)) {
		return t.deleteDamaged(id)
	}
	if err != nil {
		return err
	}
	_, refs, err := newRow(Entry{Envelope: rec.Envelope})
	if err != nil {
		return err
	}
	if err := t.refer(refs, -1); err != nil {
		return err
	}
	t.deleteRow(&rec.Row)
	return nil
}

func (t *tx) deleteRow(r *Row) {
	if r.Type.Slot() {
		key := slotKey(r)
		if b, err := t.get(key); err == nil && len(b) == slotSize && wire.ID(b[8:]) == r.ID {
			t.remove(key)
		}
	}
	t.remove(envelopeKey(r.ID))
	t.remove(knownKey(r))
	t.remove(numberKey(keyArrival, r.Arrival))
	t.count(r, -1)
}

// deleteDamaged removes an envelope that cannot be read any more; its row has
// to be searched for. Parts that only it named remain.
func (t *tx) deleteDamaged(id wire.ID) error {
	for v, err := range t.s.scanHeld(t.ctx, keyKnown, "", 0) {
		var row Row
		if err == nil {
			row, err = v.row()
		}
		if err == nil && row.ID == id {
			t.deleteRow(&row)
			return nil
		}
		if err != nil && !errors.As(err, new(*CorruptError)) {
			return err
		}
	}
	t.remove(envelopeKey(id))
	return nil
}

// slotSize is the length of a slot's value: sequence and ID.
const slotSize = 8 + wire.IDSize

func (t *tx) count(r *Row, sign int64) {
	t.state.Lanes[r.Lane] = t.state.Lanes[r.Lane].add(sign, sign*int64(r.Size))
}

package persist

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Parts fills e.Parts from the store, in the payload's order, nil where a part
// has not come. A damaged part counts as not come, so that it is fetched again.
func (s *Store) Parts(ctx context.Context, e *wire.Envelope) error {
	_, refs, err := newRow(Entry{Envelope: e})
	if err != nil {
		return fmt.Errorf("parts of %s: %w", e.ID().Short(), err)
	}
	if len(refs) == 0 {
		return nil
	}
	parts := make([][]byte, len(refs))
	for i, ref := range refs {
		parts[i], err = s.Part(ctx, ref)
		if err != nil && !errors.Is(err, ErrNotFound) && !errors.As(err, new(*CorruptError)) {
			return fmt.Errorf("parts of %s: %w", e.ID().Short(), err)
		}
	}
	e.Parts = parts
	return nil
}

// Part returns a part in its transmitted form, checked against ref.
func (s *Store) Part(ctx context.Context, ref wire.PartRef) ([]byte, error) {
	if err := s.rlock(); err != nil {
		return nil, err
	}
	defer s.mu.RUnlock()
	packed, err := s.read(ctx, partKey(ref.Digest))
	if err != nil {
		return nil, err
	}
	if _, err := ref.Open(packed); err != nil {
		return nil, &CorruptError{partKey(ref.Digest), err}
	}
	return packed, nil
}

// addParts stores the parts that e brings along.
func (t *tx) addParts(e Entry, refs []wire.PartRef) error {
	parts := e.Parts
	if parts == nil {
		parts = e.Envelope.Parts
	}
	if len(parts) > len(refs) {
		return fmt.Errorf("%d parts, the payload names %d", len(parts), len(refs))
	}
	for i, packed := range parts {
		if packed == nil {
			continue
		}
		if err := t.addPart(refs[i], packed); err != nil {
			return fmt.Errorf("part %d: %w", i, err)
		}
	}
	return nil
}

// addPart stores a part that a stored envelope names.
func (t *tx) addPart(ref wire.PartRef, packed []byte) error {
	if _, err := t.get(refsKey(ref.Digest)); err != nil {
		return fmt.Errorf("no envelope names it: %w", err)
	}
	content, err := ref.Open(packed)
	if err != nil {
		return err
	}
	if len(packed) > len(content)+1 { // padded by its sender
		packed = wire.PackPart(content)
	}
	key := partKey(ref.Digest)
	if old, err := t.get(key); err == nil {
		if _, err := ref.Open(old); err == nil {
			return nil
		}
		t.state.Parts = t.state.Parts.add(-1, -int64(len(old)))
	} else if !errors.Is(err, ErrNotFound) && !errors.As(err, new(*CorruptError)) {
		return err
	}
	t.put(key, packed)
	t.state.Parts = t.state.Parts.add(+1, int64(len(packed)))
	return nil
}

// refer counts an envelope's naming of its parts up or down. A part that nobody
// names goes.
func (t *tx) refer(refs []wire.PartRef, by int) error {
	for _, ref := range refs {
		key := refsKey(ref.Digest)
		b, err := t.get(key)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		n := by
		if len(b) == 4 {
			n += int(binary.BigEndian.Uint32(b))
		}
		if n > 0 {
			t.put(key, refCount(n))
			continue
		}
		t.remove(key)
		if part, err := t.get(partKey(ref.Digest)); err == nil {
			t.remove(partKey(ref.Digest))
			t.state.Parts = t.state.Parts.add(-1, -int64(len(part)))
		}
	}
	return nil
}

// refCount is the value below refs.
func refCount(n int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(n)) }

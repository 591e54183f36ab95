package persist

import (
	"context"
	"errors"
	"fmt"
	"maps"

	"github.com/ipfs/go-datastore"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// tx gathers the writes of one batch and reads through them.
type tx struct {
	s      *Store
	ctx    context.Context
	state  state
	writes map[string][]byte // content without checksum; nil: removed
}

func (s *Store) begin(ctx context.Context) *tx {
	t := &tx{s: s, ctx: ctx, state: s.state, writes: map[string][]byte{}}
	t.state.Lanes = map[wire.Lane]Usage{}
	maps.Copy(t.state.Lanes, s.state.Lanes)
	return t
}

func (t *tx) put(key string, content []byte) { t.writes[key] = content }
func (t *tx) remove(key string)              { t.writes[key] = nil }

func (t *tx) get(key string) ([]byte, error) {
	if content, ok := t.writes[key]; ok {
		if content == nil {
			return nil, ErrNotFound
		}
		return content, nil
	}
	return t.s.read(t.ctx, key)
}

func (t *tx) row(id wire.ID) (Row, error) {
	b, err := t.get(envelopeKey(id))
	if err != nil {
		return Row{}, err
	}
	return splitRow(id, b)
}

func (t *tx) record(id wire.ID) (Record, error) {
	b, err := t.get(envelopeKey(id))
	if err != nil {
		return Record{}, err
	}
	return parseRecord(id, b)
}

// commit makes the batch durable, and then the store's state.
func (t *tx) commit() error {
	if len(t.writes) == 0 {
		return nil
	}
	t.put(keyState, mustMarshal(t.state))
	b, err := t.s.ds.Batch(t.ctx)
	if err != nil {
		return t.failed(err)
	}
	for key, content := range t.writes {
		if content == nil {
			err = b.Delete(t.ctx, dsKey(key))
		} else {
			err = b.Put(t.ctx, dsKey(key), sealValue(key, content))
		}
		if err != nil {
			return t.failed(err)
		}
	}
	if err := b.Commit(t.ctx); err != nil {
		return t.failed(err)
	}
	if err := t.s.ds.Sync(t.ctx, datastore.NewKey("/")); err != nil {
		return t.failed(err)
	}
	t.s.setState(t.state)
	return nil
}

// failed remembers that the batch may or may not be on the disk.
func (t *tx) failed(err error) error {
	t.s.doubt = true
	switch {
	case isNoSpace(err):
		return fmt.Errorf("%w (%v)", ErrFull, err)
	case isReadOnly(err):
		return fmt.Errorf("%w (%v)", ErrReadOnly, err)
	}
	return fmt.Errorf("write batch: %w", err)
}

// ready refuses to write to a closed or full store and settles doubts.
func (s *Store) ready(ctx context.Context, g growth) error {
	if s.closed {
		return ErrClosed
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := s.room(g); err != nil {
		return err
	}
	if s.doubt {
		if err := s.loadState(ctx); err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
	}
	return nil
}

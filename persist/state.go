package persist

import (
	"context"
	"errors"
	"fmt"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Schema is the version of the layout in FORMAT.md that this package writes,
// and the newest it reads.
const Schema = 1

type schema struct {
	Version uint64 `cbor:"0,keyasint"`
}

var currentSchema = schema{Schema}

// state is what every batch carries forward: counters that must agree with the
// rows, and therefore are written with them.
type state struct {
	Arrivals   uint64              `cbor:"0,keyasint"` // last number given
	FirstEvent uint64              `cbor:"1,keyasint"` // oldest event kept
	LastEvent  uint64              `cbor:"2,keyasint"` // last number given; FirstEvent-1: none kept
	Lanes      map[wire.Lane]Usage `cbor:"3,keyasint"`
	Parts      Usage               `cbor:"4,keyasint"`
}

// Usage counts what is stored.
type Usage struct {
	_     struct{} `cbor:",toarray"`
	Count uint64
	Bytes uint64 // of stored forms, without index rows and the backend's own
}

func (u Usage) add(count, bytes int64) Usage {
	return Usage{Count: u.Count + uint64(count), Bytes: u.Bytes + uint64(bytes)}
}

// checkSchema reads the schema's version, and writes it into an empty store.
func (s *Store) checkSchema(ctx context.Context) error {
	b, err := s.read(ctx, keySchema)
	if errors.Is(err, ErrNotFound) {
		return s.create(ctx)
	}
	if err != nil {
		return fmt.Errorf("read schema: %w", err)
	}
	var found schema
	if err := wire.Unmarshal(b, &found); err != nil {
		return fmt.Errorf("read schema: %w", &CorruptError{keySchema, err})
	}
	if found.Version != Schema {
		return &SchemaError{Found: found.Version, Known: Schema}
	}
	return nil
}

// create writes the schema into an empty store. A store that has rows but no
// schema has lost it: taking it for empty would bury them.
func (s *Store) create(ctx context.Context) error {
	for row, err := range s.scanHeld(ctx, "/", "", 1) {
		if err != nil {
			return err
		}
		return fmt.Errorf("store without schema holds %s: it is damaged, or not Kreidfeuer's", row.key)
	}
	t := s.begin(ctx)
	t.put(keySchema, mustMarshal(currentSchema))
	t.state.FirstEvent = 1
	return t.commit()
}

func (s *Store) loadState(ctx context.Context) error {
	b, err := s.read(ctx, keyState)
	if err != nil {
		return fmt.Errorf("read state: %w", err)
	}
	var st state
	if err := wire.Unmarshal(b, &st); err != nil {
		return fmt.Errorf("read state: %w", &CorruptError{keyState, err})
	}
	s.setState(st)
	s.doubt = false
	return nil
}

func (s *Store) setState(st state) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state = st
}

// mustMarshal writes values of this package's own types, which CBOR can express.
func mustMarshal(v any) []byte {
	b, err := wire.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}

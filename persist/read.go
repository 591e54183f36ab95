package persist

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"github.com/ipfs/go-datastore/query"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Get returns a stored envelope, or [ErrNotFound], or a [*CorruptError].
func (s *Store) Get(ctx context.Context, id wire.ID) (Record, error) {
	if err := s.rlock(); err != nil {
		return Record{}, err
	}
	defer s.mu.RUnlock()
	return s.record(ctx, id)
}

func (s *Store) record(ctx context.Context, id wire.ID) (Record, error) {
	b, err := s.read(ctx, envelopeKey(id))
	if err != nil {
		return Record{}, err
	}
	return parseRecord(id, b)
}

// Has reports whether the store holds the item at its level or a higher one.
func (s *Store) Has(ctx context.Context, item wire.Item) (bool, error) {
	if err := s.rlock(); err != nil {
		return false, err
	}
	defer s.mu.RUnlock()
	b, err := s.read(ctx, envelopeKey(item.ID))
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	row, err := splitRow(item.ID, b)
	return err == nil && row.Level >= item.Level, err
}

// Known iterates over the index rows of a domain's lane from the given expiry
// bucket on, in order of bucket and ID. A damaged row yields a [*CorruptError]
// and the iteration goes on; any other error ends it. Rows that are written
// meanwhile may or may not be seen.
func (s *Store) Known(ctx context.Context, domain wire.ID, lane wire.Lane, since Bucket) iter.Seq2[Row, error] {
	prefix := laneKey(domain, lane)
	return s.rows(ctx, prefix, join(prefix, since.String()))
}

// Rows iterates over all index rows, as [Store.Known] does.
func (s *Store) Rows(ctx context.Context) iter.Seq2[Row, error] { return s.rows(ctx, keyKnown, "") }

func (s *Store) rows(ctx context.Context, prefix, from string) iter.Seq2[Row, error] {
	return func(yield func(Row, error) bool) {
		for v, err := range s.scan(ctx, prefix, from, 0) {
			var row Row
			if err == nil {
				row, err = v.row()
			}
			if !yield(row, err) {
				return
			}
		}
	}
}

// After lists stored envelopes in the order in which they came, beginning after
// the given arrival number (0: from the first), at most limit of them (0: all).
// The last record's Arrival is the cursor of the next page. Envelopes that are
// damaged yield a [*CorruptError] and are skipped.
func (s *Store) After(ctx context.Context, arrival uint64, limit int) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		for v, err := range s.scan(ctx, keyArrival, numberKey(keyArrival, arrival+1), limit) {
			var rec Record
			if err == nil && len(v.content) == wire.IDSize {
				rec, err = s.Get(ctx, wire.ID(v.content))
				if errors.Is(err, ErrNotFound) {
					continue // deleted meanwhile
				}
			}
			if !yield(rec, err) {
				return
			}
		}
	}
}

// Usage counts the stored envelopes by lane.
func (s *Store) Usage() map[wire.Lane]Usage {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return maps.Clone(s.state.Lanes)
}

// PartUsage counts the stored parts; a part that several envelopes name counts once.
func (s *Store) PartUsage() Usage {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.state.Parts
}

func (s *Store) rlock() error {
	s.mu.RLock()
	if s.closed {
		s.mu.RUnlock()
		return ErrClosed
	}
	return nil
}

// value is one checked value of a scan.
type value struct {
	key     string
	content []byte
}

func (v *value) row() (Row, error) {
	r, err := parseRow(v.content)
	if err == nil && knownKey(&r) != v.key {
		err = errors.New("row does not belong to its key")
	}
	if err != nil {
		return Row{}, &CorruptError{v.key, err}
	}
	return r, nil
}

// scan iterates over the values below prefix in order of keys, beginning with
// the key from. Backends of this package seek there; others filter.
func (s *Store) scan(ctx context.Context, prefix, from string, limit int) iter.Seq2[value, error] {
	return func(yield func(value, error) bool) {
		if err := s.rlock(); err != nil {
			yield(value{}, err)
			return
		}
		s.mu.RUnlock() // a reader may take its time; the datastore keeps itself whole
		s.scanHeld(ctx, prefix, from, limit)(yield)
	}
}

// scanHeld is scan for writers, who know that the store is open.
func (s *Store) scanHeld(ctx context.Context, prefix, from string, limit int) iter.Seq2[value, error] {
	return scanFrom(ctx, s.ds, prefix, from, limit)
}

func scanFrom(ctx context.Context, src source, prefix, from string, limit int) iter.Seq2[value, error] {
	q := query.Query{Prefix: prefix, Orders: []query.Order{query.OrderByKey{}}, Limit: limit}
	if from != "" {
		q.Filters = []query.Filter{query.FilterKeyCompare{Op: query.GreaterThanOrEqual, Key: from}}
	}
	return func(yield func(value, error) bool) {
		results, err := src.Query(ctx, q)
		if err != nil {
			yield(value{}, fmt.Errorf("read %s: %w", prefix, err))
			return
		}
		defer results.Close()
		for {
			r, more := results.NextSync()
			if !more {
				return
			}
			if r.Error != nil {
				yield(value{}, fmt.Errorf("read %s: %w", prefix, r.Error))
				return
			}
			content, err := openValue(r.Key, r.Value)
			if !yield(value{r.Key, content}, err) {
				return
			}
		}
	}
}

// splitRow reads the row of an envelope's value.
func splitRow(id wire.ID, b []byte) (Row, error) {
	row, err := parseRow(b[:min(rowSize, len(b))])
	if err == nil && row.ID != id {
		err = fmt.Errorf("it is %s", row.ID.Short())
	}
	if err != nil {
		return Row{}, &CorruptError{envelopeKey(id), err}
	}
	return row, nil
}

// parseRecord reads an envelope's value and recomputes its ID.
func parseRecord(id wire.ID, b []byte) (Record, error) {
	row, err := splitRow(id, b)
	if err != nil {
		return Record{}, err
	}
	e, err := wire.Decode(b[rowSize:])
	if err == nil && e.ID() != id {
		err = fmt.Errorf("its content hashes to %s", e.ID().Short())
	}
	if err != nil {
		return Record{}, &CorruptError{envelopeKey(id), err}
	}
	return Record{Row: row, Envelope: e, Stored: b[rowSize:]}, nil
}

// Records iterates over all stored envelopes: trust objects first, in the order in
// which they came, so that issuers come before subjects, then the others in the
// order of their IDs, in which they lie on the disk. Envelopes that are damaged
// yield a [*CorruptError] and are skipped; any other error ends it.
func (s *Store) Records(ctx context.Context) iter.Seq2[Record, error] {
	return func(yield func(Record, error) bool) {
		var trust []Row
		for row, err := range s.Rows(ctx) {
			if err != nil && !yield(Record{}, err) {
				return
			}
			if err == nil && row.Lane == wire.LaneTrust {
				trust = append(trust, row)
			}
		}
		slices.SortFunc(trust, func(a, b Row) int { return cmp.Compare(a.Arrival, b.Arrival) })
		for i := range trust {
			rec, err := s.Get(ctx, trust[i].ID)
			if errors.Is(err, ErrNotFound) {
				continue // deleted meanwhile
			}
			if !yield(rec, err) {
				return
			}
		}
		for v, err := range s.scan(ctx, keyEnvelope, "", 0) {
			if err == nil && len(v.content) > 1 && wire.Lane(v.content[1]) == wire.LaneTrust {
				continue
			}
			var rec Record
			var id wire.ID
			if err == nil {
				id, err = wire.ParseID(strings.TrimPrefix(v.key, keyEnvelope+"/"))
			}
			if err == nil {
				rec, err = parseRecord(id, v.content)
			}
			if !yield(rec, err) {
				return
			}
		}
	}
}

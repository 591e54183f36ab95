package persist

import (
	"context"
	"errors"

	"github.com/ipfs/go-datastore"
	"github.com/ipfs/go-datastore/query"
)

// overlay is a datastore that reads from one that cannot be written and keeps
// all changes in another, in memory.
type overlay struct {
	below source
	above datastore.Batching // values begin with one of the marks
	close func() error       // of below
}

var _ datastore.Batching = (*overlay)(nil)

// The marks say what is above: a value, or that there is none any more.
const (
	markGone  = 0
	markValue = 1
)

// Get implements [datastore.Datastore].
func (o *overlay) Get(ctx context.Context, key datastore.Key) ([]byte, error) {
	value, err := o.above.Get(ctx, key)
	switch {
	case errors.Is(err, datastore.ErrNotFound):
		return o.below.Get(ctx, key)
	case err != nil:
		return nil, err
	case value[0] == markGone:
		return nil, datastore.ErrNotFound
	}
	return value[1:], nil
}

// Has implements [datastore.Datastore].
func (o *overlay) Has(ctx context.Context, key datastore.Key) (bool, error) {
	return datastore.GetBackedHas(ctx, o, key)
}

// GetSize implements [datastore.Datastore].
func (o *overlay) GetSize(ctx context.Context, key datastore.Key) (int, error) {
	return datastore.GetBackedSize(ctx, o, key)
}

// Query implements [datastore.Datastore]: both sides are read in order of keys
// and merged.
func (o *overlay) Query(ctx context.Context, q query.Query) (query.Results, error) {
	both := query.Query{Prefix: q.Prefix, Orders: []query.Order{query.OrderByKey{}}}
	for _, f := range q.Filters { // a lower bound is a seek; the others are applied to what is merged
		if from, ok := f.(query.FilterKeyCompare); ok {
			both.Filters = append(both.Filters, from)
		}
	}
	below, err := o.below.Query(ctx, both)
	if err != nil {
		return nil, err
	}
	above, err := o.above.Query(ctx, both)
	if err != nil {
		below.Close()
		return nil, err
	}
	m := &merged{below: below, above: above}
	m.left, m.hasLeft = below.NextSync()
	m.right, m.hasRight = above.NextSync()
	rest := q
	rest.Prefix = ""
	r := query.ResultsFromIterator(q, query.Iterator{Next: m.next, Close: func() error { return errors.Join(below.Close(), above.Close()) }})
	return query.NaiveQueryApply(rest, r), nil
}

type merged struct {
	below, above      query.Results
	left, right       query.Result // next of below and of above
	hasLeft, hasRight bool
}

func (m *merged) next() (query.Result, bool) {
	for m.hasLeft || m.hasRight {
		if !m.hasRight || m.hasLeft && (m.left.Error != nil || m.left.Key < m.right.Key) {
			r := m.left
			m.left, m.hasLeft = m.below.NextSync()
			return r, true
		}
		r := m.right
		if m.hasLeft && r.Error == nil && m.left.Key == r.Key {
			m.left, m.hasLeft = m.below.NextSync()
		}
		m.right, m.hasRight = m.above.NextSync()
		if r.Error != nil {
			return r, true
		}
		if r.Value[0] == markValue {
			r.Value, r.Size = r.Value[1:], len(r.Value)-1
			return r, true
		}
	}
	return query.Result{}, false
}

// Put implements [datastore.Datastore].
func (o *overlay) Put(ctx context.Context, key datastore.Key, value []byte) error {
	return o.above.Put(ctx, key, append([]byte{markValue}, value...))
}

// Delete implements [datastore.Datastore].
func (o *overlay) Delete(ctx context.Context, key datastore.Key) error {
	return o.above.Put(ctx, key, []byte{markGone})
}

// Sync implements [datastore.Datastore]: memory needs none.
func (o *overlay) Sync(context.Context, datastore.Key) error { return nil }

// Close implements [datastore.Datastore].
func (o *overlay) Close() error { return errors.Join(o.above.Close(), o.close()) }

// Batch implements [datastore.Batching].
func (o *overlay) Batch(ctx context.Context) (datastore.Batch, error) {
	b, err := o.above.Batch(ctx)
	return overlayBatch{b}, err
}

type overlayBatch struct{ above datastore.Batch }

func (b overlayBatch) Put(ctx context.Context, key datastore.Key, value []byte) error {
	return b.above.Put(ctx, key, append([]byte{markValue}, value...))
}

func (b overlayBatch) Delete(ctx context.Context, key datastore.Key) error {
	return b.above.Put(ctx, key, []byte{markGone})
}

func (b overlayBatch) Commit(ctx context.Context) error { return b.above.Commit(ctx) }

package persisttest

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"

	"github.com/ipfs/go-datastore"
	"github.com/ipfs/go-datastore/query"
)

// ErrFault is the error that a [Faulty] datastore makes up.
var ErrFault = errors.New("input/output error (made up)")

// Faulty is a datastore in memory that behaves as badly as a disk may: what was
// written and not synced is lost when the power goes, and any write may fail,
// done or not done. Only its batches are whole or not there.
type Faulty struct {
	mu      sync.Mutex
	synced  map[string][]byte
	written map[string][]byte         // synced and what came since
	pending []func(map[string][]byte) // what came since, in order
	faults  Faults
}

var (
	_ datastore.Batching = (*Faulty)(nil)
	_ Disk               = (*Faulty)(nil)
)

// NewFaulty makes an empty datastore; nil faults are none.
func NewFaulty(faults Faults) *Faulty {
	return &Faulty{synced: map[string][]byte{}, written: map[string][]byte{}, faults: faults}
}

// Open implements [Disk].
func (f *Faulty) Open() (datastore.Batching, error) { return f, nil }

// PowerLoss implements [Disk].
func (f *Faulty) PowerLoss(rng *rand.Rand) { f.forget(rng.IntN(3)) }

// forget forgets what was not synced, but for the first few of the batches
// since, which the disk happened to write.
func (f *Faulty) forget(but int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, change := range f.pending[:min(but, len(f.pending))] {
		change(f.synced)
	}
	f.pending, f.written = nil, maps.Clone(f.synced)
}

func (f *Faulty) change(change func(map[string][]byte)) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	fail, applied := f.fault()
	if !fail || applied {
		f.pending = append(f.pending, change)
		change(f.written)
	}
	if fail {
		return ErrFault
	}
	return nil
}

func (f *Faulty) fault() (fail, applied bool) {
	if f.faults == nil {
		return false, false
	}
	return f.faults()
}

// Sync makes everything written durable.
func (f *Faulty) Sync(context.Context, datastore.Key) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	fail, applied := f.fault()
	if !fail || applied {
		f.pending, f.synced = nil, maps.Clone(f.written)
	}
	if fail {
		return ErrFault
	}
	return nil
}

// Get implements [datastore.Datastore].
func (f *Faulty) Get(_ context.Context, key datastore.Key) ([]byte, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	value, ok := f.written[key.String()]
	if !ok {
		return nil, datastore.ErrNotFound
	}
	return value, nil
}

// Has implements [datastore.Datastore].
func (f *Faulty) Has(ctx context.Context, key datastore.Key) (bool, error) {
	return datastore.GetBackedHas(ctx, f, key)
}

// GetSize implements [datastore.Datastore].
func (f *Faulty) GetSize(ctx context.Context, key datastore.Key) (int, error) {
	return datastore.GetBackedSize(ctx, f, key)
}

// Query implements [datastore.Datastore].
func (f *Faulty) Query(_ context.Context, q query.Query) (query.Results, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var entries []query.Entry
	for _, key := range slices.Sorted(maps.Keys(f.written)) {
		entries = append(entries, query.Entry{Key: key, Value: f.written[key], Size: len(f.written[key])})
	}
	return query.NaiveQueryApply(q, query.ResultsWithEntries(q, entries)), nil
}

// Put implements [datastore.Datastore].
func (f *Faulty) Put(_ context.Context, key datastore.Key, value []byte) error {
	return f.change(func(m map[string][]byte) { m[key.String()] = value })
}

// Delete implements [datastore.Datastore].
func (f *Faulty) Delete(_ context.Context, key datastore.Key) error {
	return f.change(func(m map[string][]byte) { delete(m, key.String()) })
}

// Close implements [datastore.Datastore]. The datastore can be opened again.
func (f *Faulty) Close() error { return nil }

// Batch implements [datastore.Batching].
func (f *Faulty) Batch(context.Context) (datastore.Batch, error) { return &faultyBatch{f: f}, nil }

type faultyBatch struct {
	f       *Faulty
	changes []func(map[string][]byte)
}

// Put implements [datastore.Batch].
func (b *faultyBatch) Put(_ context.Context, key datastore.Key, value []byte) error {
	b.changes = append(b.changes, func(m map[string][]byte) { m[key.String()] = value })
	return nil
}

// Delete implements [datastore.Batch].
func (b *faultyBatch) Delete(_ context.Context, key datastore.Key) error {
	b.changes = append(b.changes, func(m map[string][]byte) { delete(m, key.String()) })
	return nil
}

// Commit implements [datastore.Batch].
func (b *faultyBatch) Commit(context.Context) error {
	return b.f.change(func(m map[string][]byte) {
		for _, change := range b.changes {
			change(m)
		}
	})
}

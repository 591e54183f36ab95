package persist

import (
	"context"

	"github.com/ipfs/go-datastore"
	"github.com/ipfs/go-datastore/query"
	"github.com/syndtr/goleveldb/leveldb"
	"github.com/syndtr/goleveldb/leveldb/iterator"
	"github.com/syndtr/goleveldb/leveldb/opt"
	"github.com/syndtr/goleveldb/leveldb/util"
)

// source is what reading needs: a datastore, or one moment of it.
type source interface {
	Get(ctx context.Context, key datastore.Key) ([]byte, error)
	Has(ctx context.Context, key datastore.Key) (bool, error)
	Query(ctx context.Context, q query.Query) (query.Results, error)
}

// snapshotter is a datastore that keeps one moment of itself for a reader, while
// writers go on.
type snapshotter interface {
	snapshot() (moment source, release func(), err error)
}

// moment returns a source that no writer changes until it is released. Where the
// datastore has none, writers wait for the release.
func (s *Store) moment() (source, func(), error) {
	s.writer.Lock()
	if s.closed {
		s.writer.Unlock()
		return nil, nil, ErrClosed
	}
	if ds, ok := s.ds.(snapshotter); ok {
		defer s.writer.Unlock()
		return ds.snapshot()
	}
	return s.ds, s.writer.Unlock, nil
}

// levelReader is a goleveldb database, or a snapshot of it.
type levelReader interface {
	Get(key []byte, ro *opt.ReadOptions) ([]byte, error)
	Has(key []byte, ro *opt.ReadOptions) (bool, error)
	NewIterator(slice *util.Range, ro *opt.ReadOptions) iterator.Iterator
}

// levelMoment is a snapshot as a source. Once the database was opened anew, after
// a failed write, reading it is an error.
type levelMoment struct {
	l    *level
	snap *leveldb.Snapshot
}

func (l *level) snapshot() (source, func(), error) {
	var m *levelMoment
	err := l.view(func(db *leveldb.DB) error {
		snap, err := db.GetSnapshot()
		m = &levelMoment{l, snap}
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return m, m.snap.Release, nil
}

func (m *levelMoment) read(f func(levelReader) error) error {
	return m.l.view(func(*leveldb.DB) error { return f(m.snap) })
}

func (m *levelMoment) Get(_ context.Context, key datastore.Key) (value []byte, err error) {
	err = m.read(func(r levelReader) error {
		value, err = r.Get(key.Bytes(), nil)
		return err
	})
	return value, err
}

func (m *levelMoment) Has(_ context.Context, key datastore.Key) (found bool, err error) {
	err = m.read(func(r levelReader) error {
		found, err = r.Has(key.Bytes(), nil)
		return err
	})
	return found, err
}

func (m *levelMoment) Query(ctx context.Context, q query.Query) (query.Results, error) {
	return queryLevel(ctx, m.read, q), nil
}

package persist

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/ipfs/go-datastore"
	"github.com/ipfs/go-datastore/query"
	"github.com/syndtr/goleveldb/leveldb"
	leveldberrors "github.com/syndtr/goleveldb/leveldb/errors"
	"github.com/syndtr/goleveldb/leveldb/filter"
	"github.com/syndtr/goleveldb/leveldb/opt"
	"github.com/syndtr/goleveldb/leveldb/storage"
)

// level is a goleveldb database as a datastore. The usual adapter of the IPFS
// project does not serve here: it "repairs" a damaged database on opening,
// which drops what it cannot read; its queries end at a damaged block as if
// there were no more; and after a failed write it goes on with a journal that
// the next start cannot read to its end.
//
// A batch is one journal record, synced before Commit returns: there wholly or
// not at all. After a failed write the database is opened anew before the next
// one; while that fails, for want of space, it is open for reading.
type level struct {
	dir     string // for messages; empty: in memory
	storage func(readOnly bool) (storage.Storage, error)
	options *opt.Options

	writing sync.Mutex // held by writers, also while they wait for the disk
	failed  error      // guarded by writing; of the last write; nil: none

	mu   sync.RWMutex // guards what follows; held for writing to open and close
	db   *leveldb.DB
	stor storage.Storage // of db
}

var _ datastore.Batching = (*level)(nil)

// levelOptions suit a small device: some 10 MB of memory with a million rows.
func levelOptions() *opt.Options {
	return &opt.Options{
		WriteBuffer:                  2 << 20,
		BlockCacheCapacity:           2 << 20,
		OpenFilesCacheCapacity:       64,
		Filter:                       filter.NewBloomFilter(10),
		DisableLargeBatchTransaction: true, // one way to write, so one way to test
		ErrorIfMissing:               true, // OpenPath decides when to make one
	}
}

// OpenLevelDB opens the goleveldb database in dir, or makes one, as a datastore
// whose batches are atomic and durable when Commit returns. [OpenPath] does so
// with more care for what may lie in the folder.
func OpenLevelDB(dir string) (datastore.Batching, error) {
	if _, err := os.Stat(filepath.Join(dir, "CURRENT")); err != nil {
		l, err := createLevel(dir)
		if err != nil {
			return nil, err
		}
		if err := l.Close(); err != nil {
			return nil, err
		}
	}
	if err := checkLevel(dir, ""); err != nil {
		return nil, err
	}
	return openLevel(dir)
}

// NewMemory makes a datastore that ends with the process.
func NewMemory() (datastore.Batching, error) { return newMemoryLevel() }

// openLevel opens the database in dir, after checkLevel. If it cannot be opened
// for writing for want of space, it is opened for reading.
func openLevel(dir string) (*level, error) {
	l := &level{dir: dir, storage: folderStorage(dir), options: levelOptions()}
	if err := l.reopen(); err != nil && (l.db == nil || !isNoSpace(err)) {
		_ = l.Close()
		return nil, err
	}
	return l, nil
}

// createLevel makes an empty database in dir.
func createLevel(dir string) (*level, error) {
	l := &level{dir: dir, storage: folderStorage(dir), options: levelOptions()}
	l.options.ErrorIfMissing, l.options.ErrorIfExist = false, true
	return l, l.reopen()
}

// newMemoryLevel is a database that ends with the process.
func newMemoryLevel() (*level, error) {
	stor := storage.NewMemStorage()
	l := &level{storage: func(bool) (storage.Storage, error) { return stor, nil }, options: levelOptions()}
	l.options.ErrorIfMissing = false
	l.options.WriteBuffer = 64 << 10 // writing it out costs nothing here, and a simulation has a thousand of them
	return l, l.reopen()
}

// reopen replaces the database by a freshly opened one; a failure leaves one
// for reading, if that can be had.
func (l *level) reopen() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.closeDB() // it has failed already; what counts is what is on the disk
	err := l.openDB(false)
	l.failed = err
	if err != nil {
		_ = l.openDB(true) // reading is better than nothing; err says what is wrong
	}
	return err
}

func (l *level) openDB(readOnly bool) error {
	stor, err := l.storage(readOnly)
	if err != nil {
		return err
	}
	o := *l.options
	o.ReadOnly = readOnly
	db, err := leveldb.Open(&careful{Storage: stor}, &o)
	if err != nil {
		_ = stor.Close()
		return err
	}
	l.db, l.stor = db, stor
	return nil
}

func (l *level) closeDB() error {
	if l.db == nil {
		return nil
	}
	err := l.db.Close()
	if closing := l.stor.Close(); err == nil {
		err = closing
	}
	l.db, l.stor = nil, nil
	return err
}

func (l *level) write(b *leveldb.Batch) error {
	l.writing.Lock()
	defer l.writing.Unlock()
	if err := l.writable(); err != nil {
		return err
	}
	l.failed = l.view(func(db *leveldb.DB) error { return db.Write(b, &opt.WriteOptions{Sync: true}) })
	return l.failed
}

// writable opens the database anew if the last write failed. The caller holds
// l.writing.
func (l *level) writable() error {
	if l.failed != nil {
		if err := l.reopen(); err != nil {
			return fmt.Errorf("open again after a failed write: %w", err)
		}
	}
	return nil
}

// view calls f with the database open.
func (l *level) view(f func(*leveldb.DB) error) error {
	l.mu.RLock()
	defer l.mu.RUnlock()
	if l.db == nil {
		return ErrClosed
	}
	return l.typed(f(l.db))
}

func (l *level) read(f func(levelReader) error) error {
	return l.view(func(db *leveldb.DB) error { return f(db) })
}

// typed gives goleveldb's errors the types that callers know.
func (l *level) typed(err error) error {
	switch {
	case errors.Is(err, leveldb.ErrNotFound):
		return datastore.ErrNotFound
	case leveldberrors.IsCorrupted(err):
		return &DamagedError{l.dir, err}
	}
	return err
}

// Get implements [datastore.Datastore].
func (l *level) Get(_ context.Context, key datastore.Key) (value []byte, err error) {
	err = l.view(func(db *leveldb.DB) error {
		value, err = db.Get(key.Bytes(), nil)
		return err
	})
	return value, err
}

// Has implements [datastore.Datastore].
func (l *level) Has(_ context.Context, key datastore.Key) (found bool, err error) {
	err = l.view(func(db *leveldb.DB) error {
		found, err = db.Has(key.Bytes(), nil)
		return err
	})
	return found, err
}

// GetSize implements [datastore.Datastore].
func (l *level) GetSize(ctx context.Context, key datastore.Key) (int, error) {
	return datastore.GetBackedSize(ctx, l, key)
}

// Query implements [datastore.Datastore].
func (l *level) Query(ctx context.Context, q query.Query) (query.Results, error) {
	return queryLevel(ctx, l.read, q), nil
}

// Put implements [datastore.Datastore].
func (l *level) Put(_ context.Context, key datastore.Key, value []byte) error {
	var b leveldb.Batch
	b.Put(key.Bytes(), value)
	return l.write(&b)
}

// Delete implements [datastore.Datastore].
func (l *level) Delete(_ context.Context, key datastore.Key) error {
	var b leveldb.Batch
	b.Delete(key.Bytes())
	return l.write(&b)
}

// Sync implements [datastore.Datastore]: every write is synced already.
func (l *level) Sync(context.Context, datastore.Key) error { return nil }

// Close implements [datastore.Datastore].
func (l *level) Close() error {
	l.writing.Lock()
	defer l.writing.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	err := l.closeDB()
	l.storage = func(bool) (storage.Storage, error) { return nil, ErrClosed }
	if l.failed != nil || isNoSpace(err) {
		return nil // the writer has been told; a compaction without space is done after the next start
	}
	return err
}

// Batch implements [datastore.Batching].
func (l *level) Batch(context.Context) (datastore.Batch, error) { return &levelBatch{l: l}, nil }

type levelBatch struct {
	l *level
	b leveldb.Batch
}

// Put implements [datastore.Batch].
func (b *levelBatch) Put(_ context.Context, key datastore.Key, value []byte) error {
	b.b.Put(key.Bytes(), value)
	return nil
}

// Delete implements [datastore.Batch].
func (b *levelBatch) Delete(_ context.Context, key datastore.Key) error {
	b.b.Delete(key.Bytes())
	return nil
}

// Commit implements [datastore.Batch].
func (b *levelBatch) Commit(context.Context) error { return b.l.write(&b.b) }

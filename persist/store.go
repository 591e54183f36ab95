// Package persist keeps what a device has accepted: a [Store] holds envelopes
// with their parts, an index of them, an event log, and the device's own local
// state, on a go-datastore. What Put has acknowledged survives the end of the
// process at any moment, and the end of power as far as the disk keeps its
// promises. The layout of keys and values is specified in FORMAT.md.
//
// The store verifies no signature and knows no trust: what it is given has
// been judged. It does check every value it reads.
package persist

import (
	"context"
	"fmt"
	"sync"

	"github.com/ipfs/go-datastore"
)

// Options are the settings of a store. The zero value is fit for use.
type Options struct {
	// MaxEvents bounds the event log; the oldest go first. 0: 10,000.
	MaxEvents int

	// MinFree is the free space in bytes below which Put takes no more
	// exercises and letters ([*LowSpaceError]); below a quarter of it neither
	// trust objects nor alerts ([ErrFull]). What is left serves deletions, local
	// state and the backend's own housekeeping. 0: 32 MiB, or with [OpenPath] 1 %
	// of the disk if that is more, 256 MiB at most; negative: no guard.
	MinFree int64

	// Free reports the bytes free for the store. nil: no guard. [OpenPath] sets
	// it to the free space of the folder's file system if it is nil.
	Free func() (uint64, error)
}

const (
	defaultMaxEvents = 10_000
	defaultMinFree   = 32 << 20
	maxMinFree       = 256 << 20
	minFreeShare     = 100 // of the disk: one part in

	// urgentShare is the part of MinFree that trust and alerts leave free: one in.
	urgentShare = 4
)

// minFreeOf is the default of MinFree on a disk of the given size.
func minFreeOf(size uint64) int64 {
	return int64(min(max(defaultMinFree, size/minFreeShare), maxMinFree))
}

func (o Options) withDefaults() Options {
	if o.MaxEvents <= 0 {
		o.MaxEvents = defaultMaxEvents
	}
	if o.MinFree == 0 {
		o.MinFree = defaultMinFree
	}
	return o
}

// Store keeps envelopes and local state. Its methods are safe for concurrent
// use; writers take turns. Make one with [Open] or [OpenPath].
type Store struct {
	ds      datastore.Batching
	opt     Options
	dir     string       // its folder; empty: none
	release func() error // the folder's lock

	volatile bool  // what it is given ends with the process
	damage   error // of the database below, which is only read; nil: none

	writer sync.Mutex // held by writers, also while they wait for the disk, and by Verify
	doubt  bool       // guarded by writer; the last write failed: what is stored must be read again

	mu     sync.RWMutex // guards what follows, for moments; writers hold both to change it
	state  state
	closed bool
}

// Open opens the store in ds, which the store then owns and closes (on an error
// it remains the caller's), and makes an empty one if ds is empty. ds must apply a batch as a whole or not at all
// ([persisttest] has the suite); Commit followed by Sync must be durable.
//
// A newer schema is a [*SchemaError]; nothing is written then.
//
// [persisttest]: https://pkg.go.dev/github.com/kreidfeuer/kreidfeuer/persist/persisttest
func Open(ctx context.Context, ds datastore.Batching, opt Options) (*Store, error) {
	s := &Store{ds: ds, opt: opt.withDefaults()}
	if err := s.checkSchema(ctx); err != nil {
		return nil, err
	}
	if err := s.loadState(ctx); err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	return s, nil
}

// Close waits for the writer and closes the datastore. Later calls of the
// store's methods return [ErrClosed].
func (s *Store) Close() error {
	s.writer.Lock()
	defer s.writer.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	err := s.ds.Close()
	if s.release != nil {
		if unlock := s.release(); err == nil {
			err = unlock
		}
	}
	if err != nil {
		return fmt.Errorf("close store: %w", err)
	}
	return nil
}

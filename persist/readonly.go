package persist

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/ipfs/go-datastore"
)

// OpenReadOnly opens the store in dir for a device that cannot write there, and
// changes nothing: what comes is kept in memory, above what is stored, and gone
// with the process. What cannot be read is left out, and [Store.Damage] says so;
// without a readable store the device begins with an empty memory, and unread says
// why. The caller must tell people that nothing is kept: see [Store.Volatile].
//
// The error is a [*LockedError] or a [*SchemaError].
func OpenReadOnly(ctx context.Context, dir string, opt Options) (s *Store, unread, err error) {
	if err := checkFormat(dir); errors.As(err, new(*SchemaError)) {
		return nil, nil, err
	}
	release, err := lockReadOnly(dir)
	if locked := (*LockedError)(nil); errors.As(err, &locked) {
		return nil, nil, err
	}
	opt.Free, opt.MinFree = nil, -1
	damage := checkLevel(filepath.Join(dir, string(LevelDB)), keySchema)
	l := &level{dir: dir, storage: folderStorage(filepath.Join(dir, string(LevelDB))), options: levelOptions()}
	if unread = l.openDB(true); unread == nil {
		s, unread = openAbove(ctx, l, opt)
	}
	if newer := (*SchemaError)(nil); errors.As(unread, &newer) {
		err = errors.Join(unread, l.Close(), release())
		return nil, nil, err
	}
	if unread != nil {
		_ = l.Close() // nothing of it was used
		if s, err = OpenPath(ctx, "", Memory, opt); err != nil {
			return nil, unread, errors.Join(err, release())
		}
	}
	s.volatile, s.dir, s.release = true, dir, release
	if damage != nil && unread == nil {
		s.damage = &DamagedError{dir, damage}
	}
	return s, unread, nil
}

// Damage is the [*DamagedError] of a database that [OpenReadOnly] has opened all
// the same: some of what was stored is not there. nil: it is whole.
func (s *Store) Damage() error { return s.damage }

func openAbove(ctx context.Context, l *level, opt Options) (*Store, error) {
	memory, err := newMemoryLevel()
	if err != nil {
		return nil, err
	}
	if _, err := l.Get(ctx, dsKey(keySchema)); errors.Is(err, datastore.ErrNotFound) {
		return nil, errEmptied
	}
	return Open(ctx, &overlay{below: l, above: memory, close: l.Close}, opt)
}

// Volatile reports whether what the store is given ends with the process.
func (s *Store) Volatile() bool { return s.volatile }

// lockReadOnly locks a folder that cannot be written, if it has a lock file.
func lockReadOnly(dir string) (release func() error, err error) {
	none := func() error { return nil }
	f, err := os.Open(filepath.Join(dir, lockFile))
	if err != nil {
		return none, fmt.Errorf("lock: %w", err)
	}
	if err := lockOpen(f); err != nil {
		_ = f.Close()
		if errors.Is(err, errLocked) {
			return none, lockedBy(dir)
		}
		return none, err
	}
	return func() error { return unlock(f) }, nil
}

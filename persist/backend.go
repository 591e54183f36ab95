package persist

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Backend is a kind of datastore below a store; FORMAT.md says how it was chosen.
type Backend string

// The backends.
const (
	LevelDB Backend = "leveldb" // on disk; the default
	Memory  Backend = "memory"  // gone with the process; needs no folder
)

// What lies in a store's folder (FORMAT.md, "Folder").
const (
	formatFile = "format"
	lockFile   = "lock"
	newFolder  = "new" // a database in the making
)

// OpenPath opens the store in the folder dir and makes an empty one if dir does
// not exist or is empty. An empty backend is [LevelDB].
//
// Errors that concern the folder are [*LockedError], [*SchemaError],
// [*DamagedError] (see [Salvage]) and [ErrReadOnly] (see [OpenReadOnly]); all
// change nothing. With a full disk the store opens
// for reading, and for writing as soon as there is space.
func OpenPath(ctx context.Context, dir string, backend Backend, opt Options) (*Store, error) {
	switch backend {
	case Memory:
		l, err := newMemoryLevel()
		if err != nil {
			return nil, fmt.Errorf("open store: %w", err)
		}
		s, err := Open(ctx, l, opt)
		if err == nil {
			s.volatile = true
		}
		return s, err
	case LevelDB, "":
	default:
		return nil, fmt.Errorf("open store: unknown backend %q: choose %s or %s", backend, LevelDB, Memory)
	}
	if err := checkFormat(dir); err != nil { // before anything is written
		return nil, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("open store: %w", unwritable(err))
	}
	release, err := lockFolder(dir, holder())
	if err != nil {
		return nil, unwritable(err)
	}
	s, err := openFolder(ctx, dir, opt)
	if err != nil {
		_ = release()
		return nil, unwritable(err)
	}
	s.dir, s.release = dir, release
	return s, nil
}

func openFolder(ctx context.Context, dir string, opt Options) (*Store, error) {
	if opt.Free == nil {
		opt.Free = func() (uint64, error) {
			free, _, err := diskSpace(dir)
			return free, err
		}
	}
	if _, size, err := diskSpace(dir); err == nil && opt.MinFree == 0 {
		opt.MinFree = minFreeOf(size)
	}
	db := filepath.Join(dir, string(LevelDB))
	if err := createFolder(ctx, dir, db); err != nil {
		return nil, fmt.Errorf("make store: %w", noSpace(err))
	}
	if err := checkLevel(db, keySchema); errors.Is(err, fs.ErrPermission) {
		return nil, fmt.Errorf("open store in %s: %w", dir, err)
	} else if err != nil {
		return nil, &DamagedError{dir, err}
	}
	l, err := openLevel(db)
	if err != nil {
		return nil, fmt.Errorf("open store in %s: %w", dir, noSpace(err))
	}
	s, err := Open(ctx, l, opt)
	if err == nil {
		return s, nil
	}
	_ = l.Close()
	if schema := (*SchemaError)(nil); errors.As(err, &schema) {
		schema.Dir = dir
		return nil, schema
	}
	if ctx.Err() != nil {
		return nil, err
	}
	return nil, &DamagedError{dir, err}
}

// createFolder makes an empty database, unless there is one, under a name of
// its own first: a start that is interrupted leaves no half-made store.
func createFolder(ctx context.Context, dir, db string) error {
	format := filepath.Join(dir, formatFile)
	_, noFormat := os.Stat(format)
	if _, err := os.Stat(db); errors.Is(err, fs.ErrNotExist) {
		if noFormat == nil {
			return nil // a store without its database is damaged, as checkLevel will say
		}
		fresh := filepath.Join(dir, newFolder)
		if err := os.RemoveAll(fresh); err != nil {
			return err
		}
		l, err := createLevel(fresh)
		if err != nil {
			return err
		}
		s, err := Open(ctx, l, Options{})
		if err != nil {
			_ = l.Close()
			return err
		}
		if err := s.Close(); err != nil {
			return err
		}
		if err := os.Rename(fresh, db); err != nil {
			return err
		}
	}
	if noFormat == nil {
		return nil
	}
	return writeFormat(dir)
}

func writeFormat(dir string) error {
	return writeSynced(filepath.Join(dir, formatFile), fmt.Appendf(nil, formatText, Schema, LevelDB))
}

// formatText is the format file. It repeats the schema's version so that a
// program that is too old need not open the database to find out.
const formatText = "kreidfeuer store\nschema %d\nbackend %s\n"

func checkFormat(dir string) error {
	b, err := os.ReadFile(filepath.Join(dir, formatFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("open store: %w", err)
	}
	var version uint64
	var backend Backend
	if _, err := fmt.Sscanf(string(b), formatText, &version, &backend); err != nil {
		return &DamagedError{dir, fmt.Errorf("file %s: %w", formatFile, err)}
	}
	if version > Schema {
		return &SchemaError{Dir: dir, Found: version, Known: Schema}
	}
	if backend != LevelDB {
		return fmt.Errorf("open store: the one in %s is kept in %q, this program knows %s: use another folder", dir, backend, LevelDB)
	}
	return nil
}

// holder describes this process for others that find the folder locked.
func holder() string {
	return fmt.Sprintf("%s (process %d, since %s)", filepath.Base(os.Args[0]), os.Getpid(), time.Now().UTC().Format(time.RFC3339))
}

// describe writes into the lock file who holds it. That it fails, on a full
// disk, does not matter: the lock holds all the same.
func describe(lock *os.File, holder string) {
	if lock.Truncate(0) == nil {
		_, _ = lock.WriteAt([]byte(holder+"\n"), 0)
	}
}

// lockedBy reads what the process that holds the lock wrote about itself.
func lockedBy(dir string) error {
	b, _ := os.ReadFile(filepath.Join(dir, lockFile)) // who it is does not change that it is locked
	return &LockedError{dir, strings.TrimSpace(string(b))}
}

// writeSynced writes a file so that it is there wholly or not at all.
func writeSynced(name string, content []byte) error {
	tmp := name + ".tmp"
	defer os.Remove(tmp) // if it could not be renamed
	f, err := os.OpenFile(tmp, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	if _, err = f.Write(content); err == nil {
		err = f.Sync()
	}
	if closing := f.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(tmp, name)
	}
	if err == nil {
		err = syncFolder(filepath.Dir(name))
	}
	return err
}

// noSpace makes a full disk recognisable as ErrFull.
func noSpace(err error) error {
	if isNoSpace(err) {
		return fmt.Errorf("%w (%v)", ErrFull, err)
	}
	return err
}

// unwritable makes a disk that cannot be written recognisable as ErrReadOnly.
func unwritable(err error) error {
	if isReadOnly(err) {
		return fmt.Errorf("%w (%w)", ErrReadOnly, err)
	}
	return err
}

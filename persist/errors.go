package persist

import (
	"errors"
	"fmt"
)

// The conditions a caller decides on.
var (
	// ErrNotFound: the store does not hold it.
	ErrNotFound = errors.New("not in the store")

	// ErrFull: the disk is full, or so nearly full that the store takes no more.
	// Nothing of the batch is stored; the same batch may be put again later.
	ErrFull = errors.New("no space left for the store: free some disk space; warnings still arrive but are not kept")

	// ErrReadOnly: the disk lets itself be read and not written, as worn-out cards do.
	ErrReadOnly = errors.New("the disk takes no writing: warnings still arrive but are not kept")

	// ErrClosed: the store has been closed.
	ErrClosed = errors.New("store is closed")
)

// errLocked: another process holds the lock.
var errLocked = errors.New("locked")

// LowSpaceError is a disk that has room left only for what matters most: trust
// objects and warnings. It is an ErrFull for all else.
type LowSpaceError struct {
	Free, Reserve uint64 // bytes
}

func (e *LowSpaceError) Error() string {
	return fmt.Sprintf("only %d MiB of disk space are free: exercises and letters are not kept below %d MiB", e.Free>>20, e.Reserve>>20)
}

// Is makes the error an ErrFull.
func (e *LowSpaceError) Is(target error) bool { return target == ErrFull }

// CorruptError is a stored value that is not what was written. Other values
// remain readable.
type CorruptError struct {
	Key string // as in FORMAT.md
	Err error  // what is wrong with the value
}

func (e *CorruptError) Error() string {
	return fmt.Sprintf("stored value %s is damaged: %v", e.Key, e.Err)
}

func (e *CorruptError) Unwrap() error { return e.Err }

// SchemaError is a store that this version cannot read. Nothing was changed.
type SchemaError struct {
	Dir          string // the folder; empty if the store is not in one
	Found, Known uint64 // schema versions
}

func (e *SchemaError) Error() string {
	where := "the store"
	if e.Dir != "" {
		where = "the store in " + e.Dir
	}
	return fmt.Sprintf("%s has schema %d and this program reads up to %d: use the newer program that wrote it, or another folder; nothing was changed",
		where, e.Found, e.Known)
}

// DamagedError is a store whose database is damaged: it cannot be opened, or not
// be read or written any more. Nothing was changed; see [Salvage].
type DamagedError struct {
	Dir string // may be empty
	Err error
}

func (e *DamagedError) Error() string {
	where := "the store"
	if e.Dir != "" {
		where = "the store in " + e.Dir
	}
	return fmt.Sprintf("%s is damaged: %v; nothing was changed: what is good can be kept, and what is lost and in force will come from the neighbours", where, e.Err)
}

func (e *DamagedError) Unwrap() error { return e.Err }

// LockedError is a store that another process has open.
type LockedError struct {
	Dir    string
	Holder string // what the other process wrote about itself; may be empty
}

func (e *LockedError) Error() string {
	holder := e.Holder
	if holder == "" {
		holder = "another process"
	}
	return fmt.Sprintf("the store in %s is in use by %s: talk to that one, or end it first", e.Dir, holder)
}

//go:build (!unix && !windows) || solaris || illumos || aix

package persist

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// lockFolder only says who is there; the database's own lock keeps others out.
func lockFolder(dir, holder string) (release func() error, err error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	describe(f, holder)
	return func() error { return unlock(f) }, nil
}

func unlock(f *os.File) error { return f.Close() }

// lockOpen leaves the locking to the database, too.
func lockOpen(*os.File) error { return nil }

func isReadOnly(err error) bool {
	return errors.Is(err, syscall.EROFS) || errors.Is(err, fs.ErrPermission)
}

func isNoSpace(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, ErrFull) }

func syncFolder(string) error { return nil }

package persist

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/windows"
)

// lockFolder locks dir for this process. Windows locks bytes, and locked bytes
// cannot be read: the lock lies far behind the text that says who holds it.
func lockFolder(dir, holder string) (release func() error, err error) {
	f, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := lockOpen(f); err != nil {
		_ = f.Close()
		if errors.Is(err, errLocked) {
			return nil, lockedBy(dir)
		}
		return nil, err
	}
	describe(f, holder)
	return func() error { return unlock(f) }, nil
}

// unlock frees the lock and closes its file: no other process has it.
func unlock(f *os.File) error { return f.Close() }

// lockOpen locks an open lock file, or returns errLocked.
func lockOpen(f *os.File) error {
	const exclusive = windows.LOCKFILE_EXCLUSIVE_LOCK | windows.LOCKFILE_FAIL_IMMEDIATELY
	at := &windows.Overlapped{Offset: 1 << 30}
	err := windows.LockFileEx(windows.Handle(f.Fd()), exclusive, 0, 1, 0, at)
	if errors.Is(err, windows.ERROR_LOCK_VIOLATION) || errors.Is(err, windows.ERROR_IO_PENDING) {
		return errLocked
	}
	if err != nil {
		return &os.PathError{Op: "lock", Path: f.Name(), Err: err}
	}
	return nil
}

func isReadOnly(err error) bool {
	return errors.Is(err, windows.ERROR_WRITE_PROTECT) || errors.Is(err, fs.ErrPermission)
}

func isNoSpace(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL) || errors.Is(err, ErrFull)
}

// diskSpace returns the bytes that this user may still write on dir's volume, and
// the volume's size.
func diskSpace(dir string) (free, size uint64, err error) {
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, 0, err
	}
	err = windows.GetDiskFreeSpaceEx(name, &free, &size, nil)
	return free, size, err
}

// syncFolder is not needed: NTFS journals renames.
func syncFolder(string) error { return nil }

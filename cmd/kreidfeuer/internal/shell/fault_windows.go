package shell

import (
	"errors"

	"golang.org/x/sys/windows"
)

// IsFull reports whether a disk or stick has no room left.
func IsFull(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL)
}

// IsReadOnly reports whether a disk or stick takes no writing.
func IsReadOnly(err error) bool { return errors.Is(err, windows.ERROR_WRITE_PROTECT) }

// IsGone reports whether a disk or stick is gone or broken.
func IsGone(err error) bool {
	return errors.Is(err, windows.ERROR_NOT_READY) || errors.Is(err, windows.ERROR_DEV_NOT_EXIST) || errors.Is(err, windows.ERROR_NO_SUCH_DEVICE)
}

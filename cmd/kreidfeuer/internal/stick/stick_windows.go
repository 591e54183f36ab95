package stick

import (
	"errors"

	"golang.org/x/sys/windows"
)

// notSyncable reports whether a folder's file system has no way to sync it:
// folders cannot be synced here at all.
func notSyncable(error) bool { return true }

// The ways in which a stick refuses to be written to.
func isFull(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) || errors.Is(err, windows.ERROR_HANDLE_DISK_FULL)
}
func isReadOnly(err error) bool { return errors.Is(err, windows.ERROR_WRITE_PROTECT) }
func isGone(err error) bool {
	return errors.Is(err, windows.ERROR_NOT_READY) || errors.Is(err, windows.ERROR_DEV_NOT_EXIST) || errors.Is(err, windows.ERROR_NO_SUCH_DEVICE)
}

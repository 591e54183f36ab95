//go:build !windows

package stick

import (
	"errors"
	"syscall"
)

// notSyncable reports whether a folder's file system has no way to sync it: what
// it promises holds without.
func notSyncable(err error) bool {
	return errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP)
}

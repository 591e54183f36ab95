//go:build !windows

package shell

import (
	"errors"
	"syscall"
)

// IsFull reports whether a disk or stick has no room left.
func IsFull(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }

// IsReadOnly reports whether a disk or stick takes no writing.
func IsReadOnly(err error) bool { return errors.Is(err, syscall.EROFS) }

// IsGone reports whether a disk or stick is gone or broken.
func IsGone(err error) bool {
	return errors.Is(err, syscall.EIO) || errors.Is(err, syscall.ENXIO) || errors.Is(err, syscall.ENODEV) || errors.Is(err, syscall.ESTALE)
}

//go:build unix

package endpoint

import (
	"io/fs"
	"os"
	"syscall"
)

// isPrivate reports whether a folder belongs to this user and is closed to others.
func isPrivate(info fs.FileInfo) bool {
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(stat.Uid) == os.Getuid() && info.Mode().Perm()&0o077 == 0
}

//go:build linux || darwin || freebsd || dragonfly

package persist

import "golang.org/x/sys/unix"

// freeSpace returns the bytes that this user may still write on dir's file system.
func freeSpace(dir string) (uint64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, err
	}
	if int64(st.Bavail) < 0 { // signed on FreeBSD: below the reserve
		return 0, nil
	}
	return uint64(st.Bavail) * uint64(st.Bsize), nil
}

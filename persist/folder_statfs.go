//go:build linux || darwin || freebsd || dragonfly

package persist

import "golang.org/x/sys/unix"

// diskSpace returns the bytes that this user may still write on dir's file system,
// and its size.
func diskSpace(dir string) (free, size uint64, err error) {
	var st unix.Statfs_t
	if err := unix.Statfs(dir, &st); err != nil {
		return 0, 0, err
	}
	block := uint64(st.Bsize)
	return uint64(max(int64(st.Bavail), 0)) * block, uint64(st.Blocks) * block, nil // signed on FreeBSD: below the reserve
}

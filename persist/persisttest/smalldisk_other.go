//go:build !linux

package persisttest

import "testing"

func smallDisk(t *testing.T, _ string) {
	t.Helper()
	t.Skip("a small disk is made on Linux only")
}

package persist_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"golang.org/x/sys/unix"
)

// TestLockInherited: the lock is free when the store is closed, though another
// process, one that this one is just starting, has its open file as well.
func TestLockInherited(t *testing.T) {
	dir := t.TempDir()
	s, inherited := open(t, dir), 0
	names, err := filepath.Glob("/proc/self/fd/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		var fd int
		if file, _ := os.Readlink(name); file != filepath.Join(dir, "lock") {
			continue
		}
		if _, err := fmt.Sscan(filepath.Base(name), &fd); err != nil {
			t.Fatal(err)
		}
		if fd, err = unix.Dup(fd); err != nil {
			t.Fatal(err)
		}
		defer unix.Close(fd)
		inherited++
	}
	if inherited != 1 {
		t.Skipf("%d locks found", inherited)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
}

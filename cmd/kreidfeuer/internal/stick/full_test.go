//go:build linux

package stick

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/carrytest"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/node/nodetest"
)

// smallStick mounts a file system of a few kB, as root only.
func smallStick(t *testing.T, kB string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("none", dir, "tmpfs", 0, "size="+kB+"k"); err != nil {
		t.Skip("mounting a small file system needs root:", err)
	}
	t.Cleanup(func() { syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

// TestFullStick: what is on it is read; nothing is left half-written; the error
// says what to do.
func TestFullStick(t *testing.T) {
	tree := carrytest.Tree(t, 1)
	from, to := nodetest.Start(t, tree, nodetest.Options{}), nodetest.Start(t, tree, nodetest.Options{})
	dir := smallStick(t, "32")
	stick, err := openStick(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stick.Close() })
	ids := carrytest.Issue(t, tree, from, "first", 2)
	mustVisit(t, from, stick)
	before := content(t, filepath.Join(dir, stickFolder))
	carrytest.Issue(t, tree, to, "many", 100)
	done, err := visit(t, to, stick)
	if f := exit.Classify(err); f.Code != exit.System || !strings.Contains(f.Error(), "stick is full: nothing was added") || f.Hint == "" {
		t.Errorf("full: %v, hint %q", err, f.Hint)
	}
	if done.Written > 0 || len(done.Files) > 0 {
		t.Errorf("it says that something was written: %+v", done)
	}
	carrytest.WantAll(t, to, ids...)
	after := content(t, filepath.Join(dir, stickFolder))
	if len(after) != len(before) {
		t.Errorf("%d files, before %d", len(after), len(before))
	}
	for name, b := range before {
		if after[name] != b {
			t.Errorf("%s was changed", name)
		}
	}
	if err := (&shell.Env{Random: strings.NewReader("abcdefgh")}).StreamFile(filepath.Join(dir, "export.kfb"), 0o666, func(w io.Writer) error {
		_, err := w.Write(make([]byte, 1<<20))
		return err
	}); !shell.IsFull(err) {
		t.Errorf("export to a full stick: %v", err)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) != 1 {
		t.Errorf("left over: %v, %v", entries, err)
	}
}

// TestReadOnlyStick: what is on it is read, and the error says why nothing was written.
func TestReadOnlyStick(t *testing.T) {
	tree := carrytest.Tree(t, 1)
	from, to := nodetest.Start(t, tree, nodetest.Options{}), nodetest.Start(t, tree, nodetest.Options{})
	dir := smallStick(t, "512")
	stick, err := openStick(dir)
	if err != nil {
		t.Fatal(err)
	}
	ids := carrytest.Issue(t, tree, from, "first", 2)
	mustVisit(t, from, stick)
	stick.Close()
	if err := os.WriteFile(filepath.Join(dir, stickFolder, "ABCDEFGH.TMP"), []byte("left over"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("none", dir, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	if stick, err = openStick(dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stick.Close() })
	if done := mustVisit(t, to, stick); done.Imported.Accepted == 0 {
		t.Errorf("%+v", done)
	}
	carrytest.WantAll(t, to, ids...)
	carrytest.Issue(t, tree, to, "new", 1)
	_, err = visit(t, to, stick)
	if f := exit.Classify(err); f.Code != exit.System || !strings.Contains(f.Error(), "cannot be written to") || f.Hint == "" {
		t.Errorf("read-only: %v", err)
	}
	empty := smallStick(t, "64")
	if err := syscall.Mount("none", empty, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	if _, err := openStick(empty); err == nil || !strings.Contains(err.Error(), "cannot be written to") {
		t.Errorf("empty and read-only: %v", err)
	}
}

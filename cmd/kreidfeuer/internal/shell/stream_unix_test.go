//go:build unix

package shell

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// TestStreamIntoPipe: a pipe or a device is written to, not replaced by a file.
func TestStreamIntoPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip("no pipes here:", err)
	}
	pipe, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	e := &Env{Random: strings.NewReader("abcdefgh")}
	if err := e.StreamFile(path, 0o666, func(w io.Writer) error { _, err := io.WriteString(w, "bundle"); return err }); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(path); err != nil || info.Mode()&os.ModeNamedPipe == 0 {
		t.Fatalf("the pipe was replaced: %v, %v", info, err)
	}
	b := make([]byte, 6)
	if _, err := io.ReadFull(pipe, b); err != nil || string(b) != "bundle" {
		t.Errorf("%q, %v", b, err)
	}
}

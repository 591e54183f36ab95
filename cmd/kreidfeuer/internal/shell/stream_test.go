package shell

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
)

// TestStreamFileKeepsTheOld: a file that could not be replaced is as it was, and
// nothing lies beside it.
func TestStreamFileKeepsTheOld(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "warnings.kfb")
	e := &Env{Random: strings.NewReader(strings.Repeat("x", 100))}
	write := func(text string, err error) error {
		return e.StreamFile(path, 0o600, func(w io.Writer) error {
			io.WriteString(w, text)
			return err
		})
	}
	if err := write("old", nil); err != nil {
		t.Fatal(err)
	}
	failed := errors.New("the device's bundle broke off")
	if err := write("half of the new", failed); !errors.Is(err, failed) {
		t.Errorf("%v", err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("%v, %v", entries, err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "old" {
		t.Errorf("%q, %v", b, err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm()&^0o600 != 0 && runtime.GOOS != "windows" {
		t.Errorf("what is private can be read by others: %v, %v", info.Mode(), err)
	}
	if err := e.StreamFile(dir, 0o600, nil); exit.Classify(err).Code != exit.Usage {
		t.Errorf("a folder: %v", err)
	}
}

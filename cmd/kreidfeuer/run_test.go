package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/testenv"
)

func TestNoBinaryOnTerminal(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.json")
	if err := os.WriteFile(file, []byte(`{"schema":"kreidfeuer.cap/1","cap":"1.2"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, terminal := range []bool{true, false} {
		e, out, told := testenv.New()
		e.StdoutTerminal = terminal
		code := run(e, []string{"kreidfeuer", "cap", "convert", "--to", "wire", file})
		if terminal && (code != int(exit.Usage) || out.Len() > 0 || !strings.Contains(told.String(), "binary data to a terminal")) {
			t.Errorf("at a terminal: status %d, wrote %d bytes: %s", code, out.Len(), told)
		}
		if !terminal && (code != 0 || out.Len() == 0) {
			t.Errorf("in a pipe: status %d: %s", code, told)
		}
	}
}

// TestPortable finds the data beside the program.
func TestPortable(t *testing.T) {
	e, _, told := testenv.New()
	code := run(e, []string{"kreidfeuer", "cert", "import", "none.pem", "--portable"})
	self := testenv.Must(filepath.EvalSymlinks(testenv.Must(os.Executable())))
	if want := filepath.Join(filepath.Dir(self), "kreidfeuer-data"); code != int(exit.Data) || !strings.Contains(told.String(), "no device in "+want) {
		t.Errorf("status %d: %s, want %d and the folder %s", code, told, exit.Data, want)
	}
}

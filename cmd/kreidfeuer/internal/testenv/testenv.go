// Package testenv is the world of the commands' tests: without input, with output that
// is kept, and with the collected documents beside the project.
package testenv

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
)

// Winter is the tests' world on a winter afternoon in Germany.
func Winter() (*shell.Env, *bytes.Buffer) {
	e, out, _ := New()
	now := time.Date(2026, 11, 22, 16, 30, 0, 0, time.FixedZone("CET", 3600))
	e.Now = func() time.Time { return now }
	return e, out
}

// New is a world without input, whose output is kept.
func New() (e *shell.Env, out, told *bytes.Buffer) {
	out, told = new(bytes.Buffer), new(bytes.Buffer)
	e = shell.New("test")
	e.Stdin, e.Stdout, e.Stderr = strings.NewReader(""), shell.Checked(out), told
	e.StdoutTerminal, e.StdinTerminal, e.StderrTerminal = false, false, false
	e.Getenv, e.Environ = func(string) string { return "" }, func() []string { return nil }
	return e, out, told
}

// Corpus finds the collected documents beside the project; empty: there are none.
func Corpus(t *testing.T) string {
	t.Helper()
	if dir := os.Getenv("KREIDFEUER_SHARED"); dir != "" {
		return filepath.Join(dir, "corpus", "cap")
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for {
		found := filepath.Join(dir, "shared", "corpus", "cap")
		if _, err := os.Stat(filepath.Join(found, "INDEX.tsv")); err == nil {
			return found
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			t.Log("no shared/corpus/cap above the working directory: scripts leave it out")
			return ""
		}
		dir = parent
	}
}

// Must is v; an error ends the test.
func Must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

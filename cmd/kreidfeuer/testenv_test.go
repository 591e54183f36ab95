package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// winterEnv is the tests' world on a winter afternoon in Germany.
func winterEnv() (*env, *bytes.Buffer) {
	e, out, _ := testEnv()
	now := time.Date(2026, 11, 22, 16, 30, 0, 0, time.FixedZone("CET", 3600))
	e.now = func() time.Time { return now }
	return e, out
}

// testEnv is a world without input, whose output is kept.
func testEnv() (e *env, out, told *bytes.Buffer) {
	out, told = new(bytes.Buffer), new(bytes.Buffer)
	e = newEnv("test")
	e.stdin, e.stdout, e.stderr = strings.NewReader(""), checked(out), told
	e.stdoutTerminal, e.stdinTerminal, e.stderrTerminal = false, false, false
	e.getenv, e.environ = func(string) string { return "" }, func() []string { return nil }
	return e, out, told
}

// corpusDir finds the collected documents beside the project; empty: there are none.
func corpusDir(t *testing.T) string {
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

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestConvertCorpus sends every alert of the corpus through each form and back.
func TestConvertCorpus(t *testing.T) {
	dir := corpusDir(t)
	if dir == "" {
		t.Skip("no corpus")
	}
	n := 0
	for line := range strings.Lines(string(must(os.ReadFile(filepath.Join(dir, "INDEX.tsv"))))) {
		name, _, _ := strings.Cut(line, "\t")
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			continue // the head of the table
		}
		for _, doc := range readCAP(data).docs {
			n++
			for _, form := range []string{"wire", "json", "xml"} {
				b, err := encodeAlert(doc.Alert, form)
				if err != nil {
					t.Errorf("%s to %s: %v", name, form, err)
					continue
				}
				f := readCAP(b)
				back, err := f.one(name, 0)
				if err != nil {
					t.Errorf("%s from %s: %v", name, form, err)
					continue
				}
				if diff := cmp.Diff(doc.Alert, back, cmpopts.EquateEmpty()); diff != "" {
					t.Errorf("%s through %s (-before +after):\n%s", name, form, diff)
				}
			}
		}
	}
	if n < 40 {
		t.Errorf("only %d alerts in the corpus", n)
	}
}

func TestNoBinaryOnTerminal(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.json")
	if err := os.WriteFile(file, []byte(`{"schema":"kreidfeuer.cap/1","cap":"1.2"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, terminal := range []bool{true, false} {
		e, out, told := testEnv()
		e.stdoutTerminal = terminal
		code := run(e, []string{"kreidfeuer", "cap", "convert", "--to", "wire", file})
		if terminal && (code != int(exitUsage) || out.Len() > 0 || !strings.Contains(told.String(), "binary data to a terminal")) {
			t.Errorf("at a terminal: status %d, wrote %d bytes: %s", code, out.Len(), told)
		}
		if !terminal && (code != 0 || out.Len() == 0) {
			t.Errorf("in a pipe: status %d: %s", code, told)
		}
	}
}

// testEnv is a world without input, whose output is kept.
func testEnv() (e *env, out, told *bytes.Buffer) {
	out, told = new(bytes.Buffer), new(bytes.Buffer)
	e = newEnv()
	e.stdin, e.stdout, e.stderr = strings.NewReader(""), &checkedWriter{w: out}, told
	e.stdoutTerminal, e.stdinTerminal, e.stderrTerminal = false, false, false
	e.getenv, e.environ = func(string) string { return "" }, func() []string { return nil }
	return e, out, told
}

// TestPortable finds the data beside the program.
func TestPortable(t *testing.T) {
	e, _, told := testEnv()
	code := run(e, []string{"kreidfeuer", "cert", "import", "none.pem", "--portable"})
	self := must(filepath.EvalSymlinks(must(os.Executable())))
	if want := filepath.Join(filepath.Dir(self), "kreidfeuer-data"); code != int(exitData) || !strings.Contains(told.String(), "no device in "+want) {
		t.Errorf("status %d: %s, want %d and the folder %s", code, told, exitData, want)
	}
}

package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/nodetest"
)

// TestDiskFailsOnTheWay: what was read before a file breaks off is taken in and
// told, and then what is wrong with the disk.
func TestDiskFailsOnTheWay(t *testing.T) {
	t.Parallel()
	tree := carryTree(t, 21)
	from, to := nodetest.Start(t, tree, nodetest.Options{}), nodetest.Start(t, tree, nodetest.Options{})
	ids := issue(t, tree, from, "one", 1)
	var b, out bytes.Buffer
	if err := from.ExportBundle(t.Context(), apitype.BundleFilter{Bare: true}, &b); err != nil {
		t.Fatal(err)
	}
	b.Truncate(b.Len() - 10)
	broken := errors.New("input/output error")
	e := &env{stdout: &checkedWriter{w: &out}, stderr: io.Discard, now: nodetest.Now}
	err := e.importOne(t.Context(), to.Control(), "stick.kfb", &carriedFile{Reader: io.MultiReader(&b, iotest.ErrReader(broken))})
	if f := classify(err); f.code != exitSystem || !errors.Is(err, broken) || f.hint == "" {
		t.Errorf("%v", err)
	}
	wantAll(t, to, ids...)
	if !strings.Contains(out.String(), "1 live") || !strings.Contains(out.String(), "cut off") {
		t.Errorf("told: %s", out.String())
	}
}

// TestStreamFileKeepsTheOld: a file that could not be replaced is as it was, and
// nothing lies beside it.
func TestStreamFileKeepsTheOld(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "warnings.kfb")
	e := &env{random: strings.NewReader(strings.Repeat("x", 100))}
	write := func(text string, err error) error {
		return e.streamFile(path, 0o600, func(w io.Writer) error {
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
	if err := e.streamFile(dir, 0o600, nil); classify(err).code != exitUsage {
		t.Errorf("a folder: %v", err)
	}
}

// TestImportVerdict holds exit codes to what was found.
func TestImportVerdict(t *testing.T) {
	reason := func(r string) []apitype.ImportRefusal { return []apitype.ImportRefusal{{Reason: r, Count: 1}} }
	for name, test := range map[string]struct {
		m    apitype.Imported
		want exitCode
	}{
		"nothing":           {apitype.Imported{}, exitOK},
		"new":               {apitype.Imported{Accepted: 3}, exitOK},
		"known":             {apitype.Imported{Known: 3}, exitOK},
		"others' too":       {apitype.Imported{Accepted: 3, Refused: 1, Reasons: reason("unknown-domain")}, exitOK},
		"forged among them": {apitype.Imported{Accepted: 3, Refused: 1, Reasons: reason("bad-signature")}, exitNo},
		"others' only":      {apitype.Imported{Refused: 1, Reasons: reason("unknown-domain")}, exitTrust},
		"damaged":           {apitype.Imported{Known: 3, BundleState: apitype.BundleState{Damaged: 1}}, exitNo},
		"given up":          {apitype.Imported{Known: 3, GaveUp: "forged"}, exitNo},
		"disk full":         {apitype.Imported{Accepted: 3, Unsaved: 3}, exitSystem},
	} {
		got := exitOK
		if err := importVerdict(&test.m); err != nil {
			got = classify(err).code
		}
		if got != test.want {
			t.Errorf("%s: exit status %d, want %d", name, got, test.want)
		}
	}
}

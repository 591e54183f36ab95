package persist_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kreidfeuer/kreidfeuer/persist"
	"github.com/kreidfeuer/kreidfeuer/persist/persisttest"
)

// restored makes a store that is one record of one journal, as a restore does.
func restored(t *testing.T) (dir, journal string) {
	t.Helper()
	s, dir := open(t, t.TempDir()), filepath.Join(t.TempDir(), "restored")
	for _, text := range []string{"a", "b", "c"} {
		if _, err := s.Put(t.Context(), persist.Batch{Entries: []persist.Entry{persisttest.Sample{Key: 1, Text: text}.Entry(1)}}); err != nil {
			t.Fatal(err)
		}
	}
	if r, err := persist.Restore(t.Context(), dir, s.Pairs(t.Context()), nil); err != nil || r.Envelopes != 3 {
		t.Fatalf("%v, %+v", err, r)
	}
	names, err := filepath.Glob(filepath.Join(dir, "leveldb", "*.log"))
	if err != nil || len(names) != 1 {
		t.Fatalf("journals %v, %v", names, err)
	}
	return dir, names[0]
}

// TestOpenPathEmptied: a store that has lost all it held, its schema too, is
// damaged, and no new one that would be filled without a word.
func TestOpenPathEmptied(t *testing.T) {
	for name, damage := range map[string]func([]byte) []byte{
		"bit flipped":  func(b []byte) []byte { b[len(b)/2] ^= 1; return b },
		"nothing left": func([]byte) []byte { return nil },
		"zeros":        func(b []byte) []byte { return make([]byte, len(b)) },
	} {
		t.Run(name, func(t *testing.T) {
			dir, journal := restored(t)
			b, err := os.ReadFile(journal)
			if err != nil {
				t.Fatal(err)
			}
			write(t, journal, damage(b))
			before := contents(t, dir)
			if _, err := persist.OpenPath(t.Context(), dir, "", persist.Options{}); !errors.As(err, new(*persist.DamagedError)) {
				t.Fatalf("%v, want a DamagedError", err)
			}
			if diff := cmp.Diff(before, contents(t, dir)); diff != "" {
				t.Errorf("the folder was changed: %s", diff)
			}
			s, unread, err := persist.OpenReadOnly(t.Context(), dir, persist.Options{})
			if err != nil || unread == nil {
				t.Errorf("read only: %v, unread %v", err, unread)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if _, err := persist.Salvage(t.Context(), dir, nil); err != nil {
				t.Fatal(err)
			}
			open(t, dir)
			if _, err := os.Stat(filepath.Join(dir, "damaged")); err != nil {
				t.Errorf("the damaged database was not kept: %v", err)
			}
		})
	}
}

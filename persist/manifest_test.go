package persist_test

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/persist"
	"github.com/kreidfeuer/kreidfeuer/persist/persisttest"
)

// TestManifestLosesItsEnd: a manifest whose last records a disk has lost, which it said were
// synced, names tables that were replaced since. What replaced them is kept.
func TestManifestLosesItsEnd(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	for i := range 6 {
		var b persist.Batch
		for j := range 10 {
			text := string([]byte{'a' + byte(i), 'a' + byte(j)})
			b.Entries = append(b.Entries, persisttest.Sample{Key: 1, Text: text, Parts: []string{persisttest.Noise(uint64(100*i+j), 30_000)}}.Entry(1))
		}
		if _, err := s.Put(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Compact(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	all := len(values(t, s))
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	current, err := os.ReadFile(filepath.Join(dir, "leveldb", "CURRENT"))
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimSpace(string(current))
	manifest, err := os.ReadFile(filepath.Join(dir, "leveldb", name))
	if err != nil {
		t.Fatal(err)
	}
	salvaged := 0
	for end := 0; end < len(manifest); {
		end += 7 + int(binary.LittleEndian.Uint16(manifest[end+4:])) // checksum, length, kind
		cut := filepath.Join(t.TempDir(), "cut")
		if err := os.CopyFS(cut, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(cut, "leveldb", name), manifest[:end], 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := persist.OpenPath(t.Context(), cut, "", persist.Options{})
		if err != nil {
			salvaged++
			if _, err := persist.Salvage(t.Context(), cut, nil); err != nil {
				t.Fatal(err)
			}
			s = open(t, cut)
		}
		if n := len(values(t, s)); n != all {
			t.Errorf("%d of %d bytes of the manifest: %d of %d values", end, len(manifest), n, all)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
	if salvaged == 0 {
		t.Error("no cut showed")
	}
}

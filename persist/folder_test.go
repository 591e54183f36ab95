package persist_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/ipfs/go-datastore"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/persist"
	"github.com/kreidfeuer/kreidfeuer/persist/persisttest"
)

func open(t *testing.T, dir string) *persist.Store {
	t.Helper()
	s, err := persist.OpenPath(t.Context(), dir, persist.LevelDB, persist.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// filled makes a store with some tables and a journal, and closes it.
func filled(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	s := open(t, dir)
	for i := range 12 {
		var b persist.Batch
		for j := range 10 {
			text := fmt.Sprintf("%d-%d", i, j)
			b.Entries = append(b.Entries, persisttest.Sample{Key: 1, Text: text, Parts: []string{persisttest.Noise(uint64(100*i+j), 30_000)}}.Entry(1))
		}
		if _, err := s.Put(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// contents hashes the files below dir, but for the lock, which says who was
// there last, and goleveldb's own log.
func contents(t *testing.T, dir string) map[string][32]byte {
	t.Helper()
	found := map[string][32]byte{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || slices.Contains([]string{"lock", "LOG"}, d.Name()) {
			return err
		}
		b, err := os.ReadFile(path)
		found[strings.TrimPrefix(path, dir)] = sha256.Sum256(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestOpenPathTwice(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	_, err := persist.OpenPath(t.Context(), dir, persist.LevelDB, persist.Options{})
	var locked *persist.LockedError
	if !errors.As(err, &locked) || locked.Dir != dir || !strings.Contains(locked.Holder, fmt.Sprint(os.Getpid())) {
		t.Fatalf("%v, want a LockedError that names the process", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, dir)
}

func TestOpenPathNewerSchema(t *testing.T) {
	dir := filled(t)
	format := filepath.Join(dir, "format")
	b, err := os.ReadFile(format)
	if err != nil {
		t.Fatal(err)
	}
	write(t, format, []byte(strings.Replace(string(b), fmt.Sprint("schema ", persist.Schema), fmt.Sprint("schema ", persist.Schema+1), 1)))
	before := contents(t, dir)
	_, err = persist.OpenPath(t.Context(), dir, persist.LevelDB, persist.Options{})
	want := &persist.SchemaError{Dir: dir, Found: persist.Schema + 1, Known: persist.Schema}
	if got := (*persist.SchemaError)(nil); !errors.As(err, &got) || *got != *want {
		t.Errorf("%v, want %v", err, want)
	}
	if diff := cmp.Diff(before, contents(t, dir)); diff != "" {
		t.Errorf("the folder was changed: %s", diff)
	}
}

// TestOpenNewerSchema has the version in the datastore only.
func TestOpenNewerSchema(t *testing.T) {
	dir := t.TempDir()
	ds, err := persist.OpenLevelDB(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer ds.Close()
	newer := []byte{0xa1, 0x00, persist.Schema + 1}
	if err := ds.Put(t.Context(), datastore.RawKey("/schema"), persist.SealValue("/schema", newer)); err != nil {
		t.Fatal(err)
	}
	before := contents(t, dir)
	if _, err := persist.Open(t.Context(), ds, persist.Options{}); !errors.As(err, new(*persist.SchemaError)) {
		t.Errorf("%v, want a SchemaError", err)
	}
	if diff := cmp.Diff(before, contents(t, dir)); diff != "" {
		t.Errorf("the folder was changed: %s", diff)
	}
}

// TestOpenPathDamaged damages each kind of file and wants an error that names
// the folder, and not one byte changed.
func TestOpenPathDamaged(t *testing.T) {
	whole := filled(t)
	first := func(t *testing.T, dir, pattern string) string {
		t.Helper()
		names, err := filepath.Glob(filepath.Join(dir, "leveldb", pattern))
		if err != nil || len(names) == 0 {
			t.Fatalf("no %s: %v", pattern, err)
		}
		return names[0]
	}
	remove := func(pattern string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			if err := os.Remove(first(t, dir, pattern)); err != nil {
				t.Fatal(err)
			}
		}
	}
	change := func(pattern string, f func([]byte) []byte) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			name := first(t, dir, pattern)
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			write(t, name, f(b))
		}
	}
	garble := func(b []byte) []byte { b[len(b)/3] ^= 0xff; return b }
	half := func(b []byte) []byte { return b[:len(b)/2] }
	for name, damage := range map[string]func(*testing.T, string){
		"no manifest":      remove("MANIFEST-*"),
		"manifest garbled": change("MANIFEST-*", garble),
		"no current":       remove("CURRENT"),
		"current garbled":  change("CURRENT", half),
		"no table":         remove("*.ldb"),
		"table cut":        change("*.ldb", half),
		"journal garbled":  change("*.log", garble),
		"no database":      func(t *testing.T, dir string) { removeAll(t, filepath.Join(dir, "leveldb")) },
		"format garbled":   func(t *testing.T, dir string) { write(t, filepath.Join(dir, "format"), []byte("\x00\x00")) },
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
				t.Fatal(err)
			}
			damage(t, dir)
			before := contents(t, dir)
			_, err := persist.OpenPath(t.Context(), dir, persist.LevelDB, persist.Options{})
			var damaged *persist.DamagedError
			if !errors.As(err, &damaged) || damaged.Dir != dir {
				t.Fatalf("%v, want a DamagedError", err)
			}
			t.Log(err)
			if diff := cmp.Diff(before, contents(t, dir)); diff != "" {
				t.Errorf("the folder was changed: %s", diff)
			}
		})
	}
}

// TestOpenPathSmallJournal spoils the second of a few small records: what stands behind it was acknowledged and must not be dropped.
func TestOpenPathSmallJournal(t *testing.T) {
	whole := t.TempDir()
	s := open(t, whole)
	ends := []int{0}
	names, err := filepath.Glob(filepath.Join(whole, "leveldb", "*.log"))
	if err != nil || len(names) != 1 {
		t.Fatalf("journals %v, %v", names, err)
	}
	for i := range 3 {
		if _, err := s.Put(t.Context(), persist.Batch{Events: [][]byte{fmt.Appendf(nil, "event %d", i)}}); err != nil {
			t.Fatal(err)
		}
		info, err := os.Stat(names[0])
		if err != nil {
			t.Fatal(err)
		}
		ends = append(ends, int(info.Size()))
	}
	b, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for at := ends[1]; at < ends[2]; at += 7 {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
			t.Fatal(err)
		}
		spoilt := slices.Clone(b)
		spoilt[at] ^= 0x10
		write(t, filepath.Join(dir, "leveldb", filepath.Base(names[0])), spoilt)
		if _, err := persist.OpenPath(t.Context(), dir, persist.LevelDB, persist.Options{}); !errors.As(err, new(*persist.DamagedError)) {
			t.Errorf("byte %d of %d spoilt: %v, want a DamagedError", at, len(b), err)
		}
	}
}

// TestOpenPathTornJournal cuts the journal anywhere, as power loss does: what
// was written before the cut is there.
func TestOpenPathTornJournal(t *testing.T) {
	whole := filled(t)
	names, _ := filepath.Glob(filepath.Join(whole, "leveldb", "*.log"))
	b, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	counts := map[uint64]bool{}
	for _, cut := range []int{0, 3, len(b) / 3, len(b) / 2, len(b) - 1, len(b)} {
		dir := t.TempDir()
		if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(dir, "leveldb", filepath.Base(names[0])), b[:cut])
		s := open(t, dir)
		r, err := s.Verify(t.Context(), nil)
		if err != nil || r.Total > 0 || r.Envelopes%10 != 0 {
			t.Errorf("cut at %d of %d: %v, %d envelopes, %v", cut, len(b), err, r.Envelopes, errors.Join(r.Problems...))
		}
		counts[s.Usage()[wire.LaneLive].Count] = true
		_ = s.Close()
	}
	if len(counts) < 2 || !counts[120] {
		t.Errorf("after all cuts: %v envelopes", slices.Sorted(maps.Keys(counts)))
	}
}

// TestOpenPathDamagedBlock garbles a table's data, which is seen on reading.
func TestOpenPathDamagedBlock(t *testing.T) {
	dir := filled(t)
	names, _ := filepath.Glob(filepath.Join(dir, "leveldb", "*.ldb"))
	name := names[len(names)-1] // the first holds the schema only
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 0xff
	write(t, name, b)
	s, err := persist.OpenPath(t.Context(), dir, persist.LevelDB, persist.Options{})
	if errors.As(err, new(*persist.DamagedError)) {
		return // the block was needed on opening
	}
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if r, err := s.Verify(t.Context(), nil); err == nil && r.Total == 0 {
		t.Error("verify found nothing")
	}
}

func TestFreeSpaceGuard(t *testing.T) {
	free := uint64(100 << 20)
	ds, err := persist.NewMemory()
	if err != nil {
		t.Fatal(err)
	}
	s, err := persist.Open(t.Context(), ds, persist.Options{MinFree: 50 << 20, Free: func() (uint64, error) { return free, nil }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	a, b := persisttest.Sample{Key: 1, Text: "a"}, persisttest.Sample{Key: 1, Text: "b"}
	exercise := persisttest.Sample{Key: 1, Text: "c", Lane: wire.LaneDrill}
	put := func(s persisttest.Sample, store *persist.Store) error {
		_, err := store.Put(t.Context(), persist.Batch{Entries: []persist.Entry{s.Entry(1)}})
		return err
	}
	if err := put(a, s); err != nil {
		t.Fatal(err)
	}
	free = 40 << 20
	var low *persist.LowSpaceError
	if err := put(exercise, s); !errors.As(err, &low) || !errors.Is(err, persist.ErrFull) || low.Free != free {
		t.Errorf("exercise: %v, want a LowSpaceError", err)
	}
	if err := put(a, s); err != nil {
		t.Errorf("alert with some space left: %v", err)
	}
	free = 12 << 20
	if err := put(b, s); !errors.Is(err, persist.ErrFull) || errors.As(err, &low) && err == error(low) {
		t.Errorf("%v, want ErrFull", err)
	}
	if err := s.Local().Put(t.Context(), "pin", []byte("x")); err != nil {
		t.Errorf("local state: %v", err)
	}
	if err := s.Delete(t.Context(), a.ID()); err != nil {
		t.Errorf("delete: %v", err)
	}
	free = 60 << 20
	for _, sample := range []persisttest.Sample{b, exercise} {
		if err := put(sample, s); err != nil {
			t.Errorf("with space again: %v", err)
		}
	}
}

// TestFolderSpace: the room is told of a folder as of the store that is open there.
func TestFolderSpace(t *testing.T) {
	dir := t.TempDir()
	there, of := open(t, dir).Space(), persist.FolderSpace(dir)
	if !of.Known || of.Free == 0 || of.Reserve != there.Reserve {
		t.Errorf("%+v, of the open store %+v", of, there)
	}
	if missing := persist.FolderSpace(filepath.Join(dir, "none")); missing.Known {
		t.Errorf("of no folder: %+v", missing)
	}
	for _, c := range []struct {
		free      uint64
		low, full bool
	}{{100, false, false}, {40, false, false}, {39, true, true}, {10, true, true}, {9, false, true}, {0, false, true}} {
		err := persist.Space{Known: true, Free: c.free, Reserve: 40}.Room()
		if low, full := errors.As(err, new(*persist.LowSpaceError)), errors.Is(err, persist.ErrFull); low != c.low || full != c.full {
			t.Errorf("%d of 40 bytes free: %v", c.free, err)
		}
	}
}

func TestOpenPathCancelled(t *testing.T) {
	dir := t.TempDir()
	open(t, dir).Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	s, err := persist.OpenPath(ctx, dir, "", persist.Options{})
	if errors.As(err, new(*persist.DamagedError)) {
		t.Errorf("a cancelled opening says %v", err)
	}
	if err == nil {
		_ = s.Close()
	}
	if _, err := persist.OpenPath(t.Context(), dir, "pebble", persist.Options{}); err == nil {
		t.Error("unknown backend was opened")
	}
}

func write(t *testing.T, name string, b []byte) {
	t.Helper()
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func removeAll(t *testing.T, name string) {
	t.Helper()
	if err := os.RemoveAll(name); err != nil {
		t.Fatal(err)
	}
}

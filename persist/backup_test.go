package persist_test

import (
	"context"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/persist"
	"github.com/kreidfeuer/kreidfeuer/persist/persisttest"
)

func values(t *testing.T, s *persist.Store) map[string]string {
	t.Helper()
	all := map[string]string{}
	for p, err := range s.Pairs(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		all[p.Key] = string(p.Value)
	}
	return all
}

// TestRestore: what a backup gives, another folder holds value for value, though
// the store was written to while it was read.
func TestRestore(t *testing.T) {
	s := open(t, filled(t))
	if err := s.Local().Put(t.Context(), "pin", []byte("x")); err != nil {
		t.Fatal(err)
	}
	want := values(t, s)
	dir := filepath.Join(t.TempDir(), "new")
	n := 0
	report, err := persist.Restore(t.Context(), dir, func(yield func(persist.Pair, error) bool) {
		for p, err := range s.Pairs(t.Context()) {
			if n++; n%50 == 0 {
				if err := s.Delete(t.Context(), persisttest.Sample{Key: 1, Text: "3-3", Parts: []string{persisttest.Noise(303, 30_000)}}.ID()); err != nil {
					t.Error(err)
				}
			}
			if !yield(p, err) {
				return
			}
		}
	}, nil)
	if err != nil || report.Envelopes != 120 || report.Total > 0 {
		t.Fatalf("%v, %+v", err, report)
	}
	if u := s.Usage()[wire.LaneLive].Count; u != 119 {
		t.Errorf("the store that was read holds %d envelopes, want 119", u)
	}
	if diff := cmp.Diff(want, values(t, open(t, dir))); diff != "" {
		t.Errorf("restored: %s", diff)
	}
	if _, err := persist.Restore(t.Context(), dir, s.Pairs(t.Context()), nil); err == nil {
		t.Error("a store was restored over another")
	}
}

// TestRestoreRefused: a backup that breaks off, and one with a spoilt value, leave nothing behind.
func TestRestoreRefused(t *testing.T) {
	s := open(t, filled(t))
	broken := errors.New("the stream breaks off")
	for name, change := range map[string]func(p *persist.Pair) error{
		"breaks off": func(*persist.Pair) error { return broken },
		"spoilt":     func(p *persist.Pair) error { p.Value[0] ^= 1; return nil },
		"other key":  func(p *persist.Pair) error { p.Key += "x"; return nil },
	} {
		dir, n := t.TempDir(), 0
		_, err := persist.Restore(t.Context(), dir, func(yield func(persist.Pair, error) bool) {
			for p, err := range s.Pairs(t.Context()) {
				if n++; n == 100 {
					err = change(&p)
				}
				if !yield(p, err) || err != nil {
					return
				}
			}
		}, nil)
		left, _ := filepath.Glob(filepath.Join(dir, "*"))
		if err == nil || len(left) != 1 || filepath.Base(left[0]) != "lock" {
			t.Errorf("%s: %v, left %v", name, err, left)
		}
	}
}

// TestRestoreCancelled: an interrupted restore ends soon, and leaves nothing behind.
func TestRestoreCancelled(t *testing.T) {
	s, dir := open(t, filled(t)), t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	n := 0
	_, err := persist.Restore(ctx, dir, func(yield func(persist.Pair, error) bool) {
		for p, err := range s.Pairs(t.Context()) {
			n++
			cancel()
			if !yield(p, err) {
				return
			}
		}
	}, nil)
	left, _ := filepath.Glob(filepath.Join(dir, "*"))
	if !errors.Is(err, context.Canceled) || n > 1 || len(left) != 1 || filepath.Base(left[0]) != "lock" {
		t.Errorf("%v, %d values were read, left %v", err, n, left)
	}
}

// TestCompact gives room back, and loses nothing.
func TestCompact(t *testing.T) {
	dir := filled(t)
	s := open(t, dir)
	before, size := values(t, s), folderSize(t, dir)
	var ids []wire.ID
	for r, err := range s.Rows(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		if len(ids) < 100 {
			ids = append(ids, r.ID)
		}
	}
	if err := s.Delete(t.Context(), ids...); err != nil {
		t.Fatal(err)
	}
	steps := 0
	if err := s.Compact(t.Context(), func(int, int) { steps++ }); err != nil {
		t.Fatal(err)
	}
	wantLess := values(t, s)
	if err := s.Close(); err != nil { // closes old files
		t.Fatal(err)
	}
	if now := folderSize(t, dir); now > size/3 || steps < 10 {
		t.Errorf("%d bytes before, %d after deleting five sixths, in %d steps", size, now, steps)
	}
	if diff := cmp.Diff(wantLess, values(t, open(t, dir))); diff != "" || len(before) <= len(wantLess) {
		t.Errorf("after compaction: %s", diff)
	}
}

func folderSize(t *testing.T, dir string) (size int64) {
	t.Helper()
	err := filepath.Walk(dir, func(_ string, info os.FileInfo, err error) error {
		if err == nil && !info.IsDir() {
			size += info.Size()
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return size
}

// TestReadOnly: a store that cannot be written is there to be read; what comes
// is kept in memory, and the folder stays as it is.
func TestReadOnly(t *testing.T) {
	dir := filled(t)
	before := contents(t, dir)
	s, unread, err := persist.OpenReadOnly(t.Context(), dir, persist.Options{})
	if err != nil || unread != nil || !s.Volatile() {
		t.Fatal(err, unread)
	}
	if _, _, err := persist.OpenReadOnly(t.Context(), dir, persist.Options{}); !errors.As(err, new(*persist.LockedError)) {
		t.Errorf("opened twice: %v", err)
	}
	old := maps.Clone(values(t, s))
	a := persisttest.Sample{Key: 1, Text: "new"}
	gone := persisttest.Sample{Key: 1, Text: "3-3", Parts: []string{persisttest.Noise(303, 30_000)}}.ID()
	if _, err := s.Put(t.Context(), persist.Batch{Entries: []persist.Entry{a.Entry(1)}, Delete: []wire.ID{gone}, Events: [][]byte{[]byte("e")}}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Get(t.Context(), a.ID()); err != nil {
		t.Error(err)
	}
	if _, err := s.Get(t.Context(), gone); !errors.Is(err, persist.ErrNotFound) {
		t.Errorf("deleted: %v", err)
	}
	if r, err := s.Verify(t.Context(), nil); err != nil || r.Total > 0 || r.Envelopes != 120 || r.Events != 1 {
		t.Errorf("%v, %+v", err, r)
	}
	if now := values(t, s); len(now) != len(old)-5+4 { // env, known, arrival, part, refs; env, known, arrival, event
		t.Errorf("%d values, then %d", len(old), len(now))
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(before, contents(t, dir)); diff != "" {
		t.Errorf("the folder was changed: %s", diff)
	}
}

// TestReadOnlyNothing: with nothing to read the device runs from an empty memory.
func TestReadOnlyNothing(t *testing.T) {
	for name, dir := range map[string]string{"missing": filepath.Join(t.TempDir(), "none"), "empty": t.TempDir()} {
		s, unread, err := persist.OpenReadOnly(t.Context(), dir, persist.Options{})
		if err != nil || unread == nil {
			t.Fatalf("%s: %v, unread %v", name, err, unread)
		}
		if _, err := s.AppendEvents(t.Context(), []byte("e")); err != nil || !s.Volatile() {
			t.Errorf("%s: %v", name, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}

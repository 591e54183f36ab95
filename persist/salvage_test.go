package persist_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/persist"
	"github.com/kreidfeuer/kreidfeuer/persist/persisttest"
)

// TestSalvage damages every file of a store at many places, a byte or a whole
// page each time. Whatever can be opened, and what Salvage makes of the rest, is
// sound, holds nothing that was not there, and takes new envelopes.
func TestSalvage(t *testing.T) {
	whole := filled(t)
	names, err := filepath.Glob(filepath.Join(whole, "leveldb", "*"))
	if err != nil {
		t.Fatal(err)
	}
	least, salvaged, places := 120, 0, 3
	if os.Getenv("KREIDFEUER_SOAK") != "" {
		places = 60
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, page := range []int{1, 4096} {
			for i := range places {
				at := max(0, len(b)-1) * i / (places - 1)
				spoilt := bytes.Clone(b)
				for j := at; j < min(at+page, len(b)); j++ {
					spoilt[j] ^= 0x5a
				}
				report, was := heal(t, whole, filepath.Base(name), spoilt)
				if was {
					salvaged++
				}
				if least = min(least, report.Envelopes); report.Envelopes+report.Lost.Envelopes < 120 && filepath.Ext(name) == ".ldb" {
					t.Errorf("%s, %d bytes at %d: %d envelopes, %+v lost", filepath.Base(name), page, at, report.Envelopes, report.Lost)
				}
			}
		}
	}
	t.Logf("%d files; salvaged %d times, at least %d of 120 envelopes kept", len(names), salvaged, least)
	if salvaged < 10 || least < 30 {
		t.Errorf("salvaged %d times, at least %d of 120 envelopes kept", salvaged, least)
	}
}

// heal opens a copy of the store with one file changed, after salvage if needed,
// repairs it if that suffices, and returns what was found in it.
func heal(t *testing.T, whole, name string, content []byte) (report persist.Report, salvaged bool) {
	t.Helper()
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "leveldb", name), content)
	s, err := persist.OpenPath(t.Context(), dir, persist.LevelDB, persist.Options{})
	if err == nil {
		if report, err = s.Repair(t.Context(), nil); err != nil {
			_ = s.Close()
		}
	}
	if err != nil {
		if !errors.As(err, new(*persist.DamagedError)) {
			t.Fatalf("%s: %v, want a DamagedError", name, err)
		}
		salvaged = true
		if report, err = persist.Salvage(t.Context(), dir, nil); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		s = open(t, dir)
	}
	defer s.Close()
	sound, err := s.Verify(t.Context(), nil)
	if err != nil || sound.Total > 0 || sound.Envelopes != report.Envelopes {
		t.Fatalf("%s (salvaged %v): after repair: %v, %d of %d envelopes, %v", name, salvaged, err, sound.Envelopes, report.Envelopes, errors.Join(sound.Problems...))
	}
	if _, err := s.Put(t.Context(), persist.Batch{Entries: []persist.Entry{persisttest.Sample{Key: 1, Text: "new"}.Entry(1)}}); err != nil {
		t.Errorf("%s: put after repair: %v", name, err)
	}
	return report, salvaged
}

// TestSalvageInterrupted: a power cut between the two renames costs nothing.
func TestSalvageInterrupted(t *testing.T) {
	dir := filled(t)
	if err := os.Rename(filepath.Join(dir, "leveldb"), filepath.Join(dir, "damaged")); err != nil {
		t.Fatal(err)
	}
	if _, err := persist.OpenPath(t.Context(), dir, "", persist.Options{}); !errors.As(err, new(*persist.DamagedError)) {
		t.Fatalf("%v, want a DamagedError", err)
	}
	report, err := persist.Salvage(t.Context(), dir, nil)
	if err != nil || report.Envelopes != 120 || report.Total > 0 {
		t.Errorf("%v, %+v, want all envelopes", err, report)
	}
	open(t, dir)
}

// TestSalvageNothing: of a database that cannot be read at all nothing is left,
// and the store works.
func TestSalvageNothing(t *testing.T) {
	dir := filled(t)
	names, _ := filepath.Glob(filepath.Join(dir, "leveldb", "*"))
	for _, name := range names {
		write(t, name, []byte("no database"))
	}
	if report, err := persist.Salvage(t.Context(), dir, nil); err != nil || report.Envelopes > 0 {
		t.Fatalf("%v, %+v", err, report)
	}
	s := open(t, dir)
	if _, err := s.AppendEvents(t.Context(), fmt.Append(nil, "x")); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, "damaged")); err != nil {
		t.Errorf("the damaged database was not kept: %v", err)
	}
}

package persist_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/syndtr/goleveldb/leveldb/journal"

	"github.com/kreidfeuer/kreidfeuer/persist"
	"github.com/kreidfeuer/kreidfeuer/persist/persisttest"
)

// journalOf writes records of the given lengths, and returns where each ends.
func journalOf(t *testing.T, lengths ...int) (b []byte, ends []int) {
	t.Helper()
	var out bytes.Buffer
	w := journal.NewWriter(&out)
	for i, n := range lengths {
		record, err := w.Next()
		if err == nil {
			_, err = record.Write([]byte(persisttest.Noise(uint64(i), n)))
		}
		if err == nil {
			err = w.Flush()
		}
		if err != nil {
			t.Fatal(err)
		}
		ends = append(ends, out.Len())
	}
	return out.Bytes(), ends
}

const block = 32 << 10

// journals end in records of every kind: small ones, one that fills its block to
// the byte or nearly, one whose header alone has room in a block, and long ones.
var journals = map[string][]int{
	"one":                  {700},
	"small":                {30, 40, 12, 55},
	"fills its block":      {5000, block - 5007 - 7, 900},
	"room for the header":  {5000, block - 5007 - 14, 900},
	"no room for a header": {5000, block - 5007 - 10, 900},
	"two blocks":           {20_000, 20_000},
	"four blocks":          {100, 100_000},
	"in the middle":        {100, 70_000, 3000},
}

// telling chooses places in a journal of some length: those near the ends of
// blocks and of the whole, and some within.
func telling(at, length int) bool {
	in := at % block
	return in < 300 || in > block-50 || length-at < 1000 || at%23 == 0
}

// TestJournalCutShort: what the end of a process leaves of a journal, its
// beginning, is never taken for damage; nor are zeros where the end of power kept
// sectors of the last record from being written.
func TestJournalCutShort(t *testing.T) {
	for name, lengths := range journals {
		b, ends := journalOf(t, lengths...)
		for end := range len(b) + 1 {
			if !telling(end, len(b)) {
				continue
			}
			if err := persist.CheckJournal(b[:end]); err != nil {
				t.Fatalf("%s: cut at %d of %d: %v", name, end, len(b), err)
			}
		}
		acknowledged := append([]int{0}, ends...)[len(ends)-1]
		for from := (acknowledged + 511) / 512 * 512; from < len(b); from += 512 {
			for _, end := range []int{len(b), (from + len(b) + 1) / 2} {
				zeros := bytes.Clone(b[:end])
				clear(zeros[from:])
				if err := persist.CheckJournal(zeros); err != nil {
					t.Fatalf("%s: zeros from %d to %d: %v", name, from, end, err)
				}
			}
		}
	}
}

// TestJournalChanged: a bit that flips anywhere in a whole journal is seen, and so
// is a page that is garbled or zero with something behind it.
func TestJournalChanged(t *testing.T) {
	for name, lengths := range journals {
		b, _ := journalOf(t, lengths...)
		padding := 0
		for at := range b {
			if !telling(at, len(b)) {
				continue
			}
			for _, bits := range []byte{1, 0x80, 0x55, 0xff} {
				b[at] ^= bits
				if persist.CheckJournal(b) == nil {
					padding++
					if at%block < block-6 {
						t.Fatalf("%s: byte %d of %d changed by %x: it was not seen", name, at, len(b), bits)
					}
				}
				b[at] ^= bits
			}
		}
		if padding > 4*6 {
			t.Errorf("%s: %d changes were not seen, more than fill a block", name, padding)
		}
		for at := 0; at < len(b); at += 512 {
			for page, spoil := range map[int]func(byte) byte{4096: func(v byte) byte { return v ^ 0x55 }, 512: func(byte) byte { return 0 }} {
				spoilt := bytes.Clone(b)
				for i := at; i < min(at+page, len(b)); i++ {
					spoilt[i] = spoil(b[i])
				}
				if persist.CheckJournal(spoilt) == nil && (page == 4096 || at+page < len(b)) {
					t.Errorf("%s: %d bytes at %d of %d spoilt: it was not seen", name, page, at, len(b))
				}
			}
		}
	}
}

// TestOpenPathDamagedTail garbles the end of a journal whose records were all
// acknowledged: it is said by all that open the store, and salvage keeps the rest.
func TestOpenPathDamagedTail(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir)
	for _, text := range []string{"a", "b", "c"} {
		sample := persisttest.Sample{Key: 1, Text: text, Parts: []string{persisttest.Noise(7, 3000)}}
		if _, err := s.Put(t.Context(), persist.Batch{Entries: []persist.Entry{sample.Entry(1)}}); err != nil {
			t.Fatal(err)
		}
	}
	names, err := filepath.Glob(filepath.Join(dir, "leveldb", "*.log"))
	if err != nil || len(names) != 1 {
		t.Fatalf("journals %v, %v", names, err)
	}
	b, err := os.ReadFile(names[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	spoilt := slices.Clone(b)
	for i := len(spoilt) - 200; i < len(spoilt); i++ {
		spoilt[i] ^= 0x55
	}
	write(t, names[0], spoilt)
	before := contents(t, dir)
	if _, err := persist.OpenPath(t.Context(), dir, "", persist.Options{}); !errors.As(err, new(*persist.DamagedError)) {
		t.Errorf("%v, want a DamagedError", err)
	}
	s, unread, err := persist.OpenReadOnly(t.Context(), dir, persist.Options{})
	if err != nil || unread != nil || !errors.As(s.Damage(), new(*persist.DamagedError)) {
		t.Errorf("read only: %v, unread %v, damage %v", err, unread, s.Damage())
	}
	if r, err := s.Verify(t.Context(), nil); !errors.As(err, new(*persist.DamagedError)) || r.Envelopes != 2 {
		t.Errorf("verify: %v, %+v, want a DamagedError and two envelopes", err, r)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(before, contents(t, dir)); diff != "" {
		t.Errorf("the folder was changed: %s", diff)
	}
	report, err := persist.Salvage(t.Context(), dir, nil)
	if err != nil || report.Envelopes != 2 || report.Total == 0 {
		t.Errorf("salvage: %v, %+v, want two envelopes and what was damaged", err, report)
	}
	if r, err := open(t, dir).Verify(t.Context(), nil); err != nil || r.Total > 0 || r.Envelopes != 2 {
		t.Errorf("after salvage: %v, %+v", err, r)
	}
}

package persisttest

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/google/go-cmp/cmp"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

func testLocal(f *fixture) {
	ctx, local := f.Context(), f.s.Local()
	state := map[string]string{"pin/a": "1", "pin/b": "", "pinned": "x", "peer/12D3KooW": "addr", "draft/a/b.c_d-e": "text"}
	for name, content := range state {
		if err := local.Put(ctx, name, []byte(content)); err != nil {
			f.Fatal(err)
		}
	}
	f.reopen()
	local = f.s.Local()
	list := func(prefix string) map[string]string {
		found := map[string]string{}
		for v, err := range local.List(ctx, prefix) {
			if err != nil {
				f.Fatal(err)
			}
			found[v.Name] = string(v.Content)
		}
		return found
	}
	if diff := cmp.Diff(state, list("")); diff != "" {
		f.Error(diff)
	}
	if got := slices.Sorted(maps.Keys(list("pin"))); !slices.Equal(got, []string{"pin/a", "pin/b"}) {
		f.Errorf("list of pin: %v", got)
	}
	if err := local.Delete(ctx, "pin/a"); err != nil {
		f.Fatal(err)
	}
	if _, err := local.Get(ctx, "pin/a"); !errors.Is(err, persist.ErrNotFound) {
		f.Errorf("deleted: %v, want ErrNotFound", err)
	}
	for _, name := range []string{"", "/a", "a/", "a//b", "../schema", "a/../b", "ä", strings.Repeat("a", 201)} {
		if err := local.Put(ctx, name, nil); err == nil {
			f.Errorf("name %q was taken", name)
		}
	}
	f.wantSound()
}

func testEvents(f *fixture) {
	ctx := f.Context()
	numbers := func(since uint64) (got []uint64, gone *persist.PastGoneError) {
		for e, err := range f.s.EventsSince(ctx, since) {
			if err != nil && !errors.As(err, &gone) {
				f.Fatal(err)
			}
			if err == nil {
				got = append(got, e.Number)
			}
		}
		return got, gone
	}
	if got, gone := numbers(0); got != nil || gone != nil {
		f.Errorf("new log: %v, %v", got, gone)
	}
	for i := range 40 {
		r := f.put(persist.Batch{Events: [][]byte{[]byte("a"), []byte("b")}})
		if want := uint64(2*i + 1); r.FirstEvent != want {
			f.Fatalf("first event %d, want %d", r.FirstEvent, want)
		}
		if i%10 == 0 {
			f.reopen()
		}
	}
	for _, c := range []struct {
		since, first uint64
		gone         bool
	}{{30, 31, false}, {79, 80, false}, {29, 31, true}, {0, 31, true}, {81, 31, true}} {
		got, gone := numbers(c.since)
		if len(got) != int(80-c.first+1) || got[0] != c.first || (gone != nil) != c.gone {
			f.Errorf("since %d: %v, %v", c.since, got, gone)
		}
	}
	if got, gone := numbers(80); got != nil || gone != nil {
		f.Errorf("since the last: %v, %v", got, gone)
	}
	f.wantSound()
}

// testRefused puts batches that hold one thing the store refuses.
func testRefused(f *fixture) {
	good, forged := Sample{Key: 1, Text: "good"}, Sample{Key: 1, Text: "bad", Parts: []string{"x"}}.Entry(1)
	forged.Envelope.Parts[0] = wire.PackPart([]byte("y"))
	for name, b := range map[string]persist.Batch{
		"forged part": {Entries: []persist.Entry{good.Entry(1), forged}},
		"unsigned":    {Entries: []persist.Entry{good.Entry(1), {Envelope: &wire.Envelope{}}}},
		"bad name":    {Entries: []persist.Entry{good.Entry(1)}, Local: map[string][]byte{"/": nil}},
	} {
		b.Events = [][]byte{[]byte("an event")}
		if _, err := f.s.Put(f.Context(), b); err == nil {
			f.Errorf("%s: stored", name)
		}
		if _, err := f.s.Get(f.Context(), good.ID()); !errors.Is(err, persist.ErrNotFound) {
			f.Errorf("%s: half of the batch was stored: %v", name, err)
		}
		if first, last := f.s.EventBounds(); first != 1 || last != 0 {
			f.Errorf("%s: events %d to %d", name, first, last)
		}
	}
	f.wantSound()
}

func testMany(f *fixture) {
	const n = 2000 // more than a backend reads at once
	var batch persist.Batch
	for i := range n {
		batch.Entries = append(batch.Entries, Sample{Key: byte(i), Text: Noise(uint64(i), 600)}.Entry(1))
	}
	f.put(batch)
	f.reopen()
	rows, errs := ids(f.s.Rows(f.Context()), rowID)
	records, errs2 := ids(f.s.After(f.Context(), 0, 0), recordID)
	if len(rows) != n || len(records) != n || errs != nil || errs2 != nil {
		f.Errorf("%d rows (%v), %d records (%v), want %d", len(rows), errs, len(records), errs2, n)
	}
	if u := f.s.Usage()[wire.LaneLive]; u.Count != n {
		f.Errorf("usage %v", u)
	}
	f.wantSound()
}

func testClosed(f *fixture) {
	if err := f.s.Close(); err != nil {
		f.Fatal(err)
	}
	_, putErr := f.s.Put(f.Context(), persist.Batch{Events: [][]byte{nil}})
	_, getErr := f.s.Get(f.Context(), Domain)
	_, rowErrs := ids(f.s.Rows(f.Context()), rowID)
	for _, err := range append(rowErrs, putErr, getErr, f.s.Close()) {
		if err != nil && !errors.Is(err, persist.ErrClosed) {
			f.Errorf("%v, want ErrClosed", err)
		}
	}
	if putErr == nil || getErr == nil || rowErrs == nil {
		f.Error("a closed store works")
	}
}

// testConcurrent writes and reads at once; the race detector watches.
func testConcurrent(f *fixture) {
	const writers, batches = 4, 10
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range batches {
				s := Sample{Key: byte(w), Text: fmt.Sprint(w, i), Parts: []string{fmt.Sprint("shared", i)}}
				if _, err := f.s.Put(f.Context(), persist.Batch{Entries: []persist.Entry{s.Entry(1)}, Events: [][]byte{nil}}); err != nil {
					f.Error(err)
				}
				for rec, err := range f.s.After(f.Context(), 0, 0) {
					if err == nil {
						err = f.s.Parts(f.Context(), rec.Envelope)
					}
					if err != nil {
						f.Error(err)
					}
				}
			}
		})
	}
	wg.Wait()
	if u := f.s.Usage()[wire.LaneLive]; u.Count != writers*batches {
		f.Errorf("%d envelopes, want %d", u.Count, writers*batches)
	}
	if _, last := f.s.EventBounds(); last != writers*batches {
		f.Errorf("last event %d", last)
	}
	f.wantSound()
}

func testMemos(f *fixture) {
	a := persist.Memo{ID: Sample{Key: 1, Text: "a"}.ID(), Domain: Domain, Lane: wire.LaneDrill, Level: 2, Whole: true, Expires: Created + 60}
	b := a
	b.ID, b.Whole, b.Lane = Sample{Key: 1, Text: "b"}.ID(), false, wire.LaneLive
	f.put(persist.Batch{Memos: []persist.Memo{a, b}})
	f.put(persist.Batch{Memos: []persist.Memo{b}, Forget: []wire.ID{a.ID, b.ID, Domain}}) // what is forgotten goes first
	f.put(persist.Batch{Memos: []persist.Memo{a}})
	f.reopen()
	got := map[wire.ID]persist.Memo{}
	for m, err := range f.s.Memos(f.Context()) {
		if err != nil {
			f.Fatal(err)
		}
		got[m.ID] = m
	}
	if diff := cmp.Diff(map[wire.ID]persist.Memo{a.ID: a, b.ID: b}, got); diff != "" {
		f.Error(diff)
	}
	f.wantSound()
	f.put(persist.Batch{Forget: []wire.ID{a.ID, b.ID}})
	for m := range f.s.Memos(f.Context()) {
		f.Errorf("forgotten: %v", m)
	}
}

package persisttest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

func testLevels(f *fixture) {
	a := Sample{Key: 1, Text: "flood"}
	for _, step := range []struct {
		level wire.Level
		want  persist.Outcome
	}{{1, persist.Stored}, {1, persist.Known}, {2, persist.Raised}, {1, persist.Known}} {
		e := a.Entry(step.level)
		e.Received += uint64(step.level) // the first time counts
		if got := f.put(persist.Batch{Entries: []persist.Entry{e}}).Outcomes[0]; got != step.want {
			f.Errorf("put at level %d: %v, want %v", step.level, got, step.want)
		}
	}
	f.reopen()
	got, err := f.s.Get(f.Context(), a.ID())
	if err != nil {
		f.Fatal(err)
	}
	want := persist.Row{ID: a.ID(), Level: 2, Domain: Domain, Lane: wire.LaneLive, Type: wire.TypeAlert, Priority: wire.PrioritySevere,
		Author: [32]byte{1}, Sequence: 1, Created: Created, Expires: Created + 3600, Received: Created + 61, Arrival: 1,
		Size: uint32(len(a.Envelope().Encode()))}
	if diff := cmp.Diff(want, got.Row); diff != "" {
		f.Errorf("row (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(a.Envelope().Encode(), got.Envelope.Encode()); diff != "" {
		f.Error("other bytes came back")
	}
	for level, want := range []bool{true, true, true, false} {
		if has, err := f.s.Has(f.Context(), wire.Item{ID: a.ID(), Level: wire.Level(level)}); has != want || err != nil {
			f.Errorf("Has at level %d: %v, %v", level, has, err)
		}
	}
	f.wantSound()
}

func testSlots(f *fixture) {
	beacon := func(key byte, sequence uint64, text string) Sample {
		return Sample{Key: key, Type: wire.TypeBeacon, Sequence: sequence, Text: text}
	}
	low, high := beacon(1, 3, "a"), beacon(1, 3, "b")
	if low.ID().Compare(high.ID()) > 0 {
		low, high = high, low
	}
	steps := []struct {
		Sample
		want persist.Outcome
	}{
		{beacon(1, 2, ""), persist.Stored},
		{beacon(1, 1, ""), persist.Superseded},
		{high, persist.Stored},
		{low, persist.Stored}, // equal sequence: the smaller ID
		{high, persist.Superseded},
		{beacon(2, 1, ""), persist.Stored},                                    // another key
		{Sample{Key: 1, Type: wire.TypeStation, Sequence: 1}, persist.Stored}, // another type
	}
	var all persist.Batch
	for i, step := range steps {
		e := step.Entry(1)
		all.Entries = append(all.Entries, e)
		if got := f.put(persist.Batch{Entries: []persist.Entry{e}}).Outcomes[0]; got != step.want {
			f.Errorf("step %d: %v, want %v", i, got, step.want)
		}
	}
	want := []wire.ID{low.ID(), steps[5].ID(), steps[6].ID()}
	check := func() {
		f.Helper()
		got, errs := ids(f.s.After(f.Context(), 0, 0), recordID)
		if !slices.Equal(got, want) || errs != nil {
			f.Errorf("stored %v (%v), want %v", got, errs, want)
		}
		f.wantSound()
	}
	check()
	f.put(all) // all again in one batch: the same three
	f.reopen()
	check()
}

func testParts(f *fixture) {
	shared, own := Noise(1, 5000), strings.Repeat("polygon ", 500)
	a := Sample{Key: 1, Text: "a", Parts: []string{shared, own}}
	b := Sample{Key: 1, Text: "b", Parts: []string{shared}}
	f.put(persist.Batch{Entries: []persist.Entry{a.Entry(1), b.Entry(1)}})
	f.reopen()
	wantParts := func(s Sample, want ...string) {
		f.Helper()
		e := s.Envelope()
		e.Parts = nil
		if err := f.s.Parts(f.Context(), e); err != nil {
			f.Fatal(err)
		}
		for i, ref := range s.Refs() {
			if want[i] == "" && e.Parts[i] == nil {
				continue
			}
			if content, err := ref.Open(e.Parts[i]); err != nil || string(content) != want[i] {
				f.Errorf("part %d: %d bytes, %v", i, len(content), err)
			}
		}
	}
	wantParts(a, shared, own)
	if err := f.s.Delete(f.Context(), a.ID()); err != nil {
		f.Fatal(err)
	}
	wantParts(b, shared)
	if _, err := f.s.Part(f.Context(), a.Refs()[1]); !errors.Is(err, persist.ErrNotFound) {
		f.Errorf("part nobody names: %v, want ErrNotFound", err)
	}
	f.wantSound()
	if err := f.s.Delete(f.Context(), b.ID()); err != nil {
		f.Fatal(err)
	}
	if u := f.s.PartUsage(); u != (persist.Usage{}) {
		f.Errorf("parts are left: %v", u)
	}
}

func testLateParts(f *fixture) {
	text := strings.Repeat("leave the house ", 100)
	a := Sample{Key: 1, Text: "a", Parts: []string{"", text}, Missing: true}
	part := persist.Part{Ref: a.Refs()[1], Packed: wire.PackPart([]byte(text))}
	if _, err := f.s.Put(f.Context(), persist.Batch{Parts: []persist.Part{part}}); !errors.Is(err, persist.ErrNotFound) {
		f.Errorf("part that no envelope names: %v, want ErrNotFound", err)
	}
	f.put(persist.Batch{Entries: []persist.Entry{a.Entry(1)}, Parts: []persist.Part{part}})
	forged := persist.Part{Ref: part.Ref, Packed: wire.PackPart([]byte("stay"))}
	if _, err := f.s.Put(f.Context(), persist.Batch{Parts: []persist.Part{forged}}); err == nil {
		f.Error("a forged part was stored")
	}
	e := a.Envelope()
	if err := f.s.Parts(f.Context(), e); err != nil || e.Parts[0] != nil || e.Parts[1] == nil {
		f.Errorf("parts: %v, %v, want only the second", e.Parts, err)
	}
	a.Missing = false // the same envelope again, now with its parts
	f.put(persist.Batch{Entries: []persist.Entry{a.Entry(1)}})
	if err := f.s.Parts(f.Context(), e); err != nil || e.Parts[0] == nil {
		f.Errorf("parts: %v, %v, want both", e.Parts, err)
	}
	f.wantSound()
}

func testKnown(f *fixture) {
	var batch persist.Batch
	want := map[persist.Bucket][]wire.ID{}
	for i := range 40 {
		s := Sample{Key: 1, Text: fmt.Sprint(i), Lifetime: uint64(1+i%4) * 3600}
		batch.Entries = append(batch.Entries, s.Entry(1), Sample{Key: 1, Text: fmt.Sprint(i), Lane: wire.LaneDrill}.Entry(1))
		bucket := persist.BucketOf(Created + s.Lifetime)
		want[bucket] = append(want[bucket], s.ID())
	}
	f.put(batch)
	f.reopen()
	first := persist.BucketOf(Created + 3600)
	for since := first - 1; since <= first+4; since++ {
		got := map[persist.Bucket][]wire.ID{}
		for row, err := range f.s.Known(f.Context(), Domain, wire.LaneLive, since) {
			if err != nil {
				f.Fatal(err)
			}
			got[row.Bucket()] = append(got[row.Bucket()], row.ID)
		}
		for bucket, ids := range want {
			slices.SortFunc(ids, func(a, b wire.ID) int { return strings.Compare(a.String(), b.String()) })
			if bucket < since {
				ids = nil
			}
			if diff := cmp.Diff(ids, got[bucket]); diff != "" {
				f.Errorf("since %v, bucket %v: %s", since, bucket, diff)
			}
		}
	}
	if all, errs := ids(f.s.Rows(f.Context()), rowID); len(all) != 80 || errs != nil {
		f.Errorf("%d rows (%v), want 80", len(all), errs)
	}
}

func testAfter(f *fixture) {
	var want []wire.ID
	for i := range 30 {
		s := Sample{Key: 1, Text: fmt.Sprint(i), Lifetime: uint64(100-i) * 3600}
		e := s.Entry(1)
		e.Received -= uint64(i) * 10_000 // the clock runs backwards
		f.put(persist.Batch{Entries: []persist.Entry{e}})
		want = append(want, s.ID())
	}
	gone := want[3]
	if err := f.s.Delete(f.Context(), gone); err != nil {
		f.Fatal(err)
	}
	want = slices.Delete(want, 3, 4)
	f.reopen()
	var got []wire.ID
	for cursor, pages := uint64(0), 0; ; pages++ {
		n := 0
		for rec, err := range f.s.After(f.Context(), cursor, 7) {
			if err != nil {
				f.Fatal(err)
			}
			got, cursor, n = append(got, rec.ID), rec.Arrival, n+1
		}
		if n == 0 || pages > 10 {
			break
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		f.Error(diff)
	}

	// Records yields the same, trust objects first.
	beacon := Sample{Key: 1, Type: wire.TypeBeacon}
	f.put(persist.Batch{Entries: []persist.Entry{beacon.Entry(1)}})
	all, errs := ids(f.s.Records(f.Context()), recordID)
	if errs != nil || len(all) != len(want)+1 || all[0] != beacon.ID() {
		f.Fatalf("%d records, %v, the first %v, want %d and the beacon first", len(all), errs, all[0], len(want)+1)
	}
	byID := func(a, b wire.ID) int { return a.Compare(b) }
	slices.SortFunc(want, byID)
	slices.SortFunc(all[1:], byID)
	if diff := cmp.Diff(want, all[1:]); diff != "" {
		f.Error(diff)
	}
}

func testDelete(f *fixture) {
	a, b := Sample{Key: 1, Text: "a"}, Sample{Key: 1, Type: wire.TypeBeacon, Sequence: 5}
	f.put(persist.Batch{Entries: []persist.Entry{a.Entry(2), b.Entry(1)}})
	f.put(persist.Batch{Delete: []wire.ID{a.ID(), b.ID(), Domain}})
	f.wantSound()
	for lane, u := range f.s.Usage() {
		if u != (persist.Usage{}) {
			f.Errorf("lane %v: %v left", lane, u)
		}
	}
	earlier := Sample{Key: 1, Type: wire.TypeBeacon, Sequence: 4}
	r := f.put(persist.Batch{Entries: []persist.Entry{a.Entry(1), earlier.Entry(1)}})
	if !slices.Equal(r.Outcomes, []persist.Outcome{persist.Stored, persist.Stored}) {
		f.Errorf("after deletion: %v", r.Outcomes)
	}
	// Replacing one by another in one batch: what is deleted goes first.
	f.put(persist.Batch{Entries: []persist.Entry{a.Entry(1)}, Delete: []wire.ID{a.ID()}})
	if rec, err := f.s.Get(f.Context(), a.ID()); err != nil || rec.Arrival != 5 {
		f.Errorf("deleted and put: %v, arrival %d", err, rec.Arrival)
	}
	f.wantSound()
}

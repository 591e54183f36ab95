// Package persisttest holds the conformance suite of the store's backends: what
// a datastore must do so that a [persist.Store] on it keeps its word. The suite
// comes in parts: [Test] for behaviour, [TestKill] with child processes that
// are killed, [TestFull] with a disk that fills, [TestPowerLoss] for the store
// on a datastore that forgets what was not synced, and [Benchmark].
package persisttest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/ipfs/go-datastore"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

// Backend is a datastore under test.
type Backend struct {
	Name     string
	Open     func(dir string) (datastore.Batching, error)
	Volatile bool // it ends with the process
}

// fixture is a store under test with the datastore below it.
type fixture struct {
	*testing.T
	b   Backend
	dir string
	ds  datastore.Batching
	s   *persist.Store
	opt persist.Options
}

func newFixture(t *testing.T, b Backend) *fixture {
	f := &fixture{T: t, b: b, dir: t.TempDir(), opt: persist.Options{MaxEvents: 50}}
	f.open()
	t.Cleanup(func() { _ = f.s.Close() })
	return f
}

func (f *fixture) open() {
	f.Helper()
	var err error
	if f.ds, err = f.b.Open(f.dir); err != nil {
		f.Fatal(err)
	}
	if f.s, err = persist.Open(f.Context(), f.ds, f.opt); err != nil {
		f.Fatal(err)
	}
}

// reopen closes and opens the store, where that keeps anything.
func (f *fixture) reopen() {
	f.Helper()
	if f.b.Volatile {
		return
	}
	if err := f.s.Close(); err != nil {
		f.Fatal(err)
	}
	f.open()
}

func (f *fixture) put(b persist.Batch) persist.Receipt {
	f.Helper()
	r, err := f.s.Put(f.Context(), b)
	if err != nil {
		f.Fatal(err)
	}
	return r
}

// wantSound fails the test if Verify finds anything.
func (f *fixture) wantSound() {
	f.Helper()
	wantSound(f.T, f.s)
}

func wantSound(t testing.TB, s *persist.Store) {
	t.Helper()
	r, err := s.Verify(context.Background())
	if err != nil || r.Total > 0 {
		t.Fatalf("verify: %v, %d problems: %v", err, r.Total, errors.Join(r.Problems...))
	}
}

// ids collects the IDs of an iteration, and the errors it yields.
func ids[T any](seq func(func(T, error) bool), id func(T) wire.ID) (found []wire.ID, errs []error) {
	for v, err := range seq {
		if err != nil {
			errs = append(errs, err)
		} else {
			found = append(found, id(v))
		}
	}
	return found, errs
}

func rowID(r persist.Row) wire.ID       { return r.ID }
func recordID(r persist.Record) wire.ID { return r.ID }

// Test runs the conformance suite for behaviour.
func Test(t *testing.T, b Backend) {
	for name, test := range map[string]func(*fixture){
		"levels": testLevels, "slots": testSlots, "parts": testParts, "late parts": testLateParts,
		"known by bucket": testKnown, "listing": testAfter, "local": testLocal, "events": testEvents,
		"refused batch": testRefused, "delete": testDelete, "damaged values": testDamaged, "many": testMany, "closed": testClosed,
	} {
		t.Run(name, func(t *testing.T) { test(newFixture(t, b)) })
	}
}

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
}

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

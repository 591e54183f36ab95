package persisttest

import (
	"errors"

	"github.com/ipfs/go-datastore"
	"github.com/ipfs/go-datastore/query"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

// testDamaged changes each stored value in turn, as a failing disk does, and
// wants a typed error for it and everything else unharmed.
func testDamaged(f *fixture) {
	ctx := f.Context()
	a, b := Sample{Key: 1, Text: "a", Parts: []string{"part of a"}}, Sample{Key: 1, Text: "b", Parts: []string{"part of b"}}
	batch := persist.Batch{Entries: []persist.Entry{a.Entry(1), b.Entry(1)}, Events: [][]byte{[]byte("1"), []byte("2")},
		Local: map[string][]byte{"x/1": []byte("1"), "x/2": []byte("2")}}
	f.put(batch)
	for _, e := range f.everything() {
		for name, damaged := range map[string][]byte{
			"flipped": flip(e.Value), "cut": e.Value[:len(e.Value)/2], "empty": {}, "another's": f.anotherValue(e),
		} {
			f.overwrite(e.Key, damaged)
			report, err := f.s.Verify(ctx, nil)
			if err != nil || report.Total == 0 && e.Key != "/schema" && e.Key != "/state" { // those are read once, on opening
				f.Errorf("%s %s: verify found nothing (%v)", e.Key, name, err)
			}
			f.readAll(e.Key, name)
			f.overwrite(e.Key, e.Value)
		}
	}
	f.wantSound()

	// A damaged envelope that comes again is whole again, in its old place.
	key := "/env/" + a.ID().String()
	f.overwrite(key, nil)
	f.put(persist.Batch{Entries: batch.Entries})
	if rec, err := f.s.Get(ctx, a.ID()); err != nil || rec.Arrival != 1 {
		f.Errorf("after it came again: %v, arrival %d", err, rec.Arrival)
	}
	f.wantSound()

	// A damaged one can be deleted. What its payload named is not known any more.
	f.overwrite(key, nil)
	if err := f.s.Delete(ctx, a.ID()); err != nil {
		f.Error(err)
	}
	if rows, errs := ids(f.s.Rows(ctx), rowID); len(rows) != 1 || errs != nil {
		f.Errorf("after deletion: %v, %v", rows, errs)
	}
}

// readAll reads everything while the value of key is damaged: at most that one
// is missing, and every error is a CorruptError.
func (f *fixture) readAll(key, how string) {
	f.Helper()
	ctx := f.Context()
	counts, errs := map[string]int{}, []error{}
	add := func(what string, err error) {
		if err != nil {
			errs = append(errs, err)
		} else {
			counts[what]++
		}
	}
	for r, err := range f.s.Rows(ctx) {
		add("rows", err)
		if err != nil {
			continue
		}
		if _, err := f.s.Get(ctx, r.ID); err != nil && !errors.As(err, new(*persist.CorruptError)) {
			f.Errorf("%s %s: get: %v", key, how, err)
		}
	}
	for _, err := range f.s.After(ctx, 0, 0) {
		add("records", err)
	}
	for _, err := range f.s.EventsSince(ctx, 0) {
		add("events", err)
	}
	for _, err := range f.s.Local().List(ctx, "") {
		add("local", err)
	}
	missing := 0
	for _, what := range []string{"rows", "records", "events", "local"} {
		missing += 2 - counts[what]
	}
	if missing > 1 || missing != len(errs) {
		f.Errorf("%s %s: %d missing, errors %v", key, how, missing, errs)
	}
	for _, err := range errs {
		if !errors.As(err, new(*persist.CorruptError)) {
			f.Errorf("%s %s: %v, want a CorruptError", key, how, err)
		}
	}
}

func (f *fixture) everything() []query.Entry {
	f.Helper()
	results, err := f.ds.Query(f.Context(), query.Query{Orders: []query.Order{query.OrderByKey{}}})
	if err != nil {
		f.Fatal(err)
	}
	all, err := results.Rest()
	if err != nil || len(all) < 9 {
		f.Fatalf("%d values: %v", len(all), err)
	}
	return all
}

// anotherValue is a whole value from a wrong key, as a misdirected write leaves it.
func (f *fixture) anotherValue(e query.Entry) []byte {
	for _, other := range f.everything() {
		if other.Key != e.Key {
			return other.Value
		}
	}
	return nil
}

func (f *fixture) overwrite(key string, value []byte) {
	f.Helper()
	if err := f.ds.Put(f.Context(), rawKey(key), value); err != nil {
		f.Fatal(err)
	}
	if err := f.ds.Sync(f.Context(), rawKey("/")); err != nil {
		f.Fatal(err)
	}
}

func flip(b []byte) []byte {
	b = append([]byte(nil), b...)
	b[len(b)/2] ^= 0x10
	return b
}

func rawKey(key string) datastore.Key { return datastore.RawKey(key) }

// testRepaired damages each stored value in turn and wants Repair to leave a
// sound store that holds all the rest.
func testRepaired(f *fixture) {
	ctx := f.Context()
	a, b := Sample{Key: 1, Text: "a", Parts: []string{"part of a"}}, Sample{Key: 1, Type: wire.TypeBeacon, Sequence: 3}
	f.put(persist.Batch{Entries: []persist.Entry{a.Entry(1), b.Entry(1)}, Events: [][]byte{[]byte("1"), []byte("2"), []byte("3")},
		Local: map[string][]byte{"x/1": []byte("1"), "x/2": []byte("2")}})
	whole := f.everything()
	for _, e := range whole {
		for name, damage := range map[string]func(){
			"flipped": func() { f.overwrite(e.Key, flip(e.Value)) },
			"gone":    func() { f.remove(e.Key) },
		} {
			damage()
			report, err := f.s.Repair(ctx, nil)
			if err != nil {
				f.Fatalf("%s %s: %v", e.Key, name, err)
			}
			f.wantSound()
			sound, err := f.s.Verify(ctx, nil)
			if kept := sound.Envelopes + sound.Parts + sound.Local; err != nil || kept < 3 || report.Total == 0 && sound.Local == 2 && e.Key != "/schema" {
				f.Errorf("%s %s: %+v, then %+v, %v", e.Key, name, report, sound, err)
			}
			if _, err := f.s.AppendEvents(ctx, []byte("4")); err != nil {
				f.Errorf("%s %s: %v", e.Key, name, err)
			}
			for _, e := range f.everything() {
				f.remove(e.Key)
			}
			for _, e := range whole {
				f.overwrite(e.Key, e.Value)
			}
			s, err := persist.Open(ctx, f.ds, f.opt) // reads the counters again
			if err != nil {
				f.Fatal(err)
			}
			f.s = s
		}
	}
	f.wantSound()
}

func (f *fixture) remove(key string) {
	f.Helper()
	if err := f.ds.Delete(f.Context(), rawKey(key)); err != nil {
		f.Fatal(err)
	}
	if err := f.ds.Sync(f.Context(), rawKey("/")); err != nil {
		f.Fatal(err)
	}
}

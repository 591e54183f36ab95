// Package persisttest holds the conformance suite of the store's backends: what
// a datastore must do so that a [persist.Store] on it keeps its word. The suite
// comes in parts: [Test] for behaviour, [TestKill] with child processes that
// are killed, [TestFull] with a disk that fills, [TestPowerLoss] for the store
// on a datastore that forgets what was not synced, and [Benchmark].
package persisttest

import (
	"context"
	"errors"
	"testing"

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
	r, err := s.Verify(context.Background(), nil)
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
	t.Parallel()
	for name, test := range map[string]func(*fixture){
		"levels": testLevels, "slots": testSlots, "parts": testParts, "late parts": testLateParts,
		"known by bucket": testKnown, "listing": testAfter, "local": testLocal, "memos": testMemos, "events": testEvents,
		"refused batch": testRefused, "delete": testDelete, "damaged values": testDamaged, "repaired values": testRepaired, "many": testMany, "concurrent": testConcurrent, "closed": testClosed,
	} {
		t.Run(name, func(t *testing.T) { test(newFixture(t, b)) })
	}
}

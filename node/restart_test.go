package node_test

import (
	"crypto/ed25519"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/nodetest"
	"github.com/kreidfeuer/kreidfeuer/persist"
	"github.com/kreidfeuer/kreidfeuer/persist/persisttest"
)

func openStore(t *testing.T, dir string, o persist.Options) *persist.Store {
	t.Helper()
	st, err := persist.OpenPath(t.Context(), dir, persist.LevelDB, o)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func events(t *testing.T, d *nodetest.Device, since uint64) []apitype.Event {
	t.Helper()
	list, err := d.Control().Events(t.Context(), since, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range list {
		if e.Seq != since+uint64(i)+1 {
			t.Fatalf("event %d after %d has number %d", i, since, e.Seq)
		}
	}
	return list
}

func TestRestartKeepsAlertsAndEvents(t *testing.T) {
	t.Parallel()
	tree, dir := newTree(t), t.TempDir()
	_, key, _ := ed25519.GenerateKey(nil)
	d := nodetest.Start(t, tree, nodetest.Options{Store: openStore(t, dir, persist.Options{}), Key: key})
	one := warning(t, tree, "one")
	submit(t, d, one)
	d.Await(t, one.ID(), nodetest.Alarmed)
	seen := events(t, d, 0)
	since := seen[len(seen)-1].Seq
	d.Stop()

	d = nodetest.Start(t, tree, nodetest.Options{Store: openStore(t, dir, persist.Options{}), Key: key})
	two := warning(t, tree, "two")
	submit(t, d, two)
	d.Await(t, two.ID(), nodetest.Alarmed)
	if got := state(t, d, one.ID()); got != apitype.StateInForce {
		t.Errorf("after a restart the alert is %s", got)
	}
	for _, e := range events(t, d, since) {
		if e.Alert != nil && e.Alert.ID == one.ID().String() {
			t.Errorf("after a restart the alert is told again: alarm %v, %s", e.Alert.Alarm, e.Alert.State)
		}
	}
	if n := count(t, d, one.ID(), nodetest.Alarmed); n != 1 {
		t.Errorf("the alert has alarmed %d times", n)
	}
	var gone *apitype.Error
	if _, err := d.Control().Events(t.Context(), 1<<40, 1); !errors.As(err, &gone) || gone.Code != apitype.CodeGone {
		t.Errorf("events after a number that was never given: %v", err)
	}
}

func TestEventsThatAreGone(t *testing.T) {
	t.Parallel()
	tree := newTree(t)
	st, err := persist.OpenPath(t.Context(), "", persist.Memory, persist.Options{MaxEvents: 4})
	if err != nil {
		t.Fatal(err)
	}
	d := nodetest.Start(t, tree, nodetest.Options{Store: st})
	for _, name := range []string{"one", "two", "three", "four", "five"} {
		submit(t, d, warning(t, tree, name))
	}
	_, err = d.Control().Events(t.Context(), 1, 10)
	var gone *apitype.Error
	if !errors.As(err, &gone) || gone.Code != apitype.CodeGone || gone.Oldest < 2 {
		t.Fatalf("events that are gone: %v", err)
	}
	events(t, d, gone.Oldest-1)
}

// fullDisk is a store that takes nothing while full is set. A write that fails
// may have been done all the same: done says so.
func fullDisk(t *testing.T) (st *persist.Store, full, done *atomic.Bool) {
	t.Helper()
	full, done = new(atomic.Bool), new(atomic.Bool)
	st, err := persist.Open(t.Context(), persisttest.NewFaulty(func() (bool, bool) { return full.Load(), done.Load() }), persist.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return st, full, done
}

func TestFullDiskStillWarns(t *testing.T) {
	t.Parallel()
	for name, applied := range map[string]bool{"nothing is written": false, "written and said to have failed": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tree := newTree(t)
			source := nodetest.Start(t, tree, nodetest.Options{})
			st, full, done := fullDisk(t)
			d := nodetest.Start(t, tree, nodetest.Options{Peers: []*nodetest.Device{source}, Store: st})
			behind := nodetest.Start(t, tree, nodetest.Options{Peers: []*nodetest.Device{d}})
			first := warning(t, tree, "first")
			submit(t, source, first)
			behind.Await(t, first.ID(), nodetest.Alarmed)
			d.Await(t, first.ID(), nodetest.Alarmed)

			done.Store(applied)
			full.Store(true)
			one := warning(t, tree, "one")
			submit(t, source, one)
			d.Await(t, one.ID(), nodetest.Alarmed)
			behind.Await(t, one.ID(), nodetest.Alarmed)
			health(t, d, "disk-error", false)
			if got := state(t, d, one.ID()); got != apitype.StateInForce { // with its texts, from memory
				t.Errorf("while the disk is full the alert is %s", got)
			}

			two := warning(t, tree, "two")
			if _, err := d.Submit(t.Context(), two.EncodeFull()); err == nil {
				t.Error("what is not kept is acknowledged")
			}
			if _, err := d.Submit(t.Context(), two.EncodeFull()); err == nil {
				t.Error("what is not kept is acknowledged when it is handed in again")
			}
			behind.Await(t, two.ID(), nodetest.Alarmed)
			s, err := d.Status(t.Context())
			if err != nil || s.Disk.State != apitype.DiskFull {
				t.Errorf("disk is %s (%v)", s.Disk.State, err)
			}
			if err := d.KeepAgain(t.Context()); err == nil {
				t.Error("what was written although it failed passes for a disk that works again")
			}

			full.Store(false)
			health(t, d, "disk-error", true)
			for _, e := range []*wire.Envelope{first, one, two} {
				if _, err := st.Get(t.Context(), e.ID()); err != nil {
					t.Errorf("with room again, alert %s: %v", e.ID().Short(), err)
				}
				if n := count(t, d, e.ID(), nodetest.Alarmed); n != 1 {
					t.Errorf("alert %s has alarmed %d times", e.ID().Short(), n)
				}
			}
			told := events(t, d, 0)
			if kept, last := st.EventBounds(); kept != 1 || last != told[len(told)-1].Seq {
				t.Errorf("the store holds events %d to %d of %d", kept, last, len(told))
			}
			if n := len(told); n > 40 {
				t.Errorf("%d events for three alerts", n)
			}
			d.Stop()
		})
	}
}

// health waits until a problem has begun or ended.
func health(t *testing.T, d *nodetest.Device, kind string, ended bool) {
	t.Helper()
	d.Next(t, 0, func(e *apitype.Event) bool {
		return e.Health != nil && e.Health.Kind == kind && e.Health.Ended == ended
	})
}

func TestExpiringOwnAlerts(t *testing.T) {
	t.Parallel()
	tree := newTree(t)
	var ahead atomic.Int64
	d := nodetest.Start(t, tree, nodetest.Options{Clock: clockAhead(&ahead)})
	station(t, tree, d, tree.Leitstelle.Persons[0])
	c := nodetest.Warning("one", cap.Severe, 0) // for six hours
	one := nodetest.Sign(t, tree, tree.Leitstelle, c, tree.Leitstelle.Persons...)
	submit(t, d, one)
	var got []int
	for _, minutes := range []int64{300, 329, 331, 332, 351, 352, 361} {
		ahead.Store(minutes)
		d.Tick(t.Context())
	}
	for _, e := range events(t, d, 0) {
		if e.Expiring != nil {
			got = append(got, e.Expiring.Minutes)
		}
	}
	if len(got) != 2 || got[0] != 30 || got[1] != 10 {
		t.Errorf("warnings before the end: %v, want 30 and 10", got)
	}
}

// With little space left the store takes no envelopes, but what people were told
// it does: a restart does not alarm them again.
func TestLowDiskRemembersWhatWasTold(t *testing.T) {
	t.Parallel()
	tree, dir := newTree(t), t.TempDir()
	var low atomic.Bool
	low.Store(true)
	free := persist.Options{Free: func() (uint64, error) {
		if low.Load() {
			return 1 << 20, nil
		}
		return 1 << 40, nil
	}}
	source := nodetest.Start(t, tree, nodetest.Options{})
	one := warning(t, tree, "one")
	submit(t, source, one)
	st := openStore(t, dir, free)
	d := nodetest.Start(t, tree, nodetest.Options{Peers: []*nodetest.Device{source}, Store: st})
	d.Await(t, one.ID(), nodetest.Alarmed)
	health(t, d, "disk-full", false)
	told := events(t, d, 0)
	d.Stop()
	if _, last := st.EventBounds(); last != told[len(told)-1].Seq {
		t.Errorf("the store holds events up to %d of %d", last, len(told))
	}

	low.Store(false)
	st = openStore(t, dir, free)
	d = nodetest.Start(t, tree, nodetest.Options{Peers: []*nodetest.Device{source}, Store: st})
	d.Await(t, one.ID(), func(e *apitype.AlertEvent) bool { return e.State == apitype.StateInForce && !e.Alarm })
	if _, err := st.Get(t.Context(), one.ID()); err != nil {
		t.Errorf("with room again: %v", err)
	}
	if n := count(t, d, one.ID(), nodetest.Alarmed); n != 1 {
		t.Errorf("the alert has alarmed %d times", n)
	}
}

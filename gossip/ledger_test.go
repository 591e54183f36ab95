package gossip

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

func testID(n int) (id wire.ID) {
	id[0], id[1], id[2] = 1, byte(n>>8), byte(n)
	return id
}

func genEntry(t *rapid.T, n int) *entry {
	unit := rapid.IntRange(0, 2).Draw(t, "unit")
	return &entry{
		Item:     wire.Item{ID: testID(n), Level: 1},
		lane:     wire.LaneLive,
		priority: wire.Priority(rapid.IntRange(0, 4).Draw(t, "priority")),
		full:     rapid.Bool().Draw(t, "full"),
		sequence: uint64(rapid.IntRange(1, 20).Draw(t, "sequence")),
		size:     uint64(rapid.IntRange(1, 40).Draw(t, "size")),
		accounts: []wire.ID{testID(1000 + unit), testID(2000)},
	}
}

func testLimit(cert wire.ID, _ wire.Lane) quota {
	if cert == testID(2000) {
		return quota{count: 9, bytes: 150}
	}
	return quota{count: 4, bytes: 80}
}

func keptIDs(l *ledger) []wire.ID {
	var ids []wire.ID
	for id := range l.known {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, wire.ID.Compare)
	return ids
}

// Whatever the order of arrival, no account is over its quota, and what is known
// plus what is remembered as evicted is everything that came.
func TestQuotasHoldInEveryOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []*entry
		for n := range rapid.IntRange(1, 40).Draw(t, "entries") {
			all = append(all, genEntry(t, n))
		}
		l := newLedger()
		for _, e := range rapid.Permutation(all).Draw(t, "order") {
			l.admit(e, testLimit)
		}
		for key, a := range l.accounts {
			var bytes uint64
			for _, e := range a.entries {
				bytes += e.size
			}
			if q := testLimit(key.certificate, key.lane); q.exceeded(a) || bytes != a.bytes {
				t.Fatalf("account %v: %d entries, %d bytes counted, %d in fact", key, len(a.entries), a.bytes, bytes)
			}
		}
		for _, e := range all {
			if !l.has(e.Item) {
				t.Fatalf("%v is neither known nor remembered", e.ID)
			}
		}
	})
}

// While counts bind, the kept set does not depend on the order: whatever
// displaces an entry ranks above it, in its account and in every ancestor's.
// (Where bytes bind, sizes that differ may leave room differently.)
func TestOverflowKeepsTheSameSetInEveryOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []*entry
		for n := range rapid.IntRange(1, 30).Draw(t, "entries") {
			e := genEntry(t, n)
			e.size = 1
			all = append(all, e)
		}
		var kept [][]wire.ID
		for range 3 {
			l := newLedger()
			for _, e := range rapid.Permutation(all).Draw(t, "order") {
				l.admit(e, testLimit)
			}
			kept = append(kept, keptIDs(l))
		}
		if !slices.Equal(kept[0], kept[1]) {
			t.Fatalf("kept %v, in another order %v", kept[0], kept[1])
		}
	})
}

func TestHigherLevelReplacesLower(t *testing.T) {
	l := newLedger()
	one := &entry{Item: wire.Item{ID: testID(1), Level: 1}, lane: wire.LaneLive, size: 10, accounts: []wire.ID{testID(9)}}
	two := &entry{Item: wire.Item{ID: testID(1), Level: 2}, lane: wire.LaneLive, size: 12, accounts: []wire.ID{testID(9)}}
	l.admit(one, testLimit)
	if l.has(two.Item) {
		t.Error("level 2 counts as known before it came")
	}
	l.admit(two, testLimit)
	if !l.has(one.Item) || !l.has(two.Item) || l.accounts[accountKey{testID(9), wire.LaneLive}].bytes != 12 {
		t.Error("level 2 did not replace level 1")
	}
}

func TestSlotKeepsTheHighestSequence(t *testing.T) {
	entries := []*entry{
		{Item: wire.Item{ID: testID(3)}, sequence: 1},
		{Item: wire.Item{ID: testID(2)}, sequence: 2},
		{Item: wire.Item{ID: testID(1)}, sequence: 2},
	}
	rapid.Check(t, func(t *rapid.T) {
		s := slots{}
		for _, e := range rapid.Permutation(entries).Draw(t, "order") {
			s.replace(e, wire.TypeBeacon)
		}
		if got := s[slotKey{kind: wire.TypeBeacon}]; got != entries[2] {
			t.Fatalf("slot holds %v", got.ID)
		}
	})
}

func TestSweepRemovesWhatEnded(t *testing.T) {
	l := newLedger()
	defer func() {
		if ended := l.sweep(100, func(wire.ID) bool { return false }); len(ended) != 0 {
			t.Errorf("swept %d of a domain whose time is in doubt", len(ended))
		}
	}()
	for n := range 10 {
		l.admit(&entry{Item: wire.Item{ID: testID(n)}, expires: uint64(n), accounts: []wire.ID{testID(99)}}, func(wire.ID, wire.Lane) quota { return quota{100, 100} })
	}
	if ended := l.sweep(5, func(wire.ID) bool { return true }); len(ended) != 5 || len(l.known) != 5 || len(l.accounts[accountKey{certificate: testID(99)}].entries) != 5 {
		t.Errorf("swept %d, %d known", len(ended), len(l.known))
	}
}

func TestEmergenciesCountWithinADay(t *testing.T) {
	l := newLedger()
	author := [32]byte{7}
	for n, at := range []uint64{100_000, 110_000, 250_000} {
		l.admit(&entry{Item: wire.Item{ID: testID(n)}, author: author, emergency: at, accounts: []wire.ID{testID(99)}},
			func(wire.ID, wire.Lane) quota { return quota{100, 100} })
	}
	for _, c := range []struct {
		author byte
		at     uint64
		latest uint64
		id     int
		want   int
	}{{7, 120_000, 1e6, 50, 2}, {7, 120_000, 1e6, 1, 1}, {7, 200_000, 1e6, 50, 1}, {7, 180_000, 1e6, 50, 3}, {8, 120_000, 1e6, 50, 0},
		{7, 500_000, 120_000, 50, 3}, {7, 500_000, 260_000, 50, 1}} {
		if got := l.emergencies([32]byte{c.author}, c.at, c.latest, testID(c.id)); got != c.want {
			t.Errorf("key %d at %d: %d emergencies, want %d", c.author, c.at, got, c.want)
		}
	}
}

// One officer's key suffices for an end of any severity, and sequences are free
// to choose: they must not crowd out what all persons needed have signed.
func TestEndsByOneDoNotCrowdOutWarnings(t *testing.T) {
	l := newLedger()
	entryAt := func(n int, sequence uint64, priority wire.Priority, level wire.Level) *entry {
		return &entry{Item: wire.Item{ID: testID(n), Level: level}, lane: wire.LaneLive, priority: priority, sequence: sequence, size: 1,
			full: level == 2, accounts: []wire.ID{testID(1000), testID(2000)}}
	}
	warning := entryAt(1, 7, wire.PrioritySevere, 2)
	l.admit(warning, testLimit)
	l.admit(entryAt(2, 8, wire.PriorityExtreme, 1), testLimit) // an emergency alert, of one signature so far
	for n := range 10 {
		l.admit(entryAt(10+n, 1<<52, wire.PriorityExtreme, 1), testLimit)
	}
	if !slices.Contains(keptIDs(l), warning.ID) {
		t.Error("a warning by two gave way to ends by one")
	}
	confirmed := entryAt(2, 8, wire.PriorityExtreme, 2)
	if l.has(confirmed.Item) {
		t.Fatal("the second signature would not be asked for")
	}
	if _, ok := l.admit(confirmed, testLimit); !ok || !slices.Contains(keptIDs(l), confirmed.ID) {
		t.Error("the confirmed alert found no room")
	}
}

package ledger

import (
	"errors"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/kreidfeuer/kreidfeuer/gossip/recon"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

func testID(n int) (id wire.ID) {
	id[0], id[1], id[2] = 1, byte(n>>8), byte(n)
	return id
}

func genEntry(t *rapid.T, n int) *Entry {
	unit := rapid.IntRange(0, 2).Draw(t, "unit")
	return &Entry{
		Item:     wire.Item{ID: testID(n), Level: 1},
		Place:    wire.Place{Lane: wire.LaneLive},
		Priority: wire.Priority(rapid.IntRange(0, 4).Draw(t, "priority")),
		Full:     rapid.Bool().Draw(t, "full"),
		Sequence: uint64(rapid.IntRange(1, 20).Draw(t, "sequence")),
		Expires:  uint64(rapid.IntRange(1, 100).Draw(t, "expires")),
		Size:     uint64(rapid.IntRange(1, 40).Draw(t, "size")),
		Accounts: []wire.ID{testID(1000 + unit), testID(2000)},
	}
}

func testLimit(cert wire.ID, _ wire.Lane) Quota {
	if cert == testID(2000) {
		return Quota{Count: 9, Bytes: 150}
	}
	return Quota{Count: 4, Bytes: 80}
}

func keptIDs(l *Ledger) []wire.ID {
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
		var all []*Entry
		for n := range rapid.IntRange(1, 40).Draw(t, "entries") {
			all = append(all, genEntry(t, n))
		}
		l := New()
		for _, e := range rapid.Permutation(all).Draw(t, "order") {
			l.Admit(e, testLimit)
		}
		for key, a := range l.accounts {
			var count, bytes uint64
			for _, e := range l.known {
				if slices.Contains(e.Accounts, key.certificate) {
					count, bytes = count+1, bytes+e.Size
				}
			}
			if q := testLimit(key.certificate, key.lane); q.exceeded(a) || count != a.count || bytes != a.bytes {
				t.Fatalf("account %v: %d entries of %d bytes counted, %d of %d in fact", key, a.count, a.bytes, count, bytes)
			}
		}
		for _, e := range all {
			if l.known[e.ID] == nil && l.memos.displaced[e.ID] == nil {
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
		var all []*Entry
		for n := range rapid.IntRange(1, 30).Draw(t, "entries") {
			e := genEntry(t, n)
			e.Size = 1
			all = append(all, e)
		}
		var kept [][]wire.ID
		for range 3 {
			l := New()
			for _, e := range rapid.Permutation(all).Draw(t, "order") {
				l.Admit(e, testLimit)
			}
			kept = append(kept, keptIDs(l))
		}
		if !slices.Equal(kept[0], kept[1]) {
			t.Fatalf("kept %v, in another order %v", kept[0], kept[1])
		}
	})
}

// Devices that heard of different parts of everything, in different orders, and then
// offer each other what they hold, end with the same set, also where bytes bind; and from
// then on nobody fetches anything.
func TestLedgersConverge(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []*Entry
		for n := range rapid.IntRange(1, 40).Draw(t, "entries") {
			all = append(all, genEntry(t, n))
		}
		ledgers := make([]*Ledger, rapid.IntRange(2, 5).Draw(t, "devices"))
		for i := range ledgers {
			ledgers[i] = New()
			order := rapid.Permutation(all).Draw(t, "order")
			for _, e := range order[:rapid.IntRange(0, len(order)).Draw(t, "heard")] {
				_, _ = ledgers[i].Admit(e, testLimit)
			}
			for _, e := range order[:rapid.IntRange(0, len(order)/4).Draw(t, "lost")] {
				ledgers[i].Remove(e) // what the disk did not take, for instance
			}
		}
		fetched := 1
		for round := 0; fetched > 0; round++ {
			if round > len(all)*len(ledgers) {
				t.Fatal("they exchange for ever")
			}
			fetched = 0
			for i, from := range ledgers {
				to := ledgers[(i+1)%len(ledgers)] // a ring is enough
				for _, id := range keptIDs(from) {
					if e := from.known[id]; e != nil && !to.Has(e.Item, testLimit) {
						if _, err := to.Admit(e, testLimit); err == nil {
							fetched++
						}
					}
				}
			}
		}
		for i, l := range ledgers {
			if a, b := keptIDs(ledgers[0]), keptIDs(l); !slices.Equal(a, b) {
				t.Fatalf("device 0 holds %v, device %d %v", a, i, b)
			}
		}
	})
}

func TestHigherLevelReplacesLower(t *testing.T) {
	l := New()
	one := &Entry{Item: wire.Item{ID: testID(1), Level: 1}, Place: wire.Place{Lane: wire.LaneLive}, Size: 10, Accounts: []wire.ID{testID(9)}}
	two := &Entry{Item: wire.Item{ID: testID(1), Level: 2}, Place: wire.Place{Lane: wire.LaneLive}, Size: 12, Accounts: []wire.ID{testID(9)}}
	l.Admit(one, testLimit)
	if l.Has(two.Item, testLimit) {
		t.Error("level 2 counts as known before it came")
	}
	l.Admit(two, testLimit)
	if !l.Has(one.Item, testLimit) || !l.Has(two.Item, testLimit) || l.accounts[accountKey{testID(9), wire.LaneLive}].bytes != 12 {
		t.Error("level 2 did not replace level 1")
	}
}

func TestSlotKeepsTheHighestSequence(t *testing.T) {
	beacon := func(n int, sequence uint64) *Entry {
		return &Entry{Item: wire.Item{ID: testID(n)}, Kind: wire.TypeBeacon, Sequence: sequence}
	}
	entries := []*Entry{beacon(3, 1), beacon(2, 2), beacon(1, 2)}
	rapid.Check(t, func(t *rapid.T) {
		l := New()
		for _, e := range rapid.Permutation(entries).Draw(t, "order") {
			_, _ = l.Admit(e, testLimit)
		}
		if got := keptIDs(l); !slices.Equal(got, []wire.ID{testID(1)}) {
			t.Fatalf("slot holds %v", got)
		}
	})
}

// An object that ended or was removed leaves its slot to whatever comes then.
func TestSlotIsReleased(t *testing.T) {
	l := New()
	held := &Entry{Item: wire.Item{ID: testID(1)}, Kind: wire.TypeBeacon, Sequence: 9, Expires: 10}
	earlier := &Entry{Item: wire.Item{ID: testID(2)}, Kind: wire.TypeBeacon, Sequence: 3, Expires: 3 * 3600}
	if _, err := l.Admit(held, testLimit); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Admit(earlier, testLimit); !errors.Is(err, ErrSuperseded) {
		t.Fatalf("%v", err)
	}
	l.Sweep(2*3600, func(wire.ID) bool { return true }) // what expires in an hour goes when the hour is over
	if _, err := l.Admit(earlier, testLimit); err != nil || len(l.slots) != 1 {
		t.Errorf("%v, %d slots", err, len(l.slots))
	}
}

// Whoever holds a threshold of root keys cannot fill disks with rival successors,
// and what recovery keys have signed stays.
func TestRivalRootsAreBounded(t *testing.T) {
	l := New()
	rival := func(n int) *Entry {
		return &Entry{Item: wire.Item{ID: testID(n)}, Kind: wire.TypeRoot, Sequence: 2, Size: 2000, Accounts: []wire.ID{testID(9999)}}
	}
	rescue := rival(500)
	rescue.Recovered = true
	for n := range 50 {
		_, _ = l.Admit(rival(n), testLimit)
		if n == 25 {
			_, _ = l.Admit(rescue, testLimit)
		}
	}
	if got := keptIDs(l); !slices.Equal(got, []wire.ID{testID(0), testID(1), testID(2), testID(500)}) {
		t.Errorf("kept %v", got)
	}
}

// The set that catch-up compares is what is held, and what was let go for want
// of room; what gave way to higher rank is in nobody's.
func TestSetFollowsTheLedger(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l, place := New(), wire.Place{Lane: wire.LaneLive}
		for n := range rapid.IntRange(1, 40).Draw(t, "entries") {
			e := genEntry(t, n%25)
			e.Level = wire.Level(rapid.IntRange(1, 3).Draw(t, "level"))
			switch k := l.Known(e.ID); {
			case k != nil && rapid.Bool().Draw(t, "release"):
				l.Release(k)
				if !l.Has(k.Item, testLimit) {
					t.Fatal("what was released is not remembered")
				}
			case !l.Has(e.Item, testLimit):
				_, _ = l.Admit(e, testLimit)
			}
		}
		if rapid.Bool().Draw(t, "sweep") {
			l.Sweep(uint64(rapid.IntRange(0, 100).Draw(t, "at")), func(wire.ID) bool { return true })
		}
		want := len(l.memos.released)
		for _, e := range l.known {
			if want++; len(l.Set(place).Find(recon.RefOf(wire.Item{ID: e.ID, Level: e.Grade()}, e.Expires))) != 1 {
				t.Fatalf("%v is not in the set", e.ID)
			}
		}
		for id := range l.memos.released {
			if l.known[id] != nil {
				t.Fatalf("%v is known and released", id)
			}
		}
		if got := l.Set(place).Len(); got != want {
			t.Fatalf("set of %d, %d are held or released", got, want)
		}
	})
}

func TestSweepRemovesWhatEnded(t *testing.T) {
	l := New()
	defer func() {
		if ended, _ := l.Sweep(100*3600, func(wire.ID) bool { return false }); len(ended) != 0 {
			t.Errorf("swept %d of a domain whose time is in doubt", len(ended))
		}
	}()
	for n := range 10 {
		l.Admit(&Entry{Item: wire.Item{ID: testID(n)}, Expires: uint64(n)*3600 + 1800, Accounts: []wire.ID{testID(99)}}, func(wire.ID, wire.Lane) Quota { return Quota{100, 100} })
	}
	if ended, _ := l.Sweep(5*3600+1799, func(wire.ID) bool { return true }); len(ended) != 5 || len(l.known) != 5 || l.accounts[accountKey{certificate: testID(99)}].count != 5 {
		t.Errorf("swept %d, %d known", len(ended), len(l.known))
	}
}

func TestEmergenciesCountWithinADay(t *testing.T) {
	l := New()
	author := [32]byte{7}
	for n, at := range []uint64{100_000, 110_000, 250_000} {
		l.Admit(&Entry{Item: wire.Item{ID: testID(n)}, Author: author, Emergency: at, Accounts: []wire.ID{testID(99)}},
			func(wire.ID, wire.Lane) Quota { return Quota{100, 100} })
	}
	for _, c := range []struct {
		author byte
		at     uint64
		latest uint64
		id     int
		want   int
	}{{7, 120_000, 1e6, 50, 2}, {7, 120_000, 1e6, 1, 1}, {7, 200_000, 1e6, 50, 1}, {7, 180_000, 1e6, 50, 3}, {8, 120_000, 1e6, 50, 0},
		{7, 500_000, 120_000, 50, 3}, {7, 500_000, 260_000, 50, 1}} {
		if got := l.Emergencies([32]byte{c.author}, c.at, c.latest, testID(c.id)); got != c.want {
			t.Errorf("key %d at %d: %d emergencies, want %d", c.author, c.at, got, c.want)
		}
	}
}

// One officer's key suffices for an end of any severity, and sequences are free
// to choose: they must not crowd out what all persons needed have signed.
func TestEndsByOneDoNotCrowdOutWarnings(t *testing.T) {
	l := New()
	entryAt := func(n int, sequence uint64, priority wire.Priority, level wire.Level) *Entry {
		return &Entry{Item: wire.Item{ID: testID(n), Level: level}, Place: wire.Place{Lane: wire.LaneLive}, Priority: priority, Sequence: sequence, Size: 1,
			Full: level == 2, Accounts: []wire.ID{testID(1000), testID(2000)}}
	}
	warning := entryAt(1, 7, wire.PrioritySevere, 2)
	l.Admit(warning, testLimit)
	l.Admit(entryAt(2, 8, wire.PriorityExtreme, 1), testLimit) // an emergency alert, of one signature so far
	for n := range 10 {
		l.Admit(entryAt(10+n, 1<<52, wire.PriorityExtreme, 1), testLimit)
	}
	if !slices.Contains(keptIDs(l), warning.ID) {
		t.Error("a warning by two gave way to ends by one")
	}
	confirmed := entryAt(2, 8, wire.PriorityExtreme, 2)
	if l.Has(confirmed.Item, testLimit) {
		t.Fatal("the second signature would not be asked for")
	}
	if _, err := l.Admit(confirmed, testLimit); err != nil || !slices.Contains(keptIDs(l), confirmed.ID) {
		t.Error("the confirmed alert found no room")
	}
}

// What was let go is fetched once more when others have more of it, and not else.
func TestWantsMoreOfWhatWasLetGo(t *testing.T) {
	l := New()
	e := &Entry{Item: wire.Item{ID: testID(1), Level: 1}, Size: 10, Accounts: []wire.ID{testID(9)}}
	if _, err := l.Admit(e, testLimit); err != nil {
		t.Fatal(err)
	}
	for _, held := range []bool{true, false} {
		for grade, want := range map[wire.Level]bool{1: false, 2: false, 3: true, 4: true, 5: true} {
			if got := l.Wants(e.ID, grade, testLimit); got != want {
				t.Errorf("held %t at grade %d: wants grade %d: %t", held, e.Grade(), grade, got)
			}
		}
		if !l.LacksParts(e.ID, 1) || l.LacksParts(e.ID, 0) {
			t.Errorf("held %t: the missing parts are not missed", held)
		}
		if held {
			l.Release(e)
		}
	}
}

// What was let go, came with one more signature and found no room in a quota, is compared
// as before and not fetched for ever.
func TestWhatWasLetGoFindsNoRoom(t *testing.T) {
	one := func(certificate wire.ID, lane wire.Lane) Quota { return Quota{Count: 1, Bytes: 100} }
	entry := func(n int, level wire.Level, sequence uint64) *Entry {
		return &Entry{Item: wire.Item{ID: testID(n), Level: level}, Sequence: sequence, Size: 10, Whole: true, Accounts: []wire.ID{testID(9)}}
	}
	l, early, late := New(), entry(1, 1, 1), entry(2, 1, 2)
	if _, err := l.Admit(early, one); err != nil {
		t.Fatal(err)
	}
	l.Release(early)
	if _, err := l.Admit(late, one); err != nil {
		t.Fatal(err)
	}
	signed := entry(1, 2, 1)
	if !l.Wants(signed.ID, signed.Grade(), one) {
		t.Fatal("the second signature is not fetched")
	}
	if _, err := l.Admit(signed, one); !errors.Is(err, ErrOverQuota) {
		t.Fatal(err)
	}
	if n := l.Set(early.Place).Len(); n != 2 {
		t.Errorf("%d are compared, want what is held and what was let go", n)
	}
	if l.Wants(signed.ID, signed.Grade(), one) {
		t.Error("it is fetched again, and will be refused again")
	}
	if l.Remove(late); !l.Wants(signed.ID, signed.Grade(), one) {
		t.Error("it is not fetched though there is room")
	}
}

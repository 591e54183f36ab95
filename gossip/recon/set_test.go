package recon

import (
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// same checks that two sets are one, down to every cell.
func same(t tester, got, want *Set) {
	t.Helper()
	if got.Len() != want.Len() || got.tree.digest() != want.tree.digest() {
		t.Fatal("the trees differ")
	}
	if got.strata != want.strata {
		t.Fatal("the strata differ")
	}
	for i := range min(got.sketch.len(), want.sketch.len()) {
		if *got.sketch.at(i) != *want.sketch.at(i) {
			t.Fatalf("cell %d differs", i)
		}
	}
}

// TestPropertySetIsItsContent checks that a set depends on its content alone,
// whatever was added, raised and removed on the way, and whatever snapshots were
// taken.
func TestPropertySetIsItsContent(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
		universe := rapid.SampledFrom([]int{3, 40, 300, 3000}).Draw(t, "universe")
		spread := rapid.SampledFrom([]int{1, 4, 1 << 18}).Draw(t, "buckets")
		content, s := oracle{}, NewSet()
		var old *Set
		var oldContent oracle
		for step := range 3 * universe {
			i := rng.IntN(universe)
			id := numbered(i)
			if i%5 == 0 { // long common prefixes make deep trees
				id = colliding(i%15, i)
			}
			it, expires := wire.Item{ID: id, Level: wire.Level(rng.IntN(3))}, uint64(i%spread)*bucketSeconds
			if k, ok := content[it.ID]; ok && rng.IntN(2) == 0 {
				s.Remove(wire.Item{ID: it.ID, Level: k.level + 1}, expires) // another level: nothing happens
				s.Remove(wire.Item{ID: it.ID, Level: k.level}, expires)
				delete(content, it.ID)
			} else {
				s.Add(it, expires)
				content[it.ID] = known{it.Level, expires}
			}
			if step == universe {
				old, oldContent = s.snapshot(), content.open(0)
			}
		}
		same(t, s, content.set())
		same(t, old, oldContent.set())
		bucket := uint32(rng.IntN(spread + 1))
		old.close(bucket)
		if left := oldContent.open(uint64(bucket) * bucketSeconds).set(); old.sketch.len() > 0 {
			same(t, old, left)
		} else if old.tree.digest() != left.tree.digest() {
			t.Fatal("the trees differ after closing")
		}
	})
}

func TestFind(t *testing.T) {
	s := NewSet()
	const year = 365 * 24 * 3600
	var want []wire.Item
	for i := range 3000 {
		expires := uint64(i%40) * year
		id := numbered(i)
		if i%1000 == 7 {
			id, expires = colliding(5, i), 3*year
			want = append(want, wire.Item{ID: id, Level: 1})
		}
		s.Add(wire.Item{ID: id, Level: 1}, expires)
	}
	ref := RefOf(want[0], 3*year)
	if got := sorted(s.Find(ref)); !slices.Equal(got, sorted(want)) {
		t.Errorf("found %v, want %v", got, want)
	}
	if ref.Level() != 1 {
		t.Errorf("level %d of a Ref, want 1", ref.Level())
	}
	for i := range 3000 {
		if i%1000 == 7 {
			continue
		}
		it := wire.Item{ID: numbered(i), Level: 1}
		if got := s.Find(RefOf(it, uint64(i%40)*year)); len(got) != 1 || got[0] != it {
			t.Fatalf("item %d: found %v", i, got)
		}
		it.Level = 2
		if got := s.Find(RefOf(it, uint64(i%40)*year)); len(got) != 0 {
			t.Fatalf("item %d was found at a level that it has not", i)
		}
	}
}

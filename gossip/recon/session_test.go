package recon

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"testing"

	"pgregory.net/rapid"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// pair makes two sets with n items, of which some are on one side only.
func pair(seed uint64, n, onlyA, onlyB, raised int) (a, b oracle) {
	rng := rand.New(rand.NewPCG(seed, 1))
	a, b = oracle{}, oracle{}
	base := int(seed) << 20
	for i := range n {
		k := known{1, uint64(rng.IntN(200 * bucketSeconds))}
		id := numbered(base + i)
		switch {
		case i < onlyA:
			a[id] = k
		case i < onlyA+onlyB:
			b[id] = k
		case i < onlyA+onlyB+raised:
			a[id] = k
			k.level++
			b[id] = k
			if i%2 == 0 {
				a[id], b[id] = b[id], a[id]
			}
		default:
			a[id], b[id] = k, k
		}
	}
	return a, b
}

func TestDifferences(t *testing.T) {
	for _, c := range []struct{ n, onlyA, onlyB, raised int }{
		{0, 0, 0, 0}, {1, 1, 0, 0}, {1, 0, 1, 0}, {1, 0, 0, 1}, {33, 0, 1, 0}, {5000, 0, 0, 0},
		{5000, 3, 2, 1}, {5000, 20, 20, 20}, {5000, 0, 5000, 0}, {5000, 5000, 0, 0}, {5000, 2500, 2500, 0},
		{20000, 500, 500, 100}, {40000, 3000, 4000, 10}, {40000, 39000, 100, 0}, {40000, 100, 39000, 0}, {100, 0, 0, 100},
	} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			a, b := pair(1, c.n, c.onlyA, c.onlyB, c.raised)
			o := converse(t, Ask(a.set(), Limits{}), Answer(b.set(), Limits{}))
			o.exact(t, a, b)
			t.Logf("%+v", o.traffic)
		})
	}
}

func TestEqualSetsCostLittle(t *testing.T) {
	a, b := pair(1, 10000, 0, 0, 0)
	o := converse(t, Ask(a.set(), Limits{}), Answer(b.set(), Limits{}))
	if o.trips != 1 || o.sent+o.received > 100 {
		t.Errorf("equal sets cost %+v", o.traffic)
	}
}

// Clocks differ by hours, and one that is in doubt closes nothing: that alone is no
// difference.
func TestEqualSetsCostLittleWhateverTheClocks(t *testing.T) {
	a, b := pair(1, 10000, 0, 0, 0)
	swept := oracle{}
	for id, k := range b {
		if !Closed(k.expires, 100*bucketSeconds) {
			swept[id] = k
		}
	}
	for _, c := range []struct {
		name        string
		ask, answer oracle
		la, lb      uint64
	}{
		{"nothing has ended, the answering clock is ahead", swept, swept, 20, 100},
		{"nothing has ended, the asking clock is ahead", swept, swept, 100, 20},
		{"the asking clock is in doubt", swept, swept, 0, 100},
		{"the asking side has dropped what the answering side closes", swept, a, 20, 100},
		{"the answering side has dropped what the asking side closes", a, swept, 100, 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := converse(t, Ask(c.ask.set(), Limits{c.la * bucketSeconds}), Answer(c.answer.set(), Limits{c.lb * bucketSeconds}))
			if o.trips != 1 || o.sent+o.received > 100 || len(o.have)+len(o.need) > 0 {
				t.Errorf("equal sets cost %+v", o.traffic)
			}
		})
	}
}

func TestThousandInTwoTrips(t *testing.T) {
	for seed := range uint64(20) {
		a, b := pair(seed, 3000, 500, 500, 0)
		o := converse(t, Ask(a.set(), Limits{}), Answer(b.set(), Limits{}))
		o.exact(t, a, b)
		if o.trips > 3 { // the third tells the answering side what to send
			t.Errorf("seed %d: %+v", seed, o.traffic)
		}
	}
}

// TestClosedBuckets lets clocks differ: what one side may already have dropped is no difference.
func TestClosedBuckets(t *testing.T) {
	for _, c := range []struct{ askHours, answerHours uint64 }{{0, 0}, {3, 3}, {3, 4}, {4, 3}, {3, 150}, {150, 3}, {190, 300}, {300, 190}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			a, b := pair(2, 20000, 100, 100, 10)
			la, lb := Limits{c.askHours*bucketSeconds + 5}, Limits{c.answerHours*bucketSeconds + 3000}
			sa, sb := a.open(la.Oldest).set(), b.open(lb.Oldest).set()
			o := converse(t, Ask(sa, la), Answer(sb, lb))
			later := max(la.Oldest, lb.Oldest)
			o.exact(t, a.open(later), b.open(later))
		})
	}
}

// drawSets draws two sets with levels, buckets and Refs that collide.
func drawSets(t *rapid.T) (a, b oracle) {
	a, b = oracle{}, oracle{}
	total := rapid.SampledFrom([]int{0, 1, 10, 40, 200, 2000}).Draw(t, "items")
	buckets := rapid.IntRange(1, 5).Draw(t, "buckets")
	groups := rapid.IntRange(0, 6).Draw(t, "groups")
	sharing := rapid.IntRange(0, 100).Draw(t, "percent shared")
	levels := rapid.IntRange(1, 3).Draw(t, "levels")
	rng := rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "seed"), 0))
	for i := range total {
		id := numbered(i)
		expires := uint64(rng.IntN(buckets)) * bucketSeconds
		if groups > 0 && rng.IntN(4) == 0 {
			group := rng.IntN(groups)
			id, expires = colliding(group, i), uint64(group)*bucketSeconds
		}
		k := known{wire.Level(rng.IntN(levels)), expires}
		switch {
		case rng.IntN(100) < sharing:
			a[id], b[id] = k, k
		case rng.IntN(3) == 0:
			a[id] = k
			k.level = wire.Level(rng.IntN(levels))
			b[id] = k
		case rng.IntN(2) == 0:
			a[id] = k
		default:
			b[id] = k
		}
	}
	return a, b
}

// TestPropertyConverges checks what must hold whatever the sets are: all that is
// missing is found in one session.
func TestPropertyConverges(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := drawSets(t)
		o := converse(t, Ask(a.set(), Limits{}), Answer(b.set(), Limits{}))
		if o.err != nil {
			t.Fatal(o.err)
		}
		missing := func(found, want []wire.Item) bool {
			in := map[wire.Item]bool{}
			for _, it := range found {
				in[it] = true
			}
			for _, it := range want {
				if !in[it] {
					return true
				}
			}
			return false
		}
		if missing(o.have, a.over(b)) || missing(o.gave, b.over(a)) {
			t.Fatal("a difference was not found")
		}
		b2 := maps.Clone(b)
		b.take(o.have, a)
		a.take(o.gave, b2)
		if !maps.Equal(a, b) {
			t.Fatal("after the exchange the sets differ")
		}
	})
}

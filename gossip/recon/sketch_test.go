package recon

import (
	"math"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// sketchOf is the sketch of some Refs, as a peer sends it.
func sketchOf(refs []Ref, n int) []cell {
	s := sketch{owner: new(owner)}
	s.extend(n)
	cells := make([]cell, n)
	for _, r := range refs {
		s.toggle(r, 0)
	}
	for i := range cells {
		cells[i] = *s.at(i)
	}
	return cells
}

func randomRefs(rng *rand.Rand, n int) []Ref {
	refs := make([]Ref, n)
	for i := range refs {
		refs[i] = Ref(rng.Uint64())
	}
	slices.Sort(refs)
	return refs
}

func TestReadSketch(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	for _, n := range []int{0, 1, 2, 10, 100, 1000, 10000} {
		refs := randomRefs(rng, n)
		got, ok := read(sketchOf(refs, n*3/2+60))
		slices.Sort(got)
		if !ok || !slices.Equal(got, refs) {
			t.Errorf("%d Refs: read %d, %v", n, len(got), ok)
		}
		if n > 1 {
			if _, ok := read(sketchOf(refs, n-1)); ok {
				t.Errorf("%d Refs were read from fewer cells", n)
			}
		}
	}
}

// TestReadGarbage gives cells that are no sketch, among them some that are read and
// never come to an end.
func TestReadGarbage(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	for range 2000 {
		refs := randomRefs(rng, 1+rng.IntN(8))
		cells := make([]cell, 1+rng.IntN(200))
		for i := range cells {
			for _, r := range refs {
				if rng.IntN(3) == 0 {
					cells[i].sum ^= uint64(r)
					cells[i].check ^= r.check()
				}
			}
		}
		got, ok := read(cells)
		slices.Sort(got)
		if len(slices.Compact(got)) != len(got) || ok && len(cells) > 20 {
			t.Fatalf("read %x, %v", got, ok)
		}
	}
}

func TestEstimate(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	for _, n := range []int{1, 10, 100, 1000, 10000, 100000} {
		var sum float64
		const draws = 20
		for range draws {
			var a, b strata
			for _, r := range randomRefs(rng, n) {
				a.toggle(r)
			}
			for _, r := range randomRefs(rng, 3000) { // of both
				a.toggle(r)
				b.toggle(r)
			}
			estimate := float64(a.difference(&b))
			if off := math.Abs(estimate-float64(n)) / float64(n); off > 0.45 {
				t.Errorf("%d is taken for %.0f", n, estimate)
			}
			sum += estimate
		}
		if off := math.Abs(sum/draws-float64(n)) / float64(n); off > 0.1 {
			t.Errorf("%d is taken for %.0f on average", n, sum/draws)
		}
	}
}

// TestSnapshotsAreApart runs sessions beside each other and beside changes of their
// set; the race detector watches, and each must find what was there at its
// beginning.
func TestSnapshotsAreApart(t *testing.T) {
	a, b := pair(8, 3000, 60, 60, 10)
	sa, sb := a.set(), b.set()
	var running sync.WaitGroup
	for i := range 8 {
		ask, answer := Ask(sa, Limits{}), Answer(sb, Limits{})
		a2, b2 := a.open(0), b.open(0)
		running.Go(func() {
			o := converse(anywhere{t}, ask, answer)
			o.exact(anywhere{t}, a2, b2)
		})
		for n := range 50 {
			id, k := numbered((i+1)<<20+n), known{1, uint64(n) * bucketSeconds}
			a[id] = k
			sa.Add(wire.Item{ID: id, Level: 1}, k.expires)
			for id, k := range b {
				delete(b, id)
				sb.Remove(wire.Item{ID: id, Level: k.level}, k.expires)
				break
			}
		}
	}
	running.Wait()
}

// anywhere lets a goroutine fail its test.
type anywhere struct{ *testing.T }

func (a anywhere) Fatal(args ...any)                 { a.Error(args...); runtime.Goexit() }
func (a anywhere) Fatalf(format string, args ...any) { a.Errorf(format, args...); runtime.Goexit() }

package persisttest

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/ipfs/go-datastore"

	"github.com/kreidfeuer/kreidfeuer/persist"
)

// TestFaultyWithoutFaults holds the model itself to the suite.
func TestFaultyWithoutFaults(t *testing.T) {
	disks := map[string]*Faulty{} // by folder: what is closed can be opened again
	Test(t, Backend{Name: "faulty", Open: func(dir string) (datastore.Batching, error) {
		if disks[dir] == nil {
			disks[dir] = NewFaulty(nil)
		}
		return disks[dir], nil
	}})
}

// TestPowerLoss runs the script on a disk that fails and loses power at random.
func TestPowerLoss(t *testing.T) {
	for seed := range uint64(20) {
		rng := rand.New(rand.NewPCG(seed, 2))
		armed := false
		disk := NewFaulty(func() (bool, bool) { return armed && rng.IntN(8) == 0, rng.IntN(2) == 0 })
		acknowledged, failures := 0, 0
		for range 6 {
			armed = false
			s, err := persist.Open(t.Context(), disk, persist.Options{})
			if err != nil {
				t.Fatalf("seed %d: open: %v", seed, err)
			}
			next, err := checkScript(t.Context(), s, acknowledged)
			if err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			armed = true
			for stop := next + rng.IntN(12); next < stop; {
				_, err := s.Put(t.Context(), scriptBatch(next+1))
				if err != nil && !errors.Is(err, ErrFault) {
					t.Fatalf("seed %d, batch %d: %v", seed, next+1, err)
				}
				if err != nil { // not acknowledged; it may be there all the same
					failures++
					if next, err = scriptPosition(t.Context(), s); err != nil {
						t.Fatal(err)
					}
					continue
				}
				next++
				acknowledged = next
			}
			disk.PowerLoss(rng.IntN(3))
		}
		if seed == 0 && failures == 0 {
			t.Error("no write failed: the test tests nothing")
		}
	}
}

// TestUnsyncedIsLost shows that the model can see a store that does not sync.
func TestUnsyncedIsLost(t *testing.T) {
	disk := NewFaulty(nil)
	s, err := persist.Open(t.Context(), noSync{disk}, persist.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Put(t.Context(), scriptBatch(1)); err != nil {
		t.Fatal(err)
	}
	disk.PowerLoss(0)
	if _, err := disk.Get(t.Context(), datastore.RawKey("/schema")); !errors.Is(err, datastore.ErrNotFound) {
		t.Errorf("%v, want ErrNotFound", err)
	}
}

type noSync struct{ *Faulty }

// Sync does nothing.
func (noSync) Sync(context.Context, datastore.Key) error { return nil }

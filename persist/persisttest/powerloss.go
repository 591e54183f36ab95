package persisttest

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/ipfs/go-datastore"

	"github.com/kreidfeuer/kreidfeuer/persist"
)

// Disk is the model of a disk that fails and forgets.
type Disk interface {
	// Open opens the datastore on the disk.
	Open() (datastore.Batching, error)
	// PowerLoss forgets what was not synced, or some of it.
	PowerLoss(rng *rand.Rand)
}

// Faults decides for every write and sync whether it fails, and whether it is
// done, in whole or in part, nevertheless.
type Faults func() (fail, applied bool)

// TestPowerLoss runs the script on disks whose writes fail and whose power goes
// at random, and wants to find all that was acknowledged.
func TestPowerLoss(t *testing.T, newDisk func(Faults) Disk) {
	t.Parallel()
	failures, acknowledged := 0, 0
	for seed := range uint64(15) {
		rng := rand.New(rand.NewPCG(seed, 2))
		p := &powerTest{rng: rng}
		p.disk = newDisk(func() (bool, bool) {
			if !p.armed {
				return false, false
			}
			return rng.IntN(10) == 0, rng.IntN(2) == 0
		})
		for range 6 {
			if err := p.life(t.Context()); err != nil {
				t.Fatalf("seed %d: %v", seed, err)
			}
			p.disk.PowerLoss(rng)
		}
		failures, acknowledged = failures+p.failures, acknowledged+p.acknowledged
	}
	t.Logf("%d batches acknowledged, %d failed", acknowledged, failures)
	if failures == 0 || acknowledged == 0 {
		t.Error("the test tests nothing")
	}
}

type powerTest struct {
	rng          *rand.Rand
	disk         Disk
	armed        bool
	failures     int
	acknowledged int // number of the last batch that was
}

// life opens the store, checks it and writes until the power goes.
func (p *powerTest) life(ctx context.Context) error {
	ds, err := p.disk.Open()
	if err != nil {
		return err
	}
	defer ds.Close()
	s, err := persist.Open(ctx, ds, persist.Options{})
	if err != nil {
		return err
	}
	next, err := checkScript(ctx, s, p.acknowledged)
	if err != nil {
		return err
	}
	p.armed = true
	defer func() { p.armed = false }()
	for stop := next + p.rng.IntN(12); next < stop; {
		if p.rng.IntN(6) == 0 {
			if err := s.Compact(ctx, nil); err != nil && !errors.Is(err, ErrFault) {
				return err
			}
		}
		_, err := s.Put(ctx, scriptBatch(next+1))
		if err == nil {
			next++
			p.acknowledged = next
			continue
		}
		if !errors.Is(err, ErrFault) {
			return err
		}
		p.failures++ // not acknowledged; it may be there all the same
		if next, err = scriptPosition(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

package persisttest

import (
	"context"
	"errors"
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

// TestStorePowerLoss tests what the store does above any backend.
func TestStorePowerLoss(t *testing.T) {
	TestPowerLoss(t, func(faults Faults) Disk { return NewFaulty(faults) })
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
	disk.forget(0)
	if _, err := disk.Get(t.Context(), datastore.RawKey("/schema")); !errors.Is(err, datastore.ErrNotFound) {
		t.Errorf("%v, want ErrNotFound", err)
	}
}

type noSync struct{ *Faulty }

// Sync does nothing.
func (noSync) Sync(context.Context, datastore.Key) error { return nil }

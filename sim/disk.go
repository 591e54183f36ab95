package sim

import (
	"context"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

// spare is what a small disk keeps free for more important things: so much that only what
// the program plans to give up depends on what is free.
const spare = 1 << 30

// openStore opens a device's store, in memory. With room it lies on a disk so small that
// the program finds place for so many bytes of warnings: it keeps twice its reserve free.
func openStore(ctx context.Context, room uint64) (*persist.Store, error) {
	if room == 0 {
		return persist.OpenPath(ctx, "", persist.Memory, persist.Options{})
	}
	var st *persist.Store
	free := func() (uint64, error) {
		if st == nil {
			return room + 2*spare, nil // it is being made
		}
		used := st.PartUsage().Bytes
		for lane, u := range st.Usage() {
			if lane != wire.LaneTrust {
				used += u.Bytes
			}
		}
		return room + 2*spare - min(used, room+2*spare), nil
	}
	var err error
	st, err = persist.OpenPath(ctx, "", persist.Memory, persist.Options{MinFree: spare, Free: free})
	return st, err
}

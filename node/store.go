package node

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/persist"
	"github.com/kreidfeuer/kreidfeuer/persist/backup"
)

// DescribeStore says what a store holds; the parts that only a running device
// knows are empty.
func DescribeStore(st *persist.Store, backend string) apitype.Store {
	s := apitype.Store{Schema: apitype.SchemaStore, Backend: backend, Kept: !st.Volatile(), Folder: st.FolderSize(), Removed: []apitype.Removal{}}
	usage, parts := st.Usage(), st.PartUsage()
	for _, lane := range wire.Lanes {
		s.Lanes = append(s.Lanes, apitype.LaneCount{Lane: lane.String(), Envelopes: int(usage[lane].Count), Bytes: int64(usage[lane].Bytes)})
		s.Disk.Used += int64(usage[lane].Bytes)
	}
	s.Parts = apitype.StoreCount{Count: int(parts.Count), Bytes: int64(parts.Bytes)}
	s.Disk.Used += int64(parts.Bytes)
	s.Events.Oldest, s.Events.Latest = st.EventBounds()
	s.Disk.State, s.Disk.Free = apitype.DiskOK, -1
	if space := st.Space(); space.Known {
		s.Disk.Free, s.Reserve = int64(space.Free), int64(space.Reserve)
	}
	return s
}

// Store describes the device's store.
func (n *Node) Store(context.Context) (apitype.Store, error) {
	s := DescribeStore(n.deps.Store, n.cfg.Backend)
	n.mu.Lock()
	n.describeDisk(&s.Disk)
	n.mu.Unlock()
	s.Events.Oldest, s.Events.Latest = n.journal.bounds()
	s.Removed = n.retained.removals()
	return s, nil
}

// DescribeReport is a report of the store for people and programs.
func DescribeReport(r persist.Report, repaired bool) apitype.StoreReport {
	out := apitype.StoreReport{Schema: apitype.SchemaStoreReport, Envelopes: r.Envelopes, Parts: r.Parts, Events: r.Events, Local: r.Local,
		Total: r.Total, Problems: []string{}, Lost: apitype.StoreLoss(r.Lost), Repaired: repaired && r.Total > 0}
	for _, p := range r.Problems {
		out.Problems = append(out.Problems, p.Error())
	}
	return out
}

// VerifyStore reads the whole store and says what is wrong, and with repair makes
// it right as far as possible. A database that is damaged as such is salvaged by
// whoever runs the device: Run ends then.
func (n *Node) VerifyStore(ctx context.Context, repair bool, progress func(done, of int)) (apitype.StoreReport, error) {
	of := 0
	for _, u := range n.deps.Store.Usage() {
		of += 3 * int(u.Count) // with its row and its number
	}
	told := func(done int) { progress(done, max(of, done)) }
	check := n.deps.Store.Verify
	if repair {
		check = n.deps.Store.Repair
	}
	r, err := check(ctx, told)
	var damaged *persist.DamagedError
	if errors.As(err, &damaged) {
		if !repair {
			return apitype.StoreReport{}, &apitype.Error{Code: apitype.CodeConflict, Message: damaged.Error(), Hint: "kreidfeuer store verify --repair keeps what is good"}
		}
		n.noteBroken(err)
		return apitype.StoreReport{}, &apitype.Error{Code: apitype.CodeStopping, Message: "the device keeps what is good of its store and starts again",
			Hint: "its output says what was lost"}
	}
	return DescribeReport(r, repair && err == nil), err
}

// CompactStore gives the room of what was deleted back to the disk.
func (n *Node) CompactStore(ctx context.Context, progress func(done, of int)) (apitype.Store, error) {
	if err := n.deps.Store.Compact(ctx, progress); err != nil {
		n.noteBroken(err)
		return apitype.Store{}, err
	}
	return n.Store(ctx)
}

// BackupStore writes a backup of the store. What comes meanwhile is not in it.
func (n *Node) BackupStore(ctx context.Context, out io.Writer) error {
	w, err := backup.NewWriter(out)
	if err != nil {
		return err
	}
	if err := AddValues(ctx, w, n.deps.Store); err != nil {
		return err
	}
	return w.Close()
}

// AddValues adds everything in a store to a backup.
func AddValues(ctx context.Context, w *backup.Writer, st *persist.Store) error {
	for p, err := range st.Pairs(ctx) {
		if err == nil {
			err = w.Add(backup.Record{Kind: backup.Value, Name: p.Key, Content: p.Value})
		}
		if err != nil {
			return fmt.Errorf("back up the store: %w", err)
		}
	}
	return nil
}

// VerifyStore checks the store.
func (c Control) VerifyStore(ctx context.Context, repair bool, progress func(done, of int)) (apitype.StoreReport, error) {
	r, err := c.Node.VerifyStore(ctx, repair, progress)
	return r, apiError(err)
}

// CompactStore gives room back to the disk.
func (c Control) CompactStore(ctx context.Context, progress func(done, of int)) (apitype.Store, error) {
	s, err := c.Node.CompactStore(ctx, progress)
	return s, apiError(err)
}

package node

import (
	"context"
	"errors"
	"fmt"

	"github.com/kreidfeuer/kreidfeuer/gossip"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

// The problems of a store that takes nothing, or not everything.
var (
	problemFull = apitype.Problem{Kind: "disk-full", Message: "warnings arrive and are shown, but are not kept", Hint: "free some disk space"}
	problemLow  = apitype.Problem{Kind: "disk-low", Message: "disk space is low: warnings are kept, exercises and letters are not",
		Hint: "free some disk space"}
	problemReadOnly = apitype.Problem{Kind: "disk-read-only", Message: "the disk takes no writing: warnings arrive and are shown, but are not kept",
		Hint: "check the disk: worn-out cards let themselves only be read"}
	problemDisk = apitype.Problem{Kind: "disk-error", Message: "the disk fails: warnings arrive and are shown, but are not kept", Hint: "check the disk"}
)

// diskProblem is what people are told when the store refuses with err.
func diskProblem(err error) apitype.Problem {
	switch {
	case errors.As(err, new(*persist.LowSpaceError)):
		return problemLow
	case errors.Is(err, persist.ErrFull):
		return problemFull
	case errors.Is(err, persist.ErrReadOnly):
		return problemReadOnly
	}
	return problemDisk
}

// setFull notes whether the store takes envelopes, and says so when it changes.
func (n *Node) setFull(ctx context.Context, err error) {
	n.mu.Lock()
	was := n.full
	n.full = err
	n.mu.Unlock()
	n.noteBroken(err)
	if was != nil && err != nil && diskProblem(was).Kind == diskProblem(err).Kind {
		return
	}
	if was != nil {
		n.announce(ctx, apitype.Event{Kind: apitype.EventHealth, Health: &apitype.HealthEvent{Problem: diskProblem(was), Ended: true}})
	}
	if err != nil {
		n.log.Error("the store does not take everything", "err", err)
		e := apitype.HealthEvent{Problem: diskProblem(err)}
		e.Message += ": " + err.Error()
		n.announce(ctx, apitype.Event{Kind: apitype.EventHealth, Health: &e})
	}
}

// watchDisk warns before the disk is full, and notices that there is room again
// though nothing comes that would be written.
func (n *Node) watchDisk(ctx context.Context) {
	short := n.deps.Store.Room()
	n.mu.Lock()
	full, waiting := n.full, len(n.unsaved)
	n.mu.Unlock()
	switch {
	case full == nil && short != nil:
		n.setFull(ctx, short)
	case errors.Is(full, persist.ErrFull) && waiting == 0:
		n.setFull(ctx, short)
	}
}

// describeDisk says what room there is. The caller holds n.mu.
func (n *Node) describeDisk(d *apitype.Disk) {
	d.State, d.Free = apitype.DiskOK, -1
	if space := n.deps.Store.Space(); space.Known {
		d.Free = int64(space.Free)
		if space.Free < 2*space.Reserve {
			d.State = apitype.DiskLow
		}
	}
	switch {
	case n.cfg.StoreProblem != nil:
		d.State, d.Error = apitype.DiskReadOnly, n.cfg.StoreProblem.Message
	case n.full == nil:
	case errors.As(n.full, new(*persist.LowSpaceError)):
		d.State, d.Error = apitype.DiskLow, n.full.Error()
	case errors.Is(n.full, persist.ErrReadOnly):
		d.State, d.Error = apitype.DiskReadOnly, n.full.Error()
	default:
		d.State, d.Error = apitype.DiskFull, n.full.Error()
	}
}

// storeProblems are what needs attention about the store.
func (n *Node) storeProblems() (list []apitype.Problem) {
	if n.cfg.StoreProblem != nil {
		list = append(list, *n.cfg.StoreProblem)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.full != nil {
		list = append(list, diskProblem(n.full))
	}
	return list
}

// errForgets: what this device takes in ends with it.
var errForgets = fmt.Errorf("%w: %w", gossip.ErrUnsaved, persist.ErrReadOnly)

// forgets reports whether what the store takes is lost with the process, though
// nobody chose that.
func (n *Node) forgets() bool { return n.cfg.StoreProblem != nil && n.deps.Store.Volatile() }

// noteBroken ends Run if the database itself is damaged: whoever runs the device
// salvages what is good, and starts it again.
func (n *Node) noteBroken(err error) {
	var damaged *persist.DamagedError
	if errors.As(err, &damaged) {
		select {
		case n.broken <- damaged:
		default:
		}
	}
}

// mend drops single values of the store that cannot be read, so that neighbours
// bring them again, and tells what was lost.
func (n *Node) mend(ctx context.Context) error {
	report, err := n.deps.Store.Repair(ctx, nil)
	if err != nil {
		return err
	}
	lost := report.Lost
	n.log.Error("the store was damaged and is repaired", "problems", report.Total, "lost", lost)
	n.announce(ctx, apitype.Event{Kind: apitype.EventHealth, Health: &apitype.HealthEvent{Problem: apitype.Problem{Kind: "store-repaired",
		Message: fmt.Sprintf("the store was damaged and is repaired; lost: %d envelopes, %d parts, %d events, %d local values",
			lost.Envelopes, lost.Parts, lost.Events, lost.Local),
		Hint: "neighbours bring what is in force; check the disk"}}})
	return nil
}

package gossip

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// ErrUnsaved says that an envelope was accepted, and sent on, but is not on
// this device's disk: it is held in memory and written as soon as the store
// takes it. The store's error is wrapped beside it.
var ErrUnsaved = errors.New("accepted, but not on the disk yet")

// unsaved are accepted envelopes that the store has not taken, in their order.
// They count as known: a neighbour that offers them again would bring nothing
// new, and a restart, which forgets them, forgets that they were known. Only the
// writer touches it.
type unsaved struct {
	list  []pending
	bytes uint64
}

func (p *pending) size() (bytes uint64) {
	for _, e := range p.entries {
		bytes += e.Size
	}
	return bytes
}

// detach lets go of the transmissions that the records came by.
func (p *pending) detach() {
	for i := range p.records {
		r := &p.records[i]
		r.Envelope, r.Parts = r.Envelope.Stored(), slices.Clone(r.Parts)
		for j := range r.Parts {
			r.Parts[j] = bytes.Clone(r.Parts[j])
		}
	}
}

// hold keeps a batch that the store did not take, within bounds. What finds no
// room is given up: catch-up brings it again.
func (r *Router) hold(batch []pending) {
	for _, p := range split(batch) {
		if r.unsaved.has(p) {
			continue
		}
		if len(r.unsaved.list) >= maxUnsaved || r.unsaved.bytes+p.size() > maxUnsavedBytes {
			r.unremember(p)
			continue
		}
		p.detach()
		r.unsaved.list = append(r.unsaved.list, p)
		r.unsaved.bytes += p.size()
	}
}

// has reports whether an envelope is held already, as the grounds of another one: room is
// taken for it once.
func (u *unsaved) has(single pending) bool {
	return len(single.entries) > 0 && slices.ContainsFunc(u.list, func(p pending) bool {
		return len(p.entries) > 0 && p.entries[0] == single.entries[0]
	})
}

// split takes batches of catch-up apart: each envelope is held and tried by itself.
// Whoever waited was told.
func split(batch []pending) (singles []pending) {
	for _, p := range batch {
		gone := p.gone
		for i := range p.records {
			singles = append(singles, pending{judged: &judged{p.records[i : i+1], p.entries[i : i+1], gone}})
			gone = nil
		}
		if len(gone) > 0 {
			singles = append(singles, pending{judged: &judged{gone: gone}})
		}
	}
	return singles
}

// retry writes what is held, until the store refuses again. The caller holds r.writing.
func (r *Router) retry() {
	for len(r.unsaved.list) > 0 {
		batch := r.unhold(commitGroup)
		if len(batch) == 0 || r.putGrounded(batch) == nil {
			continue
		}
		// One that the store never takes must not keep the others from the disk.
		r.unsaved.list = append(batch[1:], r.unsaved.list...)
		for _, p := range batch[1:] {
			r.unsaved.bytes += p.size()
		}
		if len(batch) == 1 || r.putGrounded(batch[:1]) != nil {
			r.hold(batch[:1])
			return
		}
	}
}

// putGrounded makes what was held durable, with what it rests on: that may be behind it, because
// it was refused more often.
func (r *Router) putGrounded(batch []pending) error {
	all := r.withGrounds(batch)
	err := r.put(all)
	if err != nil {
		r.hold(all[:len(all)-len(batch)])
	}
	return err
}

// unhold takes up to n of what is held, without what has been evicted or has
// ended since.
func (r *Router) unhold(n int) (batch []pending) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for len(r.unsaved.list) > 0 && len(batch) < n {
		p := r.unsaved.list[0]
		r.unsaved.list = r.unsaved.list[1:]
		r.unsaved.bytes -= p.size()
		if kept := r.kept(p.judged); len(kept.records) > 0 || len(kept.gone) > 0 {
			batch = append(batch, pending{judged: kept})
		}
	}
	return batch
}

// put makes a batch durable.
func (r *Router) put(batch []pending) error {
	var records []Record
	var gone []wire.ID
	for _, p := range batch {
		records = append(records, p.records...)
		for _, e := range p.gone {
			gone = append(gone, e.ID)
		}
	}
	// Not the context of Run: an envelope that was accepted is still written
	// when the device is told to stop.
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := r.store.Put(ctx, records, gone); err != nil {
		return err
	}
	r.noteWritten(batch)
	return nil
}

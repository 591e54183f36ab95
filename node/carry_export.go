package node

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/bundle"
	"github.com/kreidfeuer/kreidfeuer/gossip/region"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

// cargo is one envelope that goes into a bundle.
type cargo struct {
	id      wire.ID
	rank    int
	arrival uint64
}

// maxExportDomains bounds the domains that a bundle's header names; the envelopes
// name theirs themselves.
const maxExportDomains = 64

// ExportBundle writes what this device holds and has not ended, the most
// important first: see bundle.Rank. Nothing is written if the filter is wrong.
func (n *Node) ExportBundle(ctx context.Context, f apitype.BundleFilter, out io.Writer) error {
	s, err := n.selection(f)
	if err != nil {
		return err
	}
	list, err := s.collect(ctx)
	if err != nil {
		return err
	}
	buffered := bufio.NewWriterSize(out, 64<<10)
	domains := n.pool.Domains()
	w, err := bundle.NewWriter(buffered, bundle.Header{Created: n.now(), Domains: domains[:min(len(domains), maxExportDomains)], Lanes: s.lanes})
	if err != nil {
		return err
	}
	for _, c := range list {
		if err := n.pack(ctx, w.Write, c.id); err != nil {
			return err
		}
	}
	for _, c := range list {
		if f.Bare || c.rank > bundle.Rank(wire.LaneTrust, 0) {
			break
		}
		if err := n.pack(ctx, w.Spare, c.id); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return buffered.Flush()
}

// pack writes one envelope with its parts. One that has gone since it was listed,
// or is damaged on the disk, is left out.
func (n *Node) pack(ctx context.Context, write func([]byte) error, id wire.ID) error {
	stored, err := (keeper{n}).Get(ctx, id)
	if errors.Is(err, persist.ErrNotFound) || errors.As(err, new(*persist.CorruptError)) {
		n.log.Warn("left out of a bundle", "id", id, "err", err)
		return nil
	}
	if err != nil {
		return fmt.Errorf("read envelope %s: %w", id.Short(), err)
	}
	e, err := wire.Decode(stored.Envelope)
	if err != nil {
		return err
	}
	e.Parts = stored.Parts
	return write(e.EncodeFitting())
}

// selection is a filter as it is held against rows.
type selection struct {
	n     *Node
	lanes []wire.Lane // trust first
	since uint64
	area  []alert.Place
}

func (n *Node) selection(f apitype.BundleFilter) (*selection, error) {
	s := &selection{n: n, lanes: []wire.Lane{wire.LaneTrust}, since: uint64(max(0, f.Since.Unix()))}
	for _, text := range f.Lanes {
		lane, err := wire.ParseLane(text)
		if err != nil {
			return nil, badRequest(err)
		}
		s.lanes = append(s.lanes, lane)
	}
	if len(f.Lanes) == 0 {
		s.lanes = wire.Lanes
	}
	slices.Sort(s.lanes[1:])
	s.lanes = slices.Compact(s.lanes)
	if f.Area != "" {
		key, ok := region.Normalize(f.Area)
		if !ok {
			return nil, badRequest(fmt.Errorf("area %.20q: want a Regionalschlüssel of 2, 3, 5, 9 or 12 digits", f.Area))
		}
		s.area = []alert.Place{{Keys: []string{key}}}
	}
	return s, nil
}

// collect lists what goes along, in its order. The disk may be full: then what
// waits in memory goes along, too.
func (s *selection) collect(ctx context.Context) ([]cargo, error) {
	var list []cargo
	s.n.mu.Lock()
	for id, r := range s.n.unsaved {
		h := &r.Envelope.Header
		if s.takes(id, r.Envelope.Domain(), h.Lane, h.Expires, uint64(max(0, r.Received.Unix()))) {
			list = append(list, cargo{id, bundle.Rank(h.Lane, h.Priority), 1<<63 + h.Created}) // after all that is stored
		}
	}
	s.n.mu.Unlock()
	for row, err := range s.n.deps.Store.Rows(ctx) {
		if errors.As(err, new(*persist.CorruptError)) {
			s.n.log.Error("read index row", "err", err)
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("list what is stored: %w", err)
		}
		s.n.mu.Lock()
		_, unsaved := s.n.unsaved[row.ID]
		takes := !unsaved && s.takes(row.ID, row.Domain, row.Lane, row.Expires, row.Received)
		s.n.mu.Unlock()
		if takes {
			list = append(list, cargo{row.ID, bundle.Rank(row.Lane, row.Priority), row.Arrival})
		}
	}
	slices.SortFunc(list, func(a, b cargo) int {
		age := cmp.Compare(b.arrival, a.arrival) // the latest first
		if a.rank == bundle.Rank(wire.LaneTrust, 0) {
			age = -age // issuers before subjects
		}
		return cmp.Or(cmp.Compare(a.rank, b.rank), age, a.id.Compare(b.id))
	})
	return list, nil
}

// takes reports whether an envelope goes along. The caller holds n.mu.
func (s *selection) takes(id, domain wire.ID, lane wire.Lane, expires, received uint64) bool {
	if lane == wire.LaneTrust {
		return true
	}
	if !slices.Contains(s.lanes, lane) || received < s.since || s.n.clock(domain).ExpiredFor(expires, 0) {
		return false
	}
	k := s.n.known[id]
	if len(s.area) == 0 || k == nil { // letters have no area; of what is not known, nobody can say no
		return true
	}
	c, _ := k.target.ConcernsAny(s.area)
	return c != alert.ConcernNo
}

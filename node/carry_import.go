package node

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"sync"

	"github.com/kreidfeuer/kreidfeuer/gossip"
	"github.com/kreidfeuer/kreidfeuer/gossip/bundle"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

const (
	// importers is how many envelopes of a bundle are judged and wait for the disk
	// at once: as many as the router writes with one sync.
	importers = 128

	// maxForged bounds the envelopes of a bundle that its maker should have known to
	// be wrong. A device writes none; beyond it the rest is not read, so that a
	// stranger's 2 GiB cannot keep a small device busy for hours.
	maxForged = 1000

	// maxLater bounds the bytes kept of envelopes whose issuer has not come yet, to
	// be tried again: the trust lane of a country.
	maxLater = 8 << 20

	// maxRounds bounds how often they are tried: a chain's length, read backwards.
	maxRounds = wire.MaxChain

	// maxPauses bounds how often reading waits until trust objects are judged and
	// tries again what lacked them: a sound bundle does once, one of many put
	// together some times. Trust objects strewn among others would cost the square.
	maxPauses = 16

	// maxDamages bounds the damage that is listed, not what is counted.
	maxDamages = 20
)

// ImportBundle takes in what a person carried. Each envelope goes through ingest
// as if it had come from a neighbour; what was accepted is durable when this
// returns, but for what is counted as unsaved. What cannot be read is in the result, and is no error.
func (n *Node) ImportBundle(ctx context.Context, in io.Reader) (apitype.Imported, error) {
	select {
	case <-n.route.Loaded():
	case <-ctx.Done():
		return apitype.Imported{}, ctx.Err()
	}
	m := newImporting(ctx, func(raw []byte) error {
		id, seen := n.route.Ingest(ctx, raw, gossip.MeansCarry)
		known, err := n.kept(id, seen)
		switch {
		case known && err != nil:
			return fmt.Errorf("%w: %w", err, seen)
		case known:
			return seen
		}
		return err
	})
	err := m.all(bundle.NewReader(in))
	return m.outcome(), err
}

func newImporting(ctx context.Context, ingest func([]byte) error) *importing {
	return &importing{ctx: ctx, ingest: ingest, tasks: make(chan carried, importers), lanes: map[wire.Lane]*apitype.ImportedLane{}, reasons: map[wire.Reason]*apitype.ImportRefusal{}}
}

// all reads a bundle and judges what is in it.
func (m *importing) all(r *bundle.Reader) error {
	var workers sync.WaitGroup
	for range importers {
		workers.Go(m.work)
	}
	err := m.read(r)
	close(m.tasks)
	workers.Wait()
	if err == nil {
		m.again()
	}
	if err == nil {
		err = m.ctx.Err()
	}
	return err
}

// carried is one envelope of a bundle.
type carried struct {
	raw    []byte
	lane   wire.Lane
	offset int64
}

// importing is one bundle on its way in.
type importing struct {
	ctx    context.Context
	ingest func([]byte) error
	tasks  chan carried
	open   sync.WaitGroup // tasks handed out and not judged yet

	mu      sync.Mutex // guards what follows
	lanes   map[wire.Lane]*apitype.ImportedLane
	reasons map[wire.Reason]*apitype.ImportRefusal
	unsaved int
	forged  int
	later   []carried
	bytes   int  // of later
	news    bool // a trust object was accepted since all of later was tried
	pauses  int
	state   damages
	gaveUp  string
}

// read hands out the envelopes. What proves others is judged before them.
func (m *importing) read(r *bundle.Reader) error {
	trust := false
	for m.ctx.Err() == nil {
		raw, err := r.Next()
		if err == io.EOF {
			return nil
		}
		if m.state.note(err) {
			continue
		}
		if err != nil {
			return bundleError(err)
		}
		c := carried{raw: bytes.Clone(raw), offset: r.Offset()}
		if e, err := wire.Decode(raw); err == nil {
			c.lane = e.Header.Lane
		}
		if trust && c.lane != wire.LaneTrust && m.pauses < maxPauses {
			m.open.Wait()
			if m.news {
				m.pauses++
				m.again()
			}
		}
		trust = c.lane == wire.LaneTrust
		if m.isForged() {
			m.gaveUp = fmt.Sprintf("more than %d envelopes in it are forged or malformed: the rest was not read", maxForged)
			return nil
		}
		m.open.Add(1)
		m.tasks <- c
	}
	return m.ctx.Err()
}

func (m *importing) isForged() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.forged > maxForged
}

func (m *importing) work() {
	for c := range m.tasks {
		m.note(c, m.ingest(c.raw), true)
		m.open.Done()
	}
}

// again tries what lacked its issuer until nothing more is accepted. Nobody else
// judges meanwhile.
func (m *importing) again() {
	for range maxRounds {
		list := m.later
		m.news = false
		m.later, m.bytes = nil, 0
		for _, c := range list {
			m.note(c, m.ingest(c.raw), true)
		}
		if len(m.later) == len(list) {
			return
		}
	}
}

// note counts what became of an envelope, or keeps it for later.
func (m *importing) note(c carried, err error, later bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if later && isReason(err, wire.ReasonUnknownIssuer) && m.bytes+len(c.raw) <= maxLater {
		m.later = append(m.later, c)
		m.bytes += len(c.raw)
		return
	}
	m.news = m.news || c.lane == wire.LaneTrust && (err == nil || errors.Is(err, gossip.ErrUnsaved) && !isReason(err, wire.ReasonSeen))
	lane := m.lanes[c.lane]
	if lane == nil {
		lane = &apitype.ImportedLane{Lane: laneName(c.lane)}
		m.lanes[c.lane] = lane
	}
	if errors.Is(err, gossip.ErrUnsaved) {
		m.unsaved++
	}
	var refusal *wire.Refusal
	switch {
	case err == nil:
		lane.Accepted++
	case isReason(err, wire.ReasonSeen):
		lane.Known++
	case errors.Is(err, gossip.ErrUnsaved):
		lane.Accepted++
	case errors.As(err, &refusal):
		lane.Refused++
		m.refuse(c, refusal)
	default: // the device is being stopped
		lane.Refused++
		m.refuse(c, wire.Refuse(wire.ReasonBusy, "%v", err))
	}
}

// laneName is a lane's name; empty of what cannot be read.
func laneName(l wire.Lane) string {
	if l == 0 {
		return ""
	}
	return l.String()
}

func (m *importing) refuse(c carried, refusal *wire.Refusal) {
	if refusal.Reason.Verdict() == wire.Reject {
		m.forged++
	}
	r := m.reasons[refusal.Reason]
	if r == nil {
		r = &apitype.ImportRefusal{Reason: string(refusal.Reason), Message: refusal.Detail, Offset: c.offset}
		m.reasons[refusal.Reason] = r
	}
	r.Count++
	if c.offset < r.Offset {
		r.Message, r.Offset = refusal.Detail, c.offset
	}
}

// outcome sums up; what is left for later has no issuer in the whole bundle.
func (m *importing) outcome() apitype.Imported {
	for _, c := range m.later {
		m.note(c, wire.Refuse(wire.ReasonUnknownIssuer, "its certificate is neither on this device nor in the bundle"), false)
	}
	out := apitype.Imported{Schema: apitype.SchemaImported, Unsaved: m.unsaved, BundleState: m.state.described(), GaveUp: m.gaveUp,
		Lanes: []apitype.ImportedLane{}, Reasons: []apitype.ImportRefusal{}}
	for _, lane := range slices.Sorted(maps.Keys(m.lanes)) {
		l := m.lanes[lane]
		out.Accepted, out.Known, out.Refused = out.Accepted+l.Accepted, out.Known+l.Known, out.Refused+l.Refused
		out.Lanes = append(out.Lanes, *l)
	}
	for _, r := range m.reasons {
		out.Reasons = append(out.Reasons, *r)
	}
	slices.SortFunc(out.Reasons, func(a, b apitype.ImportRefusal) int {
		return cmp.Or(b.Count-a.Count, cmp.Compare(a.Reason, b.Reason))
	})
	return out
}

// damages collects what of a bundle cannot be read.
type damages struct{ state apitype.BundleState }

// note reports whether err is damage, behind which reading goes on.
func (d *damages) note(err error) bool {
	var damage *bundle.DamageError
	if !errors.As(err, &damage) {
		return false
	}
	d.state.CutOff = d.state.CutOff || damage.CutOff
	d.state.Damaged++
	if len(d.state.Damage) < maxDamages {
		d.state.Damage = append(d.state.Damage, apitype.Damage{From: damage.From, To: damage.To, Reason: damage.Reason})
	}
	return true
}

func (d *damages) described() apitype.BundleState {
	s := d.state
	if s.Damage == nil {
		s.Damage = []apitype.Damage{}
	}
	return s
}

// bundleError gives an error of a bundle's reader the API's code.
func bundleError(err error) error {
	if errors.Is(err, bundle.ErrNotBundle) || errors.As(err, new(*bundle.VersionError)) {
		return badRequest(err)
	}
	return err
}

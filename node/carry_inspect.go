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

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/bundle"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/row"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

// InspectBundle says what a bundle holds and what this device would make of it.
// It takes nothing in: trust objects of the bundle prove its other content, in a
// pool that is thrown away.
func (n *Node) InspectBundle(ctx context.Context, in io.Reader) (apitype.BundleContent, error) {
	pool, err := n.scratchPool(ctx)
	if err != nil {
		return apitype.BundleContent{}, err
	}
	x := &inspection{n: n, pool: pool, lanes: map[laneOf]*apitype.BundleLane{}}
	r := bundle.NewReader(in)
	for ctx.Err() == nil {
		raw, err := r.Next()
		if err == io.EOF {
			break
		}
		if x.state.note(err) {
			continue
		}
		if err != nil {
			return apitype.BundleContent{}, bundleError(err)
		}
		x.look(raw)
	}
	if err := ctx.Err(); err != nil {
		return apitype.BundleContent{}, err
	}
	x.again()
	out := x.outcome()
	if h, ok := r.Header(); ok && h.Created > 0 {
		out.Created = row.UTC(h.Created)
	}
	return out, nil
}

// scratchPool knows what the device's pool does.
func (n *Node) scratchPool(ctx context.Context) (*identity.Pool, error) {
	pool := identity.NewPool()
	if err := pool.Restore(n.pool.Export()); err != nil {
		return nil, err
	}
	var trust []*wire.Envelope
	for r, err := range n.deps.Store.Rows(ctx) {
		if errors.As(err, new(*persist.CorruptError)) || err == nil && r.Lane != wire.LaneTrust {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read what is trusted: %w", err)
		}
		if s, err := (keeper{n}).Get(ctx, r.ID); err == nil {
			if e, err := wire.Decode(s.Envelope); err == nil {
				trust = append(trust, e)
			}
		}
	}
	pool.AddAll(trust)
	return pool, nil
}

// maxInspectedLanes bounds the lanes of domains that are told apart: a device takes
// part in a few, and a stranger's bundle may name millions.
const maxInspectedLanes = 256

type laneOf struct {
	domain wire.ID
	lane   wire.Lane
}

// inspection is one bundle that is looked at.
type inspection struct {
	n      *Node
	pool   *identity.Pool
	lanes  map[laneOf]*apitype.BundleLane
	alerts []inspected
	count  int
	later  []*wire.Envelope // their issuers have not come yet
	bytes  int              // of later
	state  damages
}

// inspected is an alert of a bundle.
type inspected struct {
	k   *known
	row apitype.BundleAlert
}

func (x *inspection) look(raw []byte) {
	e, err := wire.Decode(raw)
	if err != nil {
		x.laneOf(laneOf{}).Bytes += int64(len(raw))
		x.laneOf(laneOf{}).Envelopes++
		return
	}
	l := x.laneOf(laneOf{e.Domain(), e.Header.Lane})
	l.Envelopes++
	l.Bytes += int64(len(raw))
	x.judge(e, raw)
}

func (x *inspection) laneOf(key laneOf) *apitype.BundleLane {
	l := x.lanes[key]
	if _, known := x.pool.Status(key.domain); l == nil && !known && len(x.lanes) >= maxInspectedLanes {
		key.domain = wire.ID{} // one line for all further ones
		l = x.lanes[key]
	}
	if l == nil {
		l = &apitype.BundleLane{Lane: laneName(key.lane)}
		if !key.domain.IsZero() {
			l.Domain = key.domain.String()
		}
		if s, ok := x.pool.Status(key.domain); ok && s.Adopted != nil {
			l.Name = s.Adopted.Name
		}
		x.lanes[key] = l
	}
	return l
}

// judge verifies one envelope, with the pool of this inspection. One whose issuer
// may come later is kept, if raw is given.
func (x *inspection) judge(e *wire.Envelope, raw []byte) {
	_, err := x.pool.AddChain(e)
	var v identity.Verified
	switch {
	case err != nil:
	case e.Header.Lane == wire.LaneTrust:
		v, err = x.pool.Add(e)
		if isReason(err, wire.ReasonSuperseded) {
			err = nil // genuine, and a later one is known
		}
	default:
		v, err = x.pool.Verify(e)
	}
	if raw != nil && isReason(err, wire.ReasonUnknownIssuer) && x.bytes+len(raw) <= maxLater {
		if kept, err := wire.Decode(bytes.Clone(raw)); err == nil {
			x.later = append(x.later, kept)
			x.bytes += len(raw)
			return
		}
	}
	if e.Header.Type == wire.TypeAlert {
		err = x.alert(e, v, err)
	}
	if err == nil {
		x.laneOf(laneOf{e.Domain(), e.Header.Lane}).Verified++
	}
}

// again judges what lacked its issuer: with trust objects in any order.
func (x *inspection) again() {
	list := x.later
	x.later, x.bytes = nil, 0
	x.pool.AddAll(slices.DeleteFunc(slices.Clone(list), func(e *wire.Envelope) bool { return e.Header.Lane != wire.LaneTrust }))
	for _, e := range list {
		x.judge(e, nil)
	}
}

// alert describes an alert, whether it is verified or not, and returns why it is
// not.
func (x *inspection) alert(e *wire.Envelope, v identity.Verified, refused error) error {
	x.count++
	a, err := open(e)
	if err == nil && refused == nil {
		refused = alert.Check(&v, a)
	}
	if err != nil { // without its parts, perhaps: what is signed can still be shown
		if a, _ = alert.OpenFull(e.Stored()); a == nil {
			return errors.Join(refused, err)
		}
		refused = cmp.Or(refused, err)
	}
	if !x.makeRoom(e, refused == nil) {
		return refused
	}
	x.n.telling.Lock()
	k := x.n.knownOf(e, a, v, 0)
	x.n.telling.Unlock()
	one := inspected{k: k, row: apitype.BundleAlert{Verified: refused == nil}}
	var refusal *wire.Refusal
	if errors.As(refused, &refusal) {
		one.row.Reason, one.row.Refusal = string(refusal.Reason), refusal.Detail
	}
	_, one.row.Held = x.n.route.Known(k.fact.ID)
	x.alerts = append(x.alerts, one)
	return refused
}

// makeRoom reports whether an alert is to be listed. Copies of what is listed are
// not, and what is verified pushes out what is not: a thousand forgeries in front
// hide no warning.
func (x *inspection) makeRoom(e *wire.Envelope, verified bool) bool {
	id, level := e.ID(), wire.Level(len(e.Signers))
	for i := range x.alerts {
		one := &x.alerts[i]
		if one.k.fact.ID != id {
			continue
		}
		better := verified && (!one.row.Verified || level > one.k.fact.Level)
		if better {
			x.alerts = slices.Delete(x.alerts, i, i+1)
		}
		return better
	}
	if len(x.alerts) < apitype.MaxLimit {
		return true
	}
	if !verified {
		return false
	}
	for i := range slices.Backward(x.alerts) {
		if !x.alerts[i].row.Verified {
			x.alerts = slices.Delete(x.alerts, i, i+1)
			return true
		}
	}
	return false
}

func (x *inspection) outcome() apitype.BundleContent {
	out := apitype.BundleContent{Schema: apitype.SchemaBundle, Lanes: []apitype.BundleLane{}, Alerts: []apitype.BundleAlert{},
		AlertCount: x.count, BundleState: x.state.described()}
	keys := slices.SortedFunc(maps.Keys(x.lanes), func(a, b laneOf) int {
		return cmp.Or(a.domain.Compare(b.domain), cmp.Compare(a.lane, b.lane))
	})
	for _, k := range keys {
		out.Lanes = append(out.Lanes, *x.lanes[k])
	}
	standing := x.lifecycle()
	clock := x.n.anyClock()
	for _, one := range x.alerts {
		f := &one.k.fact
		one.row.AlertSummary = one.k.row
		one.row.Incident, one.row.State = f.ID.String(), stateByTime(f, clock)
		if in, ok := standing.Incident(f.ID, clock); ok && one.row.Verified {
			version := in.Version(f.ID)
			one.row.Incident, one.row.State = in.Root.String(), row.State(version, clock)
			one.row.Unconfirmed = version.Phase == alert.PhaseUnconfirmed || version.Phase == alert.PhaseAllClearUnconfirmed
		}
		out.Alerts = append(out.Alerts, one.row)
	}
	return out
}

// lifecycle joins what the bundle proves with what the device knows: an all-clear
// may have come another way.
func (x *inspection) lifecycle() *alert.State {
	var facts []alert.Fact
	x.n.mu.Lock()
	for _, k := range x.n.known {
		facts = append(facts, k.fact)
	}
	x.n.mu.Unlock()
	for _, one := range x.alerts {
		if one.row.Verified {
			facts = append(facts, one.k.fact)
		}
	}
	s := alert.New(nil)
	s.Revise(x.n.anyClock(), facts...)
	return s
}

// stateByTime is all that can be said of an alert that is not verified.
func stateByTime(f *alert.Fact, clock identity.Clock) apitype.AlertState {
	switch clock.InForce(f.Created, f.Expires) {
	case identity.InForce:
		return apitype.StateInForce
	case identity.NotInForce:
		return apitype.StateExpired
	}
	return apitype.StateUnknown
}

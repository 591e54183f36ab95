package node

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/kreidfeuer/kreidfeuer/gossip"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/row"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

// Alerts lists the alerts this device holds, newest first.
func (n *Node) Alerts(_ context.Context, f apitype.AlertFilter, p apitype.Page) (apitype.List[apitype.AlertSummary], error) {
	n.mu.Lock()
	var all []apitype.AlertSummary
	now := n.outlook()
	for _, k := range n.known {
		if one := now.view(k); matches(one, f) {
			all = append(all, one)
		}
	}
	n.mu.Unlock()
	slices.SortFunc(all, func(a, b apitype.AlertSummary) int {
		return cmp.Or(b.Created.Compare(a.Created), cmp.Compare(a.ID, b.ID))
	})
	items, next := page(all, p, func(a apitype.AlertSummary) string { return a.ID })
	return apitype.List[apitype.AlertSummary]{Schema: apitype.SchemaAlerts, Items: items, Next: next}, nil
}

func matches(one apitype.AlertSummary, f apitype.AlertFilter) bool {
	active := one.State == apitype.StateInForce || one.State == apitype.StateUnknown || one.State == apitype.StateNotYet
	return (f.Lane == "" || f.Lane == one.Lane) && (f.State == "" || f.State == one.State) && (!f.Active || active) &&
		(f.Concerns == "" || f.Concerns == one.Concerns) && (f.Incident == "" || f.Incident == one.Incident)
}

// Alert returns one alert with its texts and as CAP.
func (n *Node) Alert(ctx context.Context, id wire.ID) (apitype.AlertDetail, error) {
	d := apitype.AlertDetail{Schema: apitype.SchemaAlert, References: []string{}, FollowUps: []string{}}
	n.mu.Lock()
	k := n.known[id]
	if k != nil {
		d.AlertSummary = n.outlook().view(k)
		for _, ref := range k.fact.Refs {
			d.References = append(d.References, ref.String())
		}
		for other, o := range n.known {
			if slices.Contains(o.fact.Refs, id) {
				d.FollowUps = append(d.FollowUps, other.String())
			}
		}
	}
	n.mu.Unlock()
	if k == nil {
		return d, errNotFound
	}
	slices.Sort(d.FollowUps)
	raw, err := n.Envelope(ctx, id)
	if err != nil {
		return d, err
	}
	e, err := wire.Decode(raw)
	if err != nil {
		return d, err
	}
	a, err := open(e)
	if err != nil {
		return d, err
	}
	return d, row.Detail(&d, a)
}

// Envelope returns an envelope in its transmitted form, with its chain: the
// bytes that prove it to anybody who knows the root.
func (n *Node) Envelope(ctx context.Context, id wire.ID) ([]byte, error) {
	s, err := (keeper{n}).Get(ctx, id)
	if errors.Is(err, persist.ErrNotFound) {
		if e, ok := n.pool.Envelope(id); ok { // it came with a root that was pinned
			full := *e
			full.Chain = n.pool.ChainFor(e)
			return full.EncodeFull(), nil
		}
		return nil, errNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("read envelope %s: %w", id.Short(), err)
	}
	e, err := wire.Decode(s.Envelope)
	if err != nil {
		return nil, err
	}
	e.Parts, e.Chain = s.Parts, n.pool.ChainFor(e)
	return e.EncodeFitting(), nil
}

// Submit takes an envelope from an officer's process: it is durable and
// published when this returns. One that is known already is not sent again:
// neighbours have it, or catch up. On a full disk it is published all the same
// and the error says that it is not kept.
func (n *Node) Submit(ctx context.Context, raw []byte) (apitype.Submitted, error) {
	s := apitype.Submitted{Schema: apitype.SchemaSubmitted, Neighbours: len(n.deps.Host.Network().Peers())}
	id, err := n.route.Publish(ctx, raw)
	if s.Known, err = n.kept(id, err); err != nil {
		return s, err
	}
	s.ID = id.String()
	if level, ok := n.route.Known(id); ok {
		s.Level = int(level)
	}
	return s, nil
}

// kept tells what became of an envelope that the router took in, or refused with err: known, the
// device had it before, and no error, it is on the disk. What is held in memory alone is
// [gossip.ErrUnsaved], however often it comes.
func (n *Node) kept(id wire.ID, err error) (known bool, _ error) {
	if known = isReason(err, wire.ReasonSeen); known {
		err = nil
		if why, ok := n.isUnsaved(id); ok {
			err = fmt.Errorf("%w: %w", gossip.ErrUnsaved, why)
		}
	}
	if err == nil && n.forgets() {
		err = errForgets
	}
	return known, err
}

// errNotFound is what lookups return for what the device does not have.
var errNotFound = &apitype.Error{Schema: apitype.SchemaError, Code: apitype.CodeNotFound, Message: "not on this device"}

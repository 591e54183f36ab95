package node

import (
	"slices"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/kreidfeuer/kreidfeuer/gossip"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/row"
)

// known is an alert the device holds: what the lifecycle knows of it, whom it
// addresses, and what lists show that does not change. It refers to nothing of
// the transmission it came by.
type known struct {
	fact   alert.Fact
	target *alert.Target
	row    apitype.AlertSummary
}

// remember notes an accepted alert. The caller holds n.telling and n.mu.
func (n *Node) remember(a *alert.Alert, r *gossip.Record) *known {
	k := n.knownOf(r.Envelope, a, r.Verified, uint64(max(0, r.Received.Unix())))
	k.row.From = printablePeer(r.From)
	if old := n.known[k.fact.ID]; old != nil {
		k.row.Received, k.row.From, k.row.AgeS = old.row.Received, old.row.From, old.row.AgeS
	} else if c := n.clock(k.fact.Domain); !c.Doubtful() && c.Now > k.fact.Created {
		k.row.AgeS = int64(c.Now - k.fact.Created)
	}
	n.known[k.fact.ID] = k
	return k
}

// knownOf describes an alert; it does not enter it. The caller holds n.telling.
func (n *Node) knownOf(e *wire.Envelope, a *alert.Alert, v identity.Verified, received uint64) *known {
	k := &known{fact: alert.FactOf(a, &v)}
	k.fact.Received = received
	var scope []identity.Area
	if v.Unit != nil {
		scope = v.Unit.Scope.Areas
	}
	k.target = alert.NewTarget(a.CAP, scope)
	k.row = row.Alert(e, a, &v, n.path(&v))
	k.row.Received = row.UTC(received)
	n.place(k)
	return k
}

// path names the authorities from the root down to the unit.
func (n *Node) path(v *identity.Verified) []string {
	var names []string
	for c := v.Unit; c != nil; {
		names = append(names, c.Name)
		above, ok := n.pool.Certificate(c.Issuer)
		if !ok {
			break
		}
		c = above
	}
	if s, ok := n.pool.Status(v.Domain); ok && s.Adopted != nil {
		names = append(names, s.Adopted.Name)
	}
	slices.Reverse(names)
	return names
}

// outlook is how the alerts stand at one moment; every incident is judged once.
// It is valid while the caller holds n.mu.
type outlook struct {
	n     *Node
	clock identity.Clock
	of    map[wire.ID]standing
}

type standing struct {
	incident *alert.Incident
	version  *alert.Version
}

func (n *Node) outlook() *outlook { return &outlook{n, n.anyClock(), map[wire.ID]standing{}} }

// standing judges an alert's incident, for all alerts in it.
func (o *outlook) standing(id wire.ID) (standing, bool) {
	if s, ok := o.of[id]; ok {
		return s, true
	}
	in, ok := o.n.alerts.Incident(id, o.clock)
	if !ok {
		return standing{}, false
	}
	for i := range in.Versions {
		o.of[in.Versions[i].ID] = standing{&in, &in.Versions[i]}
	}
	s, ok := o.of[id]
	return s, ok
}

// incident lists the alerts of an alert's incident.
func (o *outlook) incident(id wire.ID) (all []wire.ID) {
	if s, ok := o.standing(id); ok {
		for i := range s.incident.Versions {
			all = append(all, s.incident.Versions[i].ID)
		}
	}
	return all
}

func (o *outlook) stateOf(k *known) apitype.AlertState {
	if s, ok := o.standing(k.fact.ID); ok {
		return row.State(s.version, o.clock)
	}
	return apitype.StateUnknown
}

// view is an alert as it stands.
func (o *outlook) view(k *known) apitype.AlertSummary {
	out := k.row
	out.Level, out.Incident, out.State = int(k.fact.Level), out.ID, o.stateOf(k)
	if s, ok := o.standing(k.fact.ID); ok {
		in, v := s.incident, s.version
		out.Incident = in.Root.String()
		out.Unconfirmed = v.Phase == alert.PhaseUnconfirmed || v.Phase == alert.PhaseAllClearUnconfirmed ||
			v.Kind == alert.KindAllClear && in.Phase == alert.PhaseAllClearUnconfirmed
	}
	return out
}

func printablePeer(id string) string {
	if id == "" {
		return ""
	}
	return peer.ID(id).String()
}

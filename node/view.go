package node

import (
	"context"
	"encoding/hex"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/kreidfeuer/kreidfeuer/gossip"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// known is an alert the device holds: what the lifecycle knows of it, whom it
// addresses, and what lists show that does not change.
type known struct {
	fact   alert.Fact
	target *alert.Target
	row    apitype.AlertSummary
}

// remember notes an accepted alert. The caller holds n.mu.
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

// knownOf describes an alert; it does not enter it. The caller holds n.mu.
func (n *Node) knownOf(e *wire.Envelope, a *alert.Alert, v identity.Verified, received uint64) *known {
	k := &known{fact: alert.FactOf(a, &v)}
	k.fact.Received = received
	var scope []identity.Area
	if v.Unit != nil {
		scope = v.Unit.Scope.Areas
	}
	k.target = alert.NewTarget(a.CAP, scope)
	k.row = n.row(e, a, &v)
	k.row.Received = utc(received)
	n.place(k)
	return k
}

// place holds an alert against the watched places.
func (n *Node) place(k *known) {
	k.fact.Concern, k.row.Places = alert.ConcernUnknown, []string{}
	if len(n.places) > 0 {
		k.fact.Concern, _ = k.target.ConcernsAny(placesOf(n.places))
	}
	for _, p := range placesOf(n.places) {
		if c, _ := k.target.Concerns(p); c == alert.ConcernYes {
			k.row.Places = append(k.row.Places, p.Name)
		}
	}
	k.row.Concerns = apitype.Concern(k.fact.Concern.String())
}

// row is what lists show and what does not change.
func (n *Node) row(e *wire.Envelope, a *alert.Alert, v *identity.Verified) apitype.AlertSummary {
	h, c := &a.Header, a.CAP
	row := apitype.AlertSummary{
		ID: a.ID.String(), CAP: apitype.CAPTriple{Identifier: c.Identifier, Sender: c.Sender, Sent: string(c.Sent)},
		Kind: apitype.AlertKind(a.Kind.String()), Lane: h.Lane.String(), Test: a.Test != "" || a.Drill(),
		Severity: string(severityName(a)), Warnstufe: alert.Warnstufe(severityName(a)), Areas: []string{},
		Domain: h.DomainID().String(), Authority: h.Authority, Chain: n.path(v), Signers: signersOf(e, v),
		Level: int(v.Level), Needed: v.Needed, Created: utc(h.Created), Expires: utc(h.Expires),
	}
	if v.Unit != nil {
		row.AuthorityName = v.Unit.Name
	}
	if in := a.Language("de", "en"); in != nil {
		row.Event, row.Headline = in.Event, in.Headline
		for i := range in.Area {
			row.Areas = append(row.Areas, in.Area[i].AreaDesc)
		}
	}
	if o := a.Origin; o != nil {
		row.Origin = apitype.Origin{By: row.AuthorityName, Format: o.Format, Digest: hex.EncodeToString(o.Digest[:]), Signature: o.Signature.String()}
	}
	return row
}

// signersOf names those who signed, in the envelope's order.
func signersOf(e *wire.Envelope, v *identity.Verified) []apitype.Signer {
	list := []apitype.Signer{}
	for i, c := range v.Signers {
		if c == nil || i >= len(e.Signers) {
			continue
		}
		list = append(list, apitype.Signer{Person: c.Person, Name: c.Name, Function: c.Function, Authority: c.Authority,
			Role: e.Signers[i].Role.String(), Key: identity.Fingerprint(c.ID)})
	}
	return list
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

// view is an alert as it stands now. The caller holds n.mu.
func (n *Node) view(k *known) apitype.AlertSummary {
	row := k.row
	row.Level, row.Incident, row.State = int(k.fact.Level), row.ID, apitype.StateUnknown
	if in, ok := n.alerts.Incident(k.fact.ID, n.anyClock()); ok {
		row.Incident = in.Root.String()
		if v := in.Version(k.fact.ID); v != nil {
			row.State = stateOf(v, n.now())
			row.Unconfirmed = v.Phase == alert.PhaseUnconfirmed || v.Phase == alert.PhaseAllClearUnconfirmed ||
				v.Kind == alert.KindAllClear && in.Phase == alert.PhaseAllClearUnconfirmed
		}
	}
	return row
}

// stateOf is the API's word for where an alert stands.
func stateOf(v *alert.Version, now uint64) apitype.AlertState {
	switch v.Phase {
	case alert.PhaseInForce, alert.PhaseUnconfirmed:
		switch {
		case v.InForce == identity.InForce:
			return apitype.StateInForce
		case v.Created > now:
			return apitype.StateNotYet
		}
		return apitype.StateUnknown
	case alert.PhaseLapsed:
		return apitype.StateLapsed
	case alert.PhaseExpired:
		return apitype.StateExpired
	case alert.PhaseSuperseded:
		return apitype.StateSuperseded
	case alert.PhaseAllClear, alert.PhaseAllClearUnconfirmed:
		return apitype.StateAllClear
	case alert.PhaseWithdrawn:
		return apitype.StateWithdrawn
	case alert.PhaseRevoked:
		return apitype.StateRevoked
	}
	return apitype.StateUnknown
}

// loadAlerts gives the lifecycle what the store holds, all at once.
func (n *Node) loadAlerts(ctx context.Context) error {
	var trust []*wire.Envelope
	var alerts []gossip.Stored
	for s, err := range (keeper{n}).All(ctx) {
		if err != nil {
			n.log.Error("read stored envelope", "err", err)
			continue
		}
		e, err := wire.Decode(s.Envelope)
		if err != nil {
			n.log.Error("decode stored envelope", "err", err)
			continue
		}
		if e.Header.Lane == wire.LaneTrust {
			trust = append(trust, e)
		} else if e.Header.Type == wire.TypeAlert {
			alerts = append(alerts, s)
		}
	}
	n.pool.AddAll(trust) // the router reports what is refused
	n.mu.Lock()
	defer n.mu.Unlock()
	var facts []alert.Fact
	for _, s := range alerts {
		k, err := n.judgeStored(s)
		if err != nil {
			n.log.Warn("stored alert is not valid any more", "err", err)
			continue
		}
		n.known[k.fact.ID] = k
		facts = append(facts, k.fact)
	}
	n.trusted = n.pool.Version()
	return n.tell(ctx, n.alerts.Add(n.anyClock(), facts...))
}

// judgeStored verifies a stored alert again, under today's trust.
func (n *Node) judgeStored(s gossip.Stored) (*known, error) {
	e, err := wire.Decode(s.Envelope)
	if err != nil {
		return nil, err
	}
	e.Parts = s.Parts
	a, err := open(e)
	if err != nil {
		return nil, err
	}
	v, err := n.pool.Verify(e)
	if err != nil && !isReason(err, wire.ReasonRevoked) {
		return nil, err
	}
	k := n.knownOf(e, a, v, 0)
	k.fact.Revoked = err != nil || alert.Check(&v, a) != nil
	return k, nil
}

// severityName is CAP's word for the highest severity of the info blocks.
func severityName(a *alert.Alert) cap.Severity {
	for i := range a.CAP.Info {
		if s := a.CAP.Info[i].Severity; s.Rank() == int(a.Severity) {
			return s
		}
	}
	return cap.UnknownSeverity
}

func utc(seconds uint64) time.Time { return time.Unix(int64(seconds), 0).UTC() }

func printablePeer(id string) string {
	if id == "" {
		return ""
	}
	return peer.ID(id).String()
}

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
	row    apitype.Alert
}

// remember notes an accepted alert. The caller holds n.mu.
func (n *Node) remember(a *alert.Alert, r *gossip.Record) *known {
	k := n.knownOf(a, r.Verified, uint64(max(0, r.Received.Unix())))
	k.row.Means, k.row.From = string(r.Means), printablePeer(r.From)
	if old := n.known[k.fact.ID]; old != nil {
		k.row.Received, k.row.Means, k.row.From = old.row.Received, old.row.Means, old.row.From
	}
	n.known[k.fact.ID] = k
	return k
}

// knownOf describes an alert; it does not enter it. The caller holds n.mu.
func (n *Node) knownOf(a *alert.Alert, v identity.Verified, received uint64) *known {
	k := &known{fact: alert.FactOf(a, &v)}
	k.fact.Received = received
	var scope []identity.Area
	if v.Unit != nil {
		scope = v.Unit.Scope.Areas
	}
	k.target = alert.NewTarget(a.CAP, scope)
	k.row = n.row(a, &v)
	k.row.Received = utc(received)
	n.place(k)
	return k
}

// place holds an alert against the watched places.
func (n *Node) place(k *known) {
	if len(n.places) == 0 {
		k.fact.Concern, k.row.Place = alert.ConcernUnknown, ""
	} else {
		k.fact.Concern, k.row.Place = k.target.ConcernsAny(placesOf(n.places))
	}
	k.row.Concerns = k.fact.Concern.String()
}

// row is what lists show and what does not change.
func (n *Node) row(a *alert.Alert, v *identity.Verified) apitype.Alert {
	h, c := &a.Header, a.CAP
	row := apitype.Alert{
		ID: a.ID.String(), Lane: h.Lane.String(), Kind: a.Kind.String(), Severity: string(severityName(a)),
		Warnstufe: alert.Warnstufe(severityName(a)), Test: a.Test != "", Authority: h.Authority, Domain: h.DomainID().String(),
		Level: int(v.Level), Needed: v.Needed, Sender: string(c.Sender), Identifier: string(c.Identifier), Sent: string(c.Sent),
		Created: utc(h.Created), Expires: utc(h.Expires), VerifiedBy: n.path(v),
	}
	if v.Unit != nil {
		row.Issuer = v.Unit.Name
	}
	for _, s := range v.Signers {
		if s != nil {
			row.Signers = append(row.Signers, s.Name)
		}
	}
	if in := a.Language("de", "en"); in != nil {
		row.Event, row.Headline = in.Event, in.Headline
		for i := range in.Area {
			row.Areas = append(row.Areas, in.Area[i].AreaDesc)
			for _, g := range in.Area[i].Geocode {
				if key, ok := alert.ParseKey(g); ok {
					row.Keys = append(row.Keys, key.String())
				}
			}
		}
	}
	if o := a.Origin; o != nil {
		row.Origin = &apitype.Origin{Format: o.Format, Digest: hex.EncodeToString(o.Digest[:]), Signature: o.Signature.String(), By: h.Authority}
	}
	for _, i := range a.Missing() {
		row.MissingParts = append(row.MissingParts, a.Parts[i].Kind.String())
	}
	return row
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
func (n *Node) view(k *known) *apitype.Alert {
	row := k.row
	row.Level, row.Concerns = int(k.fact.Level), k.fact.Concern.String()
	clock := n.anyClock()
	if in, ok := n.alerts.Incident(k.fact.ID, clock); ok {
		row.Incident = in.Root.String()
		row.Equivocal = slices.Contains(in.Equivocal, k.fact.ID)
		if v := in.Version(k.fact.ID); v != nil {
			row.State, row.InForce = v.Phase.String(), v.InForce.String()
		}
	}
	if !clock.Doubtful() && clock.Now > k.fact.Created {
		row.AgeSeconds = int64(clock.Now - k.fact.Created)
	}
	_, row.Alarmed = n.alerts.Record(k.fact.ID)
	return &row
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
	effects := n.alerts.Add(n.anyClock(), facts...)
	n.trusted = n.pool.Version()
	return n.tell(ctx, effects)
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
	k := n.knownOf(a, v, 0)
	k.fact.Revoked = err != nil || alert.Check(&v, a) != nil
	k.row.Means = string(gossip.MeansLocal)
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

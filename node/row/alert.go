package row

import (
	"encoding/hex"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// Alert is what listings show of an alert and what does not change. chain names
// the authorities from the root down to its unit.
func Alert(e *wire.Envelope, a *alert.Alert, v *identity.Verified, chain []string) apitype.AlertSummary {
	h, c := &a.Header, a.CAP
	row := apitype.AlertSummary{
		ID: a.ID.String(), CAP: apitype.CAPTriple{Identifier: c.Identifier, Sender: c.Sender, Sent: string(c.Sent)},
		Kind: apitype.AlertKind(a.Kind.String()), Lane: h.Lane.String(), Test: a.Test != "" || a.Drill(),
		Severity: string(severity(a)), Warnstufe: alert.Warnstufe(severity(a)), Areas: []string{},
		Domain: h.DomainID().String(), Authority: h.Authority, Chain: chain, Signers: signers(e, v),
		Level: int(v.Level), Needed: alert.Confirmation(a.Kind, a.Severity, v.Needed), Created: UTC(h.Created), Expires: UTC(h.Expires),
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

// signers names those who signed, in the envelope's order.
func signers(e *wire.Envelope, v *identity.Verified) []apitype.Signer {
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

// State is the API's word for where an alert stands. That it begins later is said
// by a clock without doubt only.
func State(v *alert.Version, clock identity.Clock) apitype.AlertState {
	switch v.Phase {
	case alert.PhaseInForce, alert.PhaseUnconfirmed:
		switch {
		case v.InForce == identity.InForce:
			return apitype.StateInForce
		case v.Created > clock.Now && !clock.Doubtful():
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

// severity is CAP's word for the highest severity of the info blocks.
func severity(a *alert.Alert) cap.Severity {
	for i := range a.CAP.Info {
		if s := a.CAP.Info[i].Severity; s.Rank() == int(a.Severity) {
			return s
		}
	}
	return cap.UnknownSeverity
}

// UTC is a signed time: seconds UTC.
func UTC(seconds uint64) time.Time { return time.Unix(int64(seconds), 0).UTC() }

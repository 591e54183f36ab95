package row

import (
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// Root describes a trust domain.
func Root(s identity.DomainStatus) apitype.Root {
	r := apitype.Root{Domain: s.ID.String(), Fingerprint: identity.Fingerprint(s.ID), Frozen: len(s.Frozen) > 0, Keys: []string{}, Conflict: []string{}}
	if s.Adopted != nil {
		r.Name, r.Version, r.Threshold = s.Adopted.Name, s.Adopted.Version, int(s.Adopted.Threshold)
		for _, k := range s.Adopted.Keys {
			r.Keys = append(r.Keys, k.String())
		}
	}
	for _, f := range s.Frozen {
		r.Conflict = append(r.Conflict, f.ID.String())
	}
	return r
}

// severities are CAP's words for priorities.
var severities = map[wire.Priority]string{wire.PriorityRoutine: "Unknown", wire.PriorityMinor: "Minor",
	wire.PriorityModerate: "Moderate", wire.PrioritySevere: "Severe", wire.PriorityExtreme: "Extreme"}

// Certificate describes a certificate as it stands at now, in seconds UTC.
func Certificate(c identity.CertificateStatus, now uint64) apitype.Certificate {
	out := apitype.Certificate{ID: c.ID.String(), Domain: c.Domain.String(), Kind: c.Kind.String(), Authority: c.Authority, Person: c.Person,
		Name: c.Name, Function: c.Function, Key: c.Key.String(), Issuer: c.Issuer.String(), Created: UTC(c.Created), Expires: UTC(c.Expires),
		State: "valid", Counts: c.Vouched > 0, Areas: []string{}, Lanes: []string{}, Needed: int(c.Scope.Needed), Highest: severities[c.Scope.Severity]}
	for _, a := range c.Scope.Areas {
		out.Areas = append(out.Areas, a.String())
	}
	for _, l := range wire.Lanes {
		if c.Scope.Lanes.Has(l) {
			out.Lanes = append(out.Lanes, l.String())
		}
	}
	switch {
	case c.Revocation != nil:
		out.State = c.Revocation.Kind.String()
	case now < c.Created:
		out.State = "not-yet"
	case now >= c.Expires:
		out.State = "expired"
	}
	return out
}

package identity

import (
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// A neighbour is punished only for what shows in the bytes: what one device
// passes on, another must not reject because it has other revocations.
func TestRejectionsDoNotDependOnRevocations(t *testing.T) {
	w := newTree(t)
	vouched := by{w.grant(w.kreis.cert, personSubject(t, "rp/07131", "vera", scopeAt("07131", 2)), w.kreis.a, w.kreis.b),
		testKey(t, PurposePerson, "rp/07131vera")}
	narrow := scopeAt("07131", 1)
	narrow.Severity = wire.PriorityModerate
	carl := by{w.grant(w.kreis.cert, personSubject(t, "rp/07131/lst", "carl", narrow), w.kreis.a, w.kreis.b),
		testKey(t, PurposePerson, "rp/07131/lstcarl")}
	dora := scopeAt("07131", 1)
	dora.Areas = []Area{{Keys: []AreaKey{{Scheme: SchemeARS, Prefix: "071310007"}}}}
	local := by{w.grant(w.kreis.cert, personSubject(t, "rp/07131/lst", "dora", dora), w.kreis.a, w.kreis.b),
		testKey(t, PurposePerson, "rp/07131/lstdora")}
	demand := Demand{Severity: wire.PrioritySevere, Lane: wire.LaneLive, Lifetime: 3600, Categories: 1,
		Areas: []Area{{Keys: []AreaKey{{Scheme: SchemeARS, Prefix: "07131"}}}}}
	subject := unitSubject(t, "rp/07131/new", scopeAt("07131", 0))
	for _, tt := range []struct {
		name string
		e    *wire.Envelope
		gone Revocation
	}{
		{"a further signer of less severity", w.alert(w.lst.cert, t0+day, w.lst.a, w.lst.b, carl), entry(carl, Compromised, t0+1)},
		{"a further signer of a smaller area", w.alert(w.lst.cert, t0+day, w.lst.a, w.lst.b, local), entry(local, Compromised, t0+1)},
		{"a certificate with the unit's key beside the quorum", w.draft(w.kreis.cert, subject, t0+day, t0+year, w.kreis.self(), w.kreis.a, vouched),
			entry(w.kreis.b, Compromised, t0+1)},
	} {
		verdict := func(p *Pool) wire.Verdict {
			v, err := p.Verify(tt.e)
			if err == nil && tt.e.Header.Type == wire.TypeAlert {
				err = v.Permit(demand)
			}
			if err == nil {
				return wire.Accept
			}
			t.Logf("%s: %v", tt.name, err)
			return reason(err).Verdict()
		}
		p := w.copy()
		before := verdict(p)
		if _, err := p.Add(w.revoke(w.land.cert, []by{w.land.self()}, tt.gone)); err != nil {
			t.Fatal(err)
		}
		after := verdict(p)
		if (before == wire.Accept && after == wire.Reject) || (before == wire.Reject && after == wire.Accept) {
			t.Errorf("%s: %s before the revocation, %s after it", tt.name, before, after)
		}
	}
}

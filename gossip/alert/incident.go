package alert

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// Phase is the state of an incident, or of one alert in it.
type Phase uint8

// The phases. A record of them may be stored: append only, do not reorder.
const (
	// PhaseUnknown: only follow-ups are here; what they speak of is missing.
	PhaseUnknown Phase = iota
	// PhaseInForce: holds now, or the clock cannot tell (see Incident.InForce).
	PhaseInForce
	// PhaseUnconfirmed: one emergency signature, the second is awaited.
	PhaseUnconfirmed
	// PhaseLapsed: nobody confirmed the emergency signature in time.
	PhaseLapsed
	// PhaseExpired: its time is over.
	PhaseExpired
	// PhaseSuperseded: an update took its place, or a withdrawal voided this
	// end. Alerts only, never an incident.
	PhaseSuperseded
	// PhaseAllClearUnconfirmed: the danger is over, says one person of those needed.
	PhaseAllClearUnconfirmed
	// PhaseAllClear: the danger is over.
	PhaseAllClear
	// PhaseWithdrawn: it was a false alarm.
	PhaseWithdrawn
	// PhaseRevoked: signed with a key that was compromised.
	PhaseRevoked
)

var phaseNames = [...]string{"unknown", "in force", "unconfirmed", "lapsed", "expired", "superseded",
	"all-clear unconfirmed", "all-clear", "withdrawn", "revoked"}

func (p Phase) String() string { return phaseNames[p] }

// MarshalText implements [encoding.TextMarshaler].
func (p Phase) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText implements [encoding.TextUnmarshaler].
func (p *Phase) UnmarshalText(text []byte) error {
	i := slices.Index(phaseNames[:], string(text))
	if i < 0 {
		return fmt.Errorf("unknown phase %.40q", text)
	}
	*p = Phase(i)
	return nil
}

// Active reports whether people have to act on it.
func (p Phase) Active() bool { return p == PhaseInForce || p == PhaseUnconfirmed }

// Over reports whether somebody ended it: not just time.
func (p Phase) Over() bool { return p >= PhaseAllClearUnconfirmed }

// timedOut reports whether time ended it.
func (p Phase) timedOut() bool { return p == PhaseLapsed || p == PhaseExpired }

// rank orders phases by what an incident shows if its versions differ: what
// people must act on first, then what they were told, then what just ended.
func (p Phase) rank() int {
	return slices.Index([]Phase{PhaseUnknown, PhaseSuperseded, PhaseRevoked, PhaseExpired, PhaseLapsed,
		PhaseWithdrawn, PhaseAllClear, PhaseAllClearUnconfirmed, PhaseUnconfirmed, PhaseInForce}, p)
}

// Incident is an alert with its updates and its end. It is a function of the
// facts and the clock alone, whatever order they came in.
type Incident struct {
	// Root is the earliest alert known. It changes when an earlier one arrives.
	Root  wire.ID
	Phase Phase
	// InForce says how sure the clock is of an active phase.
	InForce identity.Force
	// Severity is the highest of what is current, or of all versions if nothing is.
	Severity wire.Priority
	// Current are the versions to show, most severe first; more than one if
	// versions conflict.
	Current []wire.ID
	// End is the follow-up that ended the incident, or zero.
	End wire.ID
	// Versions are all alerts of the incident, by created and ID.
	Versions []Version
	// Equivocal are alerts that cannot all be honest: one CAP triple or one
	// place in a key's sequence with different content.
	Equivocal []wire.ID
}

// Version is one alert of an incident.
type Version struct {
	Fact
	Phase   Phase
	InForce identity.Force
}

// surer is what two alerts of which one suffices amount to.
func surer(a, b identity.Force) identity.Force {
	switch {
	case a == identity.InForce || b == identity.InForce:
		return identity.InForce
	case a == identity.ForceUnknown || b == identity.ForceUnknown:
		return identity.ForceUnknown
	}
	return identity.NotInForce
}

func byAge(a, b *Fact) int { return cmp.Or(cmp.Compare(a.Created, b.Created), a.ID.Compare(b.ID)) }

// settle derives the incident's state from its versions'.
func (in *Incident) settle() {
	for _, v := range in.Versions {
		if !v.Kind.Ends() && v.Phase.rank() > in.Phase.rank() {
			in.Phase = v.Phase
		}
	}
	var current []*Version
	var highest wire.Priority
	for i := range in.Versions {
		v := &in.Versions[i]
		if v.Kind.Ends() {
			continue
		}
		highest = max(highest, v.Severity)
		if v.Phase == in.Phase || in.Phase.Active() && v.Phase.Active() {
			current = append(current, v)
			in.Severity = max(in.Severity, v.Severity)
			in.InForce = surer(in.InForce, v.InForce)
		}
	}
	if !in.Phase.Active() {
		in.Severity, in.InForce = highest, identity.NotInForce
	}
	slices.SortFunc(current, func(a, b *Version) int {
		return cmp.Or(cmp.Compare(b.Severity, a.Severity), cmp.Compare(b.Phase.rank(), a.Phase.rank()), byAge(&b.Fact, &a.Fact))
	})
	for _, v := range current {
		in.Current = append(in.Current, v.ID)
	}
}

// Version returns the alert of the incident with this ID, or nil.
func (in *Incident) Version(id wire.ID) *Version {
	for i := range in.Versions {
		if in.Versions[i].ID == id {
			return &in.Versions[i]
		}
	}
	return nil
}

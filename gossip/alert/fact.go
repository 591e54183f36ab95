package alert

import (
	"strings"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// Kind says what an alert does to its incident. It is derived from msgType and
// responseType, never from the words of a headline.
type Kind uint8

// The kinds. A record of them may be stored: append only, do not reorder.
const (
	KindAlert      Kind = 1 // Warnung
	KindUpdate     Kind = 2 // Aktualisierung
	KindAllClear   Kind = 3 // Entwarnung: the danger is over
	KindWithdrawal Kind = 4 // Rücknahme: it was a false alarm
)

func (k Kind) String() string {
	switch k {
	case KindAlert:
		return "alert"
	case KindUpdate:
		return "update"
	case KindAllClear:
		return "all-clear"
	case KindWithdrawal:
		return "withdrawal"
	}
	return "unknown"
}

// MarshalText implements [encoding.TextMarshaler].
func (k Kind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// Ends reports whether alerts of this kind end what they refer to.
func (k Kind) Ends() bool { return k == KindAllClear || k == KindWithdrawal }

// EmergencyLifetime is how long a single emergency signature stands before a
// second person must have signed, in seconds after created: long enough to
// reach a deputy by phone or on foot, short enough that a stolen key's shout
// ends the same hour.
const EmergencyLifetime = 3600

// Fact is what the lifecycle knows of one accepted alert. Everything but the
// local fields follows from the envelope and the trust pool. Times are seconds
// UTC.
type Fact struct {
	ID        wire.ID
	Domain    wire.ID
	Lane      wire.Lane
	Authority string
	Author    wire.Ref
	Sequence  uint64 // of the author's key in this lane
	Kind      Kind
	Severity  wire.Priority
	Created   uint64
	Expires   uint64

	Level     wire.Level // persons who signed; may rise
	Needed    wire.Level
	Emergency bool // signed in the emergency role

	Refs       []wire.ID       // what it follows up, by envelope ID; they decide
	Triple     cap.Reference   // its own CAP triple
	RefTriples []cap.Reference // what it follows up where Refs is empty

	Test    bool // carries a test code: shown as a test, never alarms
	Revoked bool // a signer's key was compromised and did not vouch for it

	// Local: they do not change what state an incident is in.
	Received uint64
	Concern  Concern
}

// severe reports whether the alert needs all signatures.
func (f *Fact) severe() bool { return f.Severity >= wire.PrioritySevere }

// confirmed reports whether as many persons have signed as the unit needs.
func (f *Fact) confirmed() bool { return f.Level >= f.Needed }

// alarms reports whether the alert may make a noise at all.
func (f *Fact) alarms() bool {
	return f.Lane == wire.LaneLive && !f.Test && f.Concern != ConcernNo
}

// mayFollow reports whether f has the right to update or end g: the same
// authority or one above, in the same domain and lane.
func (f *Fact) mayFollow(g *Fact) bool {
	return f.Domain == g.Domain && f.Lane == g.Lane && IsWithin(g.Authority, f.Authority)
}

// IsWithin reports whether authority path is top or lies below it.
func IsWithin(path, top string) bool {
	return top == "" || path == top || strings.HasPrefix(path, top+"/")
}

// merge takes up what another copy of the same alert tells: more signatures, a
// revocation, the place it was held against. It reports whether anything changed.
func (f *Fact) merge(g Fact) bool {
	level, emergency, revoked, concern := f.Level, f.Emergency, f.Revoked, f.Concern
	f.Level = max(f.Level, g.Level)
	f.Emergency = f.Emergency || g.Emergency
	f.Revoked = f.Revoked || g.Revoked
	f.Concern = g.Concern
	f.Received = min(f.Received, g.Received)
	return level != f.Level || emergency != f.Emergency || revoked != f.Revoked || concern != f.Concern
}

// FactOf is what the lifecycle needs to know of an alert that Check accepted.
// The caller fills in Received and Concern.
func FactOf(a *Alert, v *identity.Verified) Fact {
	f := Fact{
		ID: a.ID, Domain: a.Header.DomainID(), Lane: a.Header.Lane, Authority: a.Header.Authority,
		Author: v.AuthorKey.Ref(), Sequence: a.Header.Sequence, Kind: a.Kind, Severity: a.Severity,
		Created: a.Header.Created, Expires: a.Header.Expires,
		Level: v.Level, Needed: wire.Level(v.Needed), Emergency: v.Emergency,
		Refs: a.References, Triple: a.CAP.Triple(), Test: a.Test != "",
	}
	if len(f.Refs) == 0 {
		f.RefTriples, _ = a.CAP.ReferenceList()
	}
	return f
}

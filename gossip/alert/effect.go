package alert

import (
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// EffectKind says what the device has to do.
type EffectKind uint8

// The effects. Only Alarm and Reinstated make a noise.
const (
	// EffectAlarm: tell people now. Exactly once per alert on a device.
	EffectAlarm EffectKind = 1
	// EffectReinstated: an alert for which the device told the end, holds again.
	EffectReinstated EffectKind = 2
	// EffectUpdated: what people were alarmed about has a new version that is no
	// more severe, or no longer concerns this place.
	EffectUpdated EffectKind = 3
	// EffectConfirmed: the missing signature came, of an alert or an all-clear.
	EffectConfirmed EffectKind = 4
	// EffectEnded: what people were alarmed about is over; see Phase. Goes to
	// exactly those incidents that alarmed.
	EffectEnded EffectKind = 5
)

func (k EffectKind) String() string {
	return [...]string{"", "alarm", "reinstated", "updated", "confirmed", "ended"}[k]
}

// MarshalText implements [encoding.TextMarshaler].
func (k EffectKind) MarshalText() ([]byte, error) { return []byte(k.String()), nil }

// Effect is something that the device has to tell people.
type Effect struct {
	Kind     EffectKind
	Incident wire.ID // its root
	Alert    wire.ID // the version or the end that is the reason; zero if time is
	Phase    Phase   // of the incident
	Severity wire.Priority
	InForce  identity.Force
	Concern  Concern // of the version; an update may have moved away from here
	// Age is how old the alert is in seconds, for one that comes late; 0 if the
	// clock does not know.
	Age uint64
}

// Record is what a device remembers of an alert it told people about. It is
// local state: kept over restarts, it keeps an alarm from firing twice. Store
// the records after their effects were carried out.
type Record struct {
	ID       wire.ID       `json:"id"`
	Severity wire.Priority `json:"severity"`
	Expires  uint64        `json:"expires"`
	// Phase is the last one that was told: of the incident when it ended, else
	// PhaseInForce or PhaseUnconfirmed.
	Phase Phase `json:"phase"`
	// Quiet marks an update that was told without alarm.
	Quiet bool `json:"quiet,omitempty"`
}

// effects compares what an incident is with what people were told, and brings
// the memory up to date.
func (s *State) effects(in *Incident, now identity.Clock) []Effect {
	told := s.told(in)
	if !in.Phase.Active() {
		return s.tellEnd(in, told)
	}
	var list []Effect
	for _, id := range in.Current {
		v := in.Version(id)
		if e := s.tell(in, v, told); e != nil {
			if !now.Doubtful() && now.Now > v.Created {
				e.Age = now.Now - v.Created
			}
			list = append(list, *e)
			told = s.told(in)
		}
	}
	s.close(in)
	return list
}

// close notes which versions are no longer what people act on, so that a later
// rise above what still holds alarms.
func (s *State) close(in *Incident) {
	for _, v := range in.Versions {
		if r, ok := s.memory[v.ID]; ok && !v.Phase.Active() {
			r.Phase = v.Phase
			s.memory[v.ID] = r
		}
	}
}

// toldState sums up the records of an incident.
type toldState struct {
	any    bool          // people were alarmed
	open   wire.Priority // the highest severity told and not ended
	isOpen bool
}

func (s *State) told(in *Incident) (t toldState) {
	for _, v := range in.Versions {
		r, ok := s.memory[v.ID]
		if !ok {
			continue
		}
		t.any = true
		if r.Phase.Active() && v.alarms() {
			t.isOpen = true
			t.open = max(t.open, r.Severity)
		}
	}
	return t
}

// tell decides on one current version and remembers what it decided. An update
// that moves away from here is told to those whom the incident alarmed.
func (s *State) tell(in *Incident, v *Version, told toldState) *Effect {
	e := &Effect{Incident: in.Root, Alert: v.ID, Phase: in.Phase, Severity: v.Severity, InForce: v.InForce}
	r, known := s.memory[v.ID]
	e.Concern = v.Concern
	switch {
	case !v.alarms() && (known || !told.isOpen):
		return nil
	case !known && told.isOpen && (v.Severity <= told.open || !v.alarms()):
		e.Kind = EffectUpdated
		r.Quiet = true
	case !known:
		e.Kind = EffectAlarm
	case r.Phase.timedOut() && v.InForce != identity.InForce:
		return nil // a clock in doubt brings nothing back
	case !r.Phase.Active():
		e.Kind = EffectReinstated
	case r.Phase == PhaseUnconfirmed && v.Phase == PhaseInForce:
		e.Kind = EffectConfirmed
	default:
		return nil
	}
	s.remember(v, v.Phase, r.Quiet)
	return e
}

func (s *State) remember(v *Version, phase Phase, quiet bool) {
	s.memory[v.ID] = Record{ID: v.ID, Severity: v.Severity, Expires: v.Expires, Phase: phase, Quiet: quiet}
}

// tellEnd tells those who were alarmed that the incident is over, once, and
// again when an all-clear is confirmed or turns into a withdrawal.
func (s *State) tellEnd(in *Incident, told toldState) []Effect {
	if !told.any || in.Phase == PhaseUnknown {
		return nil
	}
	e := Effect{Kind: EffectEnded, Incident: in.Root, Alert: in.End, Phase: in.Phase, Severity: in.Severity}
	changed := false
	for i := range in.Versions {
		v := &in.Versions[i]
		r, ok := s.memory[v.ID]
		if !ok || r.Phase == in.Phase {
			continue
		}
		if r.Phase == PhaseAllClearUnconfirmed && in.Phase == PhaseAllClear {
			e.Kind = EffectConfirmed
		}
		changed = true
		r.Phase = in.Phase
		s.memory[v.ID] = r
	}
	if !changed {
		return nil
	}
	return []Effect{e}
}

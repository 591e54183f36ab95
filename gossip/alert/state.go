package alert

import (
	"cmp"
	"maps"
	"slices"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// RecordLifetime is how long after its alert expired a [Record] is kept, in
// seconds: peers offer expired alerts for two days, and clocks are wrong by more
// than that; a week costs some 100 bytes per alert.
const RecordLifetime = 7 * 24 * 3600

// State is the lifecycle of all alerts that a device knows. What incidents it
// holds depends only on the set of facts and the clock, not on their order,
// repetition or on what was lost; what it told people is its memory.
//
// A State is not safe for concurrent use.
type State struct {
	facts     map[wire.ID]*Fact
	followers map[wire.ID][]*Fact   // by what they refer to
	triples   map[tripleKey][]*Fact // alerts of this triple
	named     map[tripleKey][]*Fact // alerts that refer to this triple
	sequences map[sequenceKey][]*Fact
	memory    map[wire.ID]Record
}

// tripleKey is a CAP triple within one issuing authority: elsewhere it means
// nothing, so that nobody can speak about a foreign alert by copying its name.
type tripleKey struct {
	domain    wire.ID
	lane      wire.Lane
	authority string
	triple    cap.Reference
}

type sequenceKey struct {
	author   wire.Ref
	lane     wire.Lane
	sequence uint64
}

// New makes an empty State that remembers what the device told people earlier.
// After a restart, give it all stored facts in one Add: what they amount to
// together is told, not what each would have been alone.
func New(memory []Record) *State {
	s := &State{
		facts: map[wire.ID]*Fact{}, followers: map[wire.ID][]*Fact{}, memory: map[wire.ID]Record{},
		triples: map[tripleKey][]*Fact{}, named: map[tripleKey][]*Fact{}, sequences: map[sequenceKey][]*Fact{},
	}
	for _, r := range memory {
		s.memory[r.ID] = r
	}
	return s
}

// Memory lists what was told, by ID: to be stored, and given to New.
func (s *State) Memory() []Record {
	return slices.SortedFunc(maps.Values(s.memory), func(a, b Record) int { return a.ID.Compare(b.ID) })
}

// Record returns what the device remembers of an alert.
func (s *State) Record(id wire.ID) (Record, bool) {
	r, ok := s.memory[id]
	return r, ok
}

// Add takes up facts, in any order and as often as they come, and returns what
// the device has to tell now. Give what arrives together, such as a catch-up,
// in one call: then an alert that comes with its all-clear does not alarm.
func (s *State) Add(now identity.Clock, facts ...Fact) []Effect {
	var changed []*Fact
	for _, f := range facts {
		if known := s.facts[f.ID]; known != nil {
			if known.merge(f) {
				changed = append(changed, known)
			}
			continue
		}
		changed = append(changed, s.insert(f))
	}
	return s.evaluate(now, changed)
}

// Revise takes up facts that were judged anew because trust changed: here a
// level may fall and a revocation may be lifted. Unknown facts are added.
func (s *State) Revise(now identity.Clock, facts ...Fact) []Effect {
	var changed []*Fact
	for _, f := range facts {
		if known := s.facts[f.ID]; known != nil {
			known.Level, known.Needed, known.Emergency = f.Level, f.Needed, f.Emergency
			known.Revoked, known.Concern = f.Revoked, f.Concern
			changed = append(changed, known)
			continue
		}
		changed = append(changed, s.insert(f))
	}
	return s.evaluate(now, changed)
}

// Revoke marks alerts that a revocation withdraws, and returns what follows.
func (s *State) Revoke(now identity.Clock, ids ...wire.ID) []Effect {
	var changed []*Fact
	for _, id := range ids {
		if f := s.facts[id]; f != nil && !f.Revoked {
			f.Revoked = true
			changed = append(changed, f)
		}
	}
	return s.evaluate(now, changed)
}

// Tick returns what time alone brings: alerts that begin, lapse and expire.
func (s *State) Tick(now identity.Clock) []Effect {
	return s.evaluate(now, slices.Collect(maps.Values(s.facts)))
}

// Next is the earliest second after now at which Tick may have something to
// tell, or 0.
func (s *State) Next(now identity.Clock) uint64 {
	var next uint64
	for _, f := range s.facts {
		for _, t := range []uint64{f.Created, f.Expires, f.Created + EmergencyLifetime} {
			if t > now.Now && (next == 0 || t < next) {
				next = t
			}
		}
	}
	return next
}

// Forget drops incidents of which everything has expired more than keep seconds
// ago, and records a week after their alert expired. A clock in doubt drops nothing.
func (s *State) Forget(now identity.Clock, keep uint64) {
	if now.Doubtful() {
		return
	}
	for _, group := range s.groups(slices.Collect(maps.Values(s.facts))) {
		if !slices.ContainsFunc(group, func(f *Fact) bool { return now.Now < f.Expires+keep }) {
			for _, f := range group {
				s.remove(f)
			}
		}
	}
	maps.DeleteFunc(s.memory, func(id wire.ID, r Record) bool {
		return s.facts[id] == nil && now.Now >= r.Expires+RecordLifetime
	})
}

// Incidents lists all incidents: active ones first, then by severity, then the
// latest first.
func (s *State) Incidents(now identity.Clock) []Incident {
	var list []Incident
	for _, group := range s.groups(slices.Collect(maps.Values(s.facts))) {
		list = append(list, s.incident(group, now))
	}
	slices.SortFunc(list, func(a, b Incident) int {
		return cmp.Or(-cmpBool(a.Phase.Active(), b.Phase.Active()), cmp.Compare(b.Severity, a.Severity),
			cmp.Compare(b.Versions[0].Created, a.Versions[0].Created), a.Root.Compare(b.Root))
	})
	return list
}

func cmpBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// Incident returns the incident that an alert belongs to.
func (s *State) Incident(id wire.ID, now identity.Clock) (Incident, bool) {
	f := s.facts[id]
	if f == nil {
		return Incident{}, false
	}
	return s.incident(s.groups([]*Fact{f})[0], now), true
}

// Facts is the number of alerts known.
func (s *State) Facts() int { return len(s.facts) }

func (s *State) incident(group []*Fact, now identity.Clock) Incident {
	in := judge(group, s.targets, now)
	in.Equivocal = s.equivocal(group)
	return in
}

// evaluate tells what follows for the incidents that the changed facts touch.
func (s *State) evaluate(now identity.Clock, changed []*Fact) []Effect {
	for _, f := range slices.Clone(changed) {
		changed = append(changed, s.followers[f.ID]...)
		changed = append(changed, s.targetFacts(f)...)
	}
	var effects []Effect
	for _, group := range s.groups(changed) {
		in := s.incident(group, now)
		effects = append(effects, s.effects(&in, now)...)
	}
	// Ends first: a device that stops its siren for one must not stop it for the other.
	slices.SortStableFunc(effects, func(a, b Effect) int {
		return cmpBool(b.Kind == EffectEnded, a.Kind == EffectEnded)
	})
	return effects
}

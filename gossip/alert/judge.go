package alert

import (
	"slices"

	"github.com/kreidfeuer/kreidfeuer/identity"
)

// component is an incident while it is judged.
type component struct {
	facts   []*Fact           // by age
	targets map[*Fact][]*Fact // whom each follows up, with right and effect
	order   []*Fact           // every fact after its targets
	severe  map[*Fact]bool    // it, or what it took the place of, was Severe
	void    map[*Fact]bool    // ends that were withdrawn themselves
	over    map[*Fact]bool    // superseded
	ends    map[*Fact][]*Fact // the ends of each version
}

// judge computes an incident from its facts, which are sorted by age.
// targets(f) are those facts that f follows up with right and effect; a revoked
// alert has none.
func judge(facts []*Fact, targets func(*Fact) []*Fact, now identity.Clock) Incident {
	c := &component{
		facts: facts, targets: map[*Fact][]*Fact{}, severe: map[*Fact]bool{},
		void: map[*Fact]bool{}, over: map[*Fact]bool{}, ends: map[*Fact][]*Fact{},
	}
	for _, f := range facts {
		c.targets[f] = targets(f)
	}
	seen := map[*Fact]bool{}
	for _, f := range facts {
		c.sort(f, seen)
	}
	for _, f := range c.order {
		c.severe[f] = f.severe() || slices.ContainsFunc(c.targets[f], func(t *Fact) bool { return c.severe[t] })
	}
	// The last follow-up is judged first: nothing can void it any more.
	for _, f := range slices.Backward(c.order) {
		switch {
		case f.Kind == KindUpdate:
			for _, t := range c.targets[f] {
				c.over[t] = c.over[t] || supersedes(f, t)
			}
		case f.Kind.Ends() && !c.void[f]:
			for _, t := range c.targets[f] {
				c.end(f, t)
			}
		}
	}
	return c.incident(now)
}

// sort appends f to the order after what it refers to. References by ID are
// hashes and those by triple point back in time, so there is no circle; if one
// were made, it would be cut at the same place on every device.
func (c *component) sort(f *Fact, seen map[*Fact]bool) {
	if seen[f] {
		return
	}
	seen[f] = true
	for _, t := range c.targets[f] {
		c.sort(t, seen)
	}
	c.order = append(c.order, f)
}

// supersedes reports whether update u takes the place of t. What needs two
// persons to say needs two to play down: an update that lowers a Severe alert
// with one signature stands beside it, and the more severe is shown.
func supersedes(u, t *Fact) bool {
	return !t.Kind.Ends() && (u.Severity >= t.Severity || !t.severe() || u.confirmed())
}

// end applies end e to t and to all that t took the place of. A withdrawal of
// an end voids that end; an all-clear of an end says nothing.
func (c *component) end(e, t *Fact) {
	if t.Kind.Ends() {
		c.void[t] = c.void[t] || e.Kind == KindWithdrawal
		return
	}
	if slices.Contains(c.ends[t], e) {
		return
	}
	c.ends[t] = append(c.ends[t], e)
	if t.Kind != KindUpdate {
		return
	}
	for _, older := range c.targets[t] {
		if supersedes(t, older) {
			c.end(e, older)
		}
	}
}

// incident collects the phases of the versions.
func (c *component) incident(now identity.Clock) Incident {
	in := Incident{Root: c.facts[0].ID}
	var last *Fact
	for _, f := range c.facts {
		v := Version{Fact: *f, Phase: c.phase(f, now)}
		if v.Phase.Active() {
			v.InForce = now.InForce(f.Created, f.Expires)
		}
		in.Versions = append(in.Versions, v)
		for _, e := range c.ends[f] {
			if last == nil || byAge(e, last) > 0 {
				last = e
			}
		}
	}
	in.settle()
	if last != nil && in.Phase.Over() {
		in.End = last.ID
	}
	return in
}

// phase judges one alert.
func (c *component) phase(f *Fact, now identity.Clock) Phase {
	switch {
	case f.Revoked:
		return PhaseRevoked
	case f.Kind.Ends():
		return c.says(f)
	case len(c.ends[f]) > 0:
		return c.ended(f)
	case c.over[f]:
		return PhaseSuperseded
	case now.InForce(f.Created, f.Expires) == identity.NotInForce:
		return PhaseExpired
	case !f.severe() || f.confirmed():
		return PhaseInForce
	case now.InForce(f.Created, f.Created+EmergencyLifetime) == identity.NotInForce:
		return PhaseLapsed
	}
	return PhaseUnconfirmed
}

// says is the phase of an end itself.
func (c *component) says(e *Fact) Phase {
	switch {
	case c.void[e]:
		return PhaseSuperseded
	case len(c.targets[e]) == 0:
		return PhaseUnknown
	case e.Kind == KindWithdrawal:
		return PhaseWithdrawn
	case e.confirmed() || !c.severe[e]:
		return PhaseAllClear
	}
	return PhaseAllClearUnconfirmed
}

// ended is what the ends of a version amount to. An all-clear with all
// signatures outranks a withdrawal, which outranks an all-clear that waits for
// them. An update that played the incident down does not make it cheaper.
func (c *component) ended(f *Fact) Phase {
	best := PhaseAllClearUnconfirmed
	for _, e := range c.ends[f] {
		switch {
		case e.Kind == KindWithdrawal:
			best = PhaseWithdrawn
		case e.confirmed() || !c.severe[f]:
			return PhaseAllClear
		}
	}
	return best
}

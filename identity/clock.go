package identity

// maxSkew is how far a clock may be behind an author's before the device says
// that it does not know: ten minutes, in seconds. Field laptops drift by minutes.
const maxSkew = 600

// Clock is what a device knows of the time when it judges.
type Clock struct {
	Now   uint64 // this device's clock, seconds UTC
	Floor uint64 // the time is at least this, a root or Land says so; 0: nobody says
	Doubt bool   // the device has reason to distrust Now, for example a clock never set
}

// Force says whether something holds now.
type Force uint8

// The answers. Unknown is shown, and alarms once.
const (
	NotInForce Force = iota
	InForce
	ForceUnknown
)

func (f Force) String() string { return [...]string{"no", "yes", "unknown"}[f] }

// Behind reports whether the clock is provably behind.
func (c Clock) Behind() bool { return c.Now < c.Floor }

// Doubtful reports whether Now must not be taken at its word.
func (c Clock) Doubtful() bool { return c.Doubt || c.Behind() }

// InForce judges a validity from created to expires. The floor alone never
// expires anything: it can only turn an answer into "unknown".
func (c Clock) InForce(created, expires uint64) Force {
	switch {
	case c.over(expires):
		return NotInForce
	case c.Doubt && !c.Behind():
		return ForceUnknown
	case c.Now >= expires: // a clock that is behind, and yet past it
		return NotInForce
	case c.Behind() || created > c.Now+maxSkew:
		return ForceUnknown
	}
	return InForce
}

// over reports whether a time has passed by this clock and by the floor: signed
// and measured time agree, and doubt, which any neighbour without a key may
// cast, does not bring back what ended. Otherwise last year's warnings alarmed.
func (c Clock) over(expires uint64) bool { return min(c.Now, c.Floor) >= expires }

// Stale reports whether a trust object's validity is over by this clock or by
// the floor: what rests on it deserves a mark, never a silence.
func (c Clock) Stale(expires uint64) bool {
	return max(c.Now, c.Floor) >= expires
}

// ExpiredFor reports whether expires has passed by at least age seconds by a
// clock without doubt, or by the clock and the floor: only then may a device stop
// relaying.
func (c Clock) ExpiredFor(expires, age uint64) bool {
	return c.over(expires+age) || !c.Doubtful() && c.Now >= expires+age
}

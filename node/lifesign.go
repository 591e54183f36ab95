package node

import (
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// How long silence is usual. A beacon does not say when the next one is due, so
// the rhythm is learned from the last two of a key.
const (
	// usualInterval is taken for a key that was heard once: what the handbook
	// tells officers to set (cert beacon --every 10m).
	usualInterval = 10 * time.Minute
	// shortestInterval keeps a lost message or two from looking like a partition.
	shortestInterval = 5 * time.Minute
	// longestInterval bounds what is learned: whoever gives a sign once a day does
	// not make people believe for three days that all is quiet.
	longestInterval = time.Hour
	// missedSigns are the beacons that may be lost before a device says that it is
	// cut off.
	missedSigns = 3
)

// lifeSign is what a device remembers of the last beacon of an authority, beside
// the beacon itself.
type lifeSign struct {
	Domain    wire.ID       `json:"domain"`
	Authority string        `json:"authority"`
	Beacon    wire.ID       `json:"beacon"`
	Key       [32]byte      `json:"key"` // that signed it
	Created   uint64        `json:"created"`
	Sequence  uint64        `json:"sequence"`
	Interval  time.Duration `json:"interval"`          // 0: not learned yet
	Received  uint64        `json:"received"`          // seconds UTC, by this device's clock of then; 0: unknown
	Means     gossip.Means  `json:"means"`             // empty: unknown
	From      string        `json:"from"`              // peer ID, printable
	Named     int           `json:"named"`             // alerts in force that it names
	Missing   [][8]byte     `json:"missing,omitempty"` // of these, what was never here since; it only shrinks
	Heads     []namedHead   `json:"heads,omitempty"`   // ends of the key's chains of alerts that it names and that were never here
	CutOff    bool          `json:"cut_off"`           // people were told so

	heard time.Time // with its monotonic reading; zero: before this start
}

// namedHead is where a key's chain in a lane ended when it gave a beacon.
type namedHead struct {
	Lane     wire.Lane `json:"lane"`
	Sequence uint64    `json:"sequence"`
	ID       wire.ID   `json:"id"`
}

// moment is what a device knows of the time.
type moment struct {
	now   uint64    // its clock, seconds UTC
	doubt bool      // whether that clock is in doubt
	mono  time.Time // a reading that never jumps
}

// silence is how long an authority has been silent, as far as can be said.
type silence struct {
	state   apitype.SignState
	atLeast time.Duration // negative: unknown
	arrived time.Duration // since the beacon arrived, by a clock that never jumps; negative: unknown
}

// patience is how long an authority may be silent before the device says that it
// is cut off from it.
func (s *lifeSign) patience() time.Duration {
	if s.Interval == 0 {
		return missedSigns * usualInterval
	}
	return missedSigns * min(max(s.Interval, shortestInterval), longestInterval)
}

// silence judges how long an authority has been silent: by the beacon's own time,
// so that an old one which arrives late, or is carried, is as old as it is, and
// by a clock that never jumps since it arrived, so that a clock that was set back
// does not make it young. While the clock is in doubt, or the beacon is dated
// ahead of it, only the second counts, and nothing is said to be fresh.
func (s *lifeSign) silence(m moment) silence {
	out := silence{state: apitype.SignUnknown, atLeast: -1, arrived: -1}
	if !s.heard.IsZero() {
		out.arrived = m.mono.Sub(s.heard)
		out.atLeast = out.arrived
	}
	if !m.doubt && !m.ahead(s.Created) {
		out.state = apitype.SignHeard
		var age time.Duration
		if m.now > s.Created {
			age = seconds(m.now - s.Created)
		}
		out.atLeast = max(out.atLeast, age)
	}
	if out.atLeast > s.patience() {
		out.state = apitype.SignCutOff
	}
	return out
}

// seconds is a duration that does not overflow.
func seconds(n uint64) time.Duration {
	return time.Duration(min(n, uint64(100*365*24*3600))) * time.Second
}

// carried reports whether a beacon came by other ways than the network.
func (s *lifeSign) carried() bool {
	return s.Means == gossip.MeansCarry || s.Means == gossip.MeansFrame
}

// follow learns the rhythm from a beacon and the one remembered before it. The
// sequence counts what was lost between them.
func (s *lifeSign) follow(before *lifeSign) {
	if before == nil || before.Key != s.Key {
		return
	}
	s.Interval = before.Interval
	if s.Created > before.Created && s.Sequence > before.Sequence {
		s.Interval = seconds((s.Created - before.Created) / (s.Sequence - before.Sequence))
	}
}

// lifeSignOf is a beacon of which only the store knows.
func lifeSignOf(b *identity.Beacon) *lifeSign {
	s := &lifeSign{Domain: b.Domain, Authority: b.By, Beacon: b.ID, Created: b.Created, Sequence: b.Sequence,
		Named: len(b.InForce), Missing: b.InForce}
	for _, lane := range []wire.Lane{wire.LaneLive, wire.LaneDrill} {
		if h, ok := b.Heads[lane]; ok {
			s.Heads = append(s.Heads, namedHead{lane, h.Sequence, h.ID})
		}
	}
	return s
}

// latest returns the last beacon of each authority. What is dated ahead of the
// clock comes last: a wrong clock at a station must not hide the others' signs.
func latest(beacons []*identity.Beacon, m moment) map[string]*identity.Beacon {
	last := map[string]*identity.Beacon{}
	for _, b := range beacons {
		if old, ok := last[b.By]; !ok || m.later(b.Created, old.Created) {
			last[b.By] = b
		}
	}
	return last
}

// later reports whether what was created at a says more than what was created at
// b. What is dated ahead of the clock says less.
func (m moment) later(a, b uint64) bool {
	if x, y := m.ahead(a), m.ahead(b); x != y {
		return y
	}
	return a > b
}

// ahead reports whether something is dated ahead of a clock that is believed.
func (m moment) ahead(created uint64) bool {
	return !m.doubt && created > m.now+uint64(clockTolerance/time.Second)
}

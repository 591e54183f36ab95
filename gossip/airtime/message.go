package airtime

import (
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
)

// pace is how insistently messages of one class are said.
type pace struct {
	// shortest is the first interval in lengths of a round, the time the message's
	// frames take: it leaves several radios room to say theirs.
	shortest int
	// longest bounds the interval: how long somebody who switches on waits.
	longest time.Duration
	// enough is how many rounds of others in one interval make this radio silent
	// (k of RFC 6206).
	enough int
	// share is how much of the duty cycle messages of this class and lower ones may use up,
	// so that there is always some left for a more severe one.
	share float64
	// ceiling is how much may be used up, by whatever, when such a message is sent.
	ceiling float64
}

// paceOf is the schedule of repetition of warnings.
func paceOf(s cap.Severity) pace {
	switch s {
	case cap.Extreme:
		return pace{8, 10 * time.Minute, 3, 1, 1}
	case cap.Severe:
		return pace{12, 20 * time.Minute, 2, 0.8, 0.9}
	case cap.Moderate:
		return pace{16, time.Hour, 1, 0.5, 0.85}
	}
	return pace{24, 2 * time.Hour, 1, 0.25, 0.8}
}

// proofs is the schedule of what proves warnings: rare, since those who came by a warning
// otherwise mostly have them.
var proofs = pace{64, time.Hour, 1, 0.3, 1}

const (
	// urgentShare is the share of a severe warning's proof that nobody has said of late.
	urgentShare = 0.4

	// newFor is how long a warning goes before others. Then it is repeated, and leaves room:
	// what proofs may use, and lowerShare for warnings that are less severe. One radio that
	// repeats an Extreme warning every ten minutes uses up two thirds of one percent.
	newFor     = 15 * time.Minute
	lowerShare = 0.3
)

// recently is how long who listens is taken to have a proof that was said.
const recently = 6 * time.Hour

// message is one message and where it stands in its interval. RFC 6206 names the
// interval I, its random point t and the counter c.
type message struct {
	key     Key
	frames  Frames
	rank    int // of its severity, or of the most severe message that it proves
	proof   bool
	pace    pace
	expires time.Time
	added   time.Time
	round   time.Duration // of all frames that are sent each time

	interval time.Duration
	start    time.Time
	at       time.Time // when to say it in this interval
	said     bool      // decided in this interval
	heard    int       // frames of others in this interval
	left     int       // frames to go
	sent     int       // frames so far
	first    int       // frame: rounds and radios differ, so that any of them fill gaps

	// Of a proof: when a whole round was last on the air, and frames of others since.
	spoken  time.Time
	partial int
}

// isFresh reports whether those in reach may lack a proof because nobody has said it.
func (m *message) isFresh(now time.Time) bool {
	return m.proof && (m.spoken.IsZero() || now.Sub(m.spoken) >= recently)
}

// isUrgent reports whether a proof is worth more than the least severe warnings: a
// severe one is nothing to those who cannot verify it.
func (m *message) isUrgent(now time.Time) bool {
	return m.rank >= cap.Severe.Rank() && m.isFresh(now)
}

// classes is more than there are ranks, so that each has room for all proofs.
const classes = 8

// standing orders what is said: warnings by severity, proofs after all of them, but an
// urgent one after the moderate. Proofs are ordered by what they prove.
func (m *message) standing(now time.Time) int {
	switch {
	case !m.proof:
		return classes * m.rank
	case m.isUrgent(now):
		return classes*cap.Minor.Rank() + m.rank
	}
	return m.rank - classes
}

// perRound is the frames sent each time: those needed and a quarter for losses.
func (m *message) perRound() int {
	n := m.frames.Needed()
	if n == 1 {
		return 1
	}
	return min(n+(n+3)/4, max(n, m.frames.Count()))
}

func (m *message) shortest() time.Duration {
	return min(time.Duration(m.pace.shortest)*m.round, m.pace.longest)
}

// hear counts a frame that another radio has sent.
func (m *message) hear(now time.Time) {
	m.heard++
	if m.partial++; m.partial >= m.frames.Needed() {
		m.speak(now)
	}
}

// send counts a frame that this radio sends.
func (m *message) send(now time.Time) {
	if m.sent, m.left = m.sent+1, m.left-1; m.left == 0 {
		m.speak(now)
	}
}

// speak is the end of a round on the air.
func (m *message) speak(now time.Time) {
	if m.partial = 0; m.proof {
		m.spoken = now
	}
}

// begin starts an interval.
func (m *message) begin(now time.Time, interval time.Duration) {
	m.start, m.interval, m.heard, m.said = now, interval, 0, false
}

// turn brings the message to now.
func (m *message) turn(now time.Time, spread func(time.Duration) time.Duration) {
	if !m.said && !m.at.After(now) {
		m.said, m.left = true, m.perRound()
	}
	if m.heard >= m.pace.enough*m.frames.Needed() {
		m.left = 0 // also in the middle of a round: others were faster
	}
	if end := m.start.Add(m.interval); m.said && m.left == 0 && !end.After(now) {
		m.begin(now, min(2*m.interval, m.pace.longest))
		m.at = now.Add(m.interval/2 + spread(m.interval/2))
	}
}

// next is when something changes by itself.
func (m *message) next() time.Time {
	if !m.said {
		return m.at
	}
	return m.start.Add(m.interval)
}

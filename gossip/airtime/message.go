package airtime

import (
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
)

// pace is how insistently messages of one severity are said.
type pace struct {
	// shortest is the first interval in lengths of a round, the time the message's
	// frames take: it leaves several radios room to say theirs.
	shortest int
	// longest bounds the interval: how long somebody who switches on waits.
	longest time.Duration
	// enough is how many rounds of others in one interval make this radio silent
	// (k of RFC 6206).
	enough int
	// share is how much of the duty cycle messages of this severity may use up,
	// so that there is always some left for a more severe one.
	share float64
}

// paceOf is the schedule of repetition.
func paceOf(s cap.Severity) pace {
	switch s {
	case cap.Extreme:
		return pace{8, 10 * time.Minute, 3, 1}
	case cap.Severe:
		return pace{12, 20 * time.Minute, 2, 0.8}
	case cap.Moderate:
		return pace{16, time.Hour, 1, 0.5}
	}
	return pace{24, 2 * time.Hour, 1, 0.25}
}

// message is one message and where it stands in its interval. RFC 6206 names the
// interval I, its random point t and the counter c.
type message struct {
	key     Key
	frames  Frames
	rank    int
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
	cursor   int       // next frame: rounds differ, so that any of them fill gaps
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

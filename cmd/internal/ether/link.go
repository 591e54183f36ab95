package ether

import (
	"math/rand/v2"
	"time"
)

// Link is what happens to frames from one port to another. The zero value
// carries everything at once.
type Link struct {
	Down   bool          // nothing passes
	Loss   float64       // share of frames lost, 0 to 1
	Repeat float64       // share of frames that come twice, 0 to 1
	Delay  time.Duration // one way
	Rate   int           // bits a second; 0: no limit
}

// maxQueue is how long a frame may wait for a slow link: what does not get
// through by then is dropped, as by the queue of an access point.
const maxQueue = 4 * time.Second

// overhead is what a frame costs on the air beyond what a tap shows of it:
// preamble, checksum and gap of IEEE 802.3.
const overhead = 24

// lane is one direction of a link and when its medium is free again.
type lane struct {
	Link
	free time.Time
}

// arrivals says when copies of a frame of size bytes that is sent now arrive,
// after now. None: it is lost.
func (l *lane) arrivals(now time.Time, size int, chance *rand.Rand) []time.Duration {
	if l.Down {
		return nil
	}
	wait := time.Duration(0)
	if l.Rate > 0 {
		begin := now
		if l.free.After(now) {
			begin = l.free
		}
		if begin.Sub(now) > maxQueue {
			return nil
		}
		l.free = begin.Add(time.Duration(size+overhead) * 8 * time.Second / time.Duration(l.Rate))
		wait = l.free.Sub(now)
	}
	var at []time.Duration
	copies := 1
	if chance.Float64() < l.Repeat {
		copies = 2
	}
	for range copies {
		if chance.Float64() >= l.Loss {
			at = append(at, wait+l.Delay)
		}
	}
	return at
}

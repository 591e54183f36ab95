package netmodel

import (
	"math"
	"time"
)

// Link is what the way from one node to another is like at one moment. The zero
// value is perfect: up, without latency or loss, and of any bandwidth.
type Link struct {
	Down    bool
	Loss    float64       // share of the packets that are lost, 0 to 1
	Latency time.Duration // of every packet
	Jitter  time.Duration // a packet takes up to this much more, evenly spread
	Rate    float64       // bits per second; 0: without limit
}

// Then is the way over l and then over m: latencies add up, the slower rate
// counts, and a packet has to survive both.
func (l Link) Then(m Link) Link {
	rate := l.Rate
	if rate == 0 || m.Rate != 0 && m.Rate < rate {
		rate = m.Rate
	}
	return Link{
		Down:    l.Down || m.Down,
		Loss:    1 - (1-l.Loss)*(1-m.Loss),
		Latency: l.Latency + m.Latency,
		Jitter:  l.Jitter + m.Jitter,
		Rate:    rate,
	}
}

// Packet names one packet: by the way it takes and its number on it.
type Packet struct {
	From, To int
	Number   uint64
}

// Fate is what becomes of a packet on the link, without queueing: how long it
// takes, or that it is lost.
func (l Link) Fate(seed uint64, p Packet) (delay time.Duration, lost bool) {
	if l.Down {
		return 0, true
	}
	if l.Loss > 0 && unit(seed, saltLoss, p) < l.Loss {
		return 0, true
	}
	delay = l.Latency
	if l.Jitter > 0 {
		delay += time.Duration(unit(seed, saltJitter, p) * float64(l.Jitter))
	}
	return delay, false
}

// Queue is a sender's queue in front of a link with a rate. The zero value is empty.
type Queue struct {
	free time.Duration // when the last packet has left
}

// Send puts a packet of size bytes into the queue at now. It returns the queue
// afterwards and when the packet has left it; lost if it would wait for longer than
// most, as in a full buffer. Without a rate a packet leaves at once.
func (q Queue) Send(now time.Duration, size int, rate float64, most time.Duration) (after Queue, left time.Duration, lost bool) {
	if rate <= 0 {
		return q, now, false
	}
	begin := max(now, q.free)
	if begin-now > most {
		return q, 0, true
	}
	left = begin + time.Duration(math.Ceil(float64(size)*8/rate*float64(time.Second)))
	return Queue{free: left}, left, false
}

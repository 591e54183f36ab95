package scenario

import (
	"strconv"
	"time"
)

// Limits of what a scenario may ask, beside those of its schema.
const (
	// MaxForged is how many messages a second one device of a forger or flooder sends: the
	// engines count milliseconds.
	MaxForged = 1000
	// MaxLatency of a link: a connection takes several trips there and back, and nobody
	// waits hours for one.
	MaxLatency = Duration(time.Hour)
	// MaxExchange is how long devices in range may take to begin to exchange.
	MaxExchange = Duration(24 * time.Hour)
)

// times holds links and adversaries to when what they do can be played.
func (c *checker) times() {
	for name, l := range c.s.Links {
		if l.Latency > MaxLatency {
			c.fail("want at most 1h", "links", name, "latency")
		}
		if l.Exchange > MaxExchange {
			c.fail("want at most 1d", "links", name, "exchange")
		}
	}
	for i := range c.s.Adversaries {
		c.hours(&c.s.Adversaries[i], "adversaries", strconv.Itoa(i))
	}
}

// hours holds an adversary to when it attacks.
func (c *checker) hours(a *Adversary, path ...string) {
	at := func(field string) []string { return append(path[:len(path):len(path)], field) }
	switch {
	case a.Kind == "clock-skew" && a.From > 0:
		c.fail("a clock-skew adversary's clock is wrong from beginning to end", at("from")...)
	case a.Kind == "clock-skew" && a.Until < c.s.Duration:
		c.fail("a clock-skew adversary's clock is wrong from beginning to end", at("until")...)
	case a.From > 0 && a.From >= c.s.Duration:
		c.fail("begins after the end of the scenario", at("from")...)
	case a.Until <= a.From:
		c.fail("ends before it begins", at("until")...)
	}
	if a.Rate > MaxForged {
		c.fail("want at most "+strconv.Itoa(MaxForged)+" a second; for more, count more devices", at("rate")...)
	}
}

package netmodel

import "time"

// Clock is a device's own idea of the time. The zero value is right.
type Clock struct {
	Offset time.Duration // ahead of the true time at the start
	Drift  float64       // seconds gained per second
}

// Error is how far the clock is ahead of the true time at now.
func (c Clock) Error(now time.Duration) time.Duration {
	return c.Offset + time.Duration(c.Drift*float64(now))
}

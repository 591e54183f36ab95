//go:build !linux

package main

import "time"

// ms is time in milliseconds.
type ms float64

// timed is the time that f takes: elsewhere than on Linux, with all that runs beside it.
func timed(f func()) ms {
	began := time.Now()
	f()
	return ms(time.Since(began).Seconds() * 1e3)
}

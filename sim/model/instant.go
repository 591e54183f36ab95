package model

import (
	"math"
	"time"
)

// never is later than any scenario ends. Times that 32 bits of milliseconds do not hold
// are never: a sum that wrapped around would come true early.
const never = math.MaxUint32

// millis is a duration in whole milliseconds, rounded up; longer ones than 49 days are
// never.
func millis[D ~int64](d D) uint32 {
	ms := time.Duration(d) / time.Millisecond
	if time.Duration(d)%time.Millisecond > 0 {
		ms++
	}
	return uint32(min(max(0, ms), never))
}

// rounded is a number of milliseconds that was reckoned, without its fraction.
func rounded(ms float64) uint32 {
	if !(ms < never) {
		return never
	}
	return uint32(max(0, ms))
}

// after is a time so many milliseconds after another one.
func after(at, wait uint32) uint32 {
	if sum := at + wait; sum >= at {
		return sum
	}
	return never
}

// times is so many times as many milliseconds.
func times(n, ms uint32) uint32 { return uint32(min(uint64(n)*uint64(ms), never)) }

// wait is by chance, around a mean (exponentially).
func wait(mean time.Duration, chance float64) uint32 {
	return rounded(float64(mean) / float64(time.Millisecond) * chance)
}

package main

import (
	"runtime"

	"golang.org/x/sys/unix"
)

// ms is CPU time in milliseconds.
type ms float64

// timed is the CPU time of the thread that runs f. What the garbage collector does
// on other threads is not in it.
func timed(f func()) ms {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	before := threadTime()
	f()
	return threadTime() - before
}

func threadTime() ms {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t); err != nil {
		return 0
	}
	return ms(float64(t.Nano()) / 1e6)
}

//go:build unix && !race

package cap

import (
	"syscall"
	"time"
)

// cpuTime is what the process has used, so that other work on the machine does
// not count.
func cpuTime() (time.Duration, bool) {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0, false
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), true
}

//go:build !unix || race

package cap

import "time"

// cpuTime is not known here, or says nothing about the program as it is built
// without the race detector.
func cpuTime() (time.Duration, bool) { return 0, false }

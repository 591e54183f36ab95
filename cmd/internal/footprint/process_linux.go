package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// cpuTime is the processor time that all threads of a process have used, as the
// scheduler counts it (schedstat, nanoseconds; ticks of 10 ms are too coarse). A
// thread that has ended is not in it; Go keeps its threads.
func cpuTime(pid int) (total time.Duration, err error) {
	names, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/schedstat", pid))
	if err != nil {
		return 0, err
	}
	for _, name := range names {
		b, err := os.ReadFile(name)
		if err != nil {
			continue // ended since it was listed
		}
		var ns int64
		if _, err := fmt.Sscan(string(b), &ns); err != nil {
			return 0, fmt.Errorf("%s: %w", name, err)
		}
		total += time.Duration(ns)
	}
	if total == 0 {
		return 0, fmt.Errorf("process %d: the kernel counts no scheduling times", pid)
	}
	return total, nil
}

// residentMemory is the memory of a process that is in RAM, MB.
func residentMemory(pid int) (float64, error) {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(b)) {
		var kB float64
		if n, _ := fmt.Sscanf(line, "VmRSS: %f kB", &kB); n == 1 {
			return kB * 1024 / 1e6, nil
		}
	}
	return 0, fmt.Errorf("process %d: no VmRSS", pid)
}

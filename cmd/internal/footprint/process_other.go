//go:build !linux

package main

import (
	"errors"
	"time"
)

var errLinuxOnly = errors.New("processor time and memory of another process are read on Linux only")

func cpuTime(int) (time.Duration, error) { return 0, errLinuxOnly }

func residentMemory(int) (float64, error) { return 0, errLinuxOnly }

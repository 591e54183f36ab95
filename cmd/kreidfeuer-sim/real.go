package main

import (
	"context"

	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

// playReal plays a job with real nodes in virtual time.
func playReal(context.Context, *job, func(float64)) (*scenario.Result, error) {
	return nil, usagef("engine real is not built in")
}

package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"

	"github.com/libp2p/go-libp2p/core/sec"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/discovery"
)

// heardLately is how long a device that was heard counts as near: some of the
// beacons of a slow link.
const heardLately = 3 * time.Minute

// unansweredFrom is the number of failed dials from which somebody hears of it:
// one without QUIC is among them.
const unansweredFrom = 2

// linkProblem says in words what is wrong with the way to a device; empty: nothing.
func linkProblem(k discovery.Known, now time.Time) string {
	switch {
	case k.Connected && k.Exchange >= discovery.SlowExchange:
		return fmt.Sprintf("slow link: a kilobyte each way took %s", k.Exchange.Round(time.Second))
	case k.Connected || k.Failure == nil:
		return ""
	case isUnanswered(k, now):
		return "it is heard, and dialing it fails: " + failure(k.Failure)
	}
	return failure(k.Failure)
}

func isUnanswered(k discovery.Known, now time.Time) bool {
	return !k.Connected && k.Fails >= unansweredFrom && now.Sub(k.Heard) < heardLately
}

// failure says in words why a dial failed.
func failure(err error) string {
	var other sec.ErrPeerIDMismatch
	switch {
	case errors.As(err, &other):
		return "another device answers at its address"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "nobody listens at its address"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.Is(err, context.DeadlineExceeded):
		return "no answer in time"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "there is no way to its address"
	}
	return "no connection"
}

// linkProblems are the slow links and the devices that are near and cannot be
// connected, each in one problem.
func linkProblems(known []discovery.Known, now time.Time) []apitype.Problem {
	slow, unanswered, longest := 0, 0, time.Duration(0)
	for _, k := range known {
		switch {
		case k.Connected && k.Exchange >= discovery.SlowExchange:
			slow, longest = slow+1, max(longest, k.Exchange)
		case isUnanswered(k, now):
			unanswered++
		}
	}
	var problems []apitype.Problem
	if slow > 0 {
		problems = append(problems, apitype.Problem{Kind: "slow-link",
			Message: fmt.Sprintf("slow link to %d of the neighbours: a kilobyte each way took up to %s, an alert takes some of that", slow, longest.Round(time.Second)),
			Hint:    "alerts arrive, the most urgent first; over a radio, `kreidfeuer up --radio` needs one frame for the core of an alert"})
	}
	if unanswered > 0 {
		problems = append(problems, apitype.Problem{Kind: "unanswered",
			Message: fmt.Sprintf("%d devices nearby are heard, and dialing them fails: warnings may be missing", unanswered),
			Hint:    "see `kreidfeuer peers`; if the link carries less than 5 kbit a second, use `kreidfeuer up --radio`"})
	}
	return problems
}

package agenda

import (
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/stream"
)

// Bounds of what is due, all of them per device unless they say otherwise.
const (
	// Again is the least interval of comparing with the same neighbour because
	// something may have been missed.
	Again = 2 * time.Second

	// OfferDelay gathers what came by catch-up before it is offered on.
	OfferDelay = 100 * time.Millisecond

	// ClaimTime is how long one neighbour has for what it was asked for, before
	// others are asked for the same.
	ClaimTime = 2 * time.Second

	// brokenTime is how long others do not wait for who did not give what it had
	// promised: then it holds them up by 2 seconds a minute at most.
	brokenTime = time.Minute

	// Places bounds the sessions asked for at once. When all are taken, one that has
	// brought nothing for askTurn gives way.
	Places  = 64
	askTurn = 10 * time.Second

	// turnShare is the share of a slow link's time that comparing in turn may take, one
	// in so many, and turnSeldom where that ends: nothing may be missed for longer.
	turnShare  = 20
	turnSeldom = 5 * time.Minute

	// patience is how long this device waits with comparing while a neighbour
	// has a session with it, in which both learn what the other one has.
	patience = 30 * time.Second

	// YoungLink is until when gossip may not flow yet: what is new is offered directly as well.
	YoungLink = 5 * time.Second

	// freshMax bounds the news kept to be offered to one neighbour; beyond it the two compare.
	freshMax = 2048

	// waitingMax bounds the items of a neighbour's offers that wait to be taken up.
	waitingMax = freshMax + stream.MaxOffer

	// vainMax and vainTime bound what is remembered of a neighbour: what it gave and
	// this device refused.
	vainMax  = 16384
	vainTime = 10 * time.Minute

	// failsMax bounds the doubling of the time after which a failed session is tried again: 32 s.
	failsMax = 5

	// lookAtLeast is how long nobody need look when nothing is due.
	lookAtLeast = time.Minute
)

package airtime

import "time"

// accounts divide the duty cycle. The law counts all. Beside it proofs have one of their
// own, so that they use nothing that warnings need, and warnings of each rank have one
// together with those of lower ranks, and one with those of higher.
type accounts struct {
	all    duty
	warned [ranks]duty // of a rank and lower ones
	above  [ranks]duty // of a rank and higher ones
	proved duty
}

// ranks is how many there are of [cap.Severity.Rank].
const ranks = 5

func newAccounts(d duty) (a accounts) {
	a.all, a.proved = d, d
	for r := range a.warned {
		a.warned[r], a.above[r] = d, d
	}
	return a
}

// held is what there is to say.
type held struct {
	proofs bool
	warned [ranks]bool // there is a warning of this rank
}

func heldOf(messages map[Key]*message) held {
	var h held
	for _, m := range messages {
		if m.proof {
			h.proofs = true
		} else {
			h.warned[m.rank] = true
		}
	}
	return h
}

// when is the first time at which a frame of m is within the duty cycle and within what
// this leaves to it; never is the zero time. One frame in the window is, however long.
func (a *accounts) when(m *message, took time.Duration, h held, now time.Time) (at time.Time) {
	if took > a.all.limit {
		return at
	}
	within := func(d *duty, share float64) {
		at = later(at, d.when(took, max(d.part(share), took), now))
	}
	within(&a.all, m.pace.ceiling)
	switch {
	case m.isUrgent(now):
		within(&a.proved, urgentShare)
	case m.proof:
		within(&a.proved, m.pace.share)
	default:
		within(&a.warned[m.rank], m.pace.share)
		if now.Sub(m.added) >= newFor {
			within(&a.above[m.rank], h.leaves(m))
		}
	}
	return at
}

// leaves is the share of repeated warnings of a rank and higher ones. Each rank has a part of
// lowerShare that higher ones leave to it.
func (h held) leaves(m *message) float64 {
	share := 1.0
	if h.proofs {
		share -= proofs.share
	}
	lower, all := 0, -1 // ranks that are lower, and than the highest
	for r, is := range h.warned {
		if is {
			all++
			if r < m.rank {
				lower++
			}
		}
	}
	if lower > 0 {
		share -= lowerShare * float64(lower) / float64(all)
	}
	return share
}

// spend accounts for a frame.
func (a *accounts) spend(m *message, took time.Duration, now time.Time) {
	a.all.spend(took, now)
	if m.proof {
		a.proved.spend(took, now)
		return
	}
	for r := range ranks {
		if r >= m.rank {
			a.warned[r].spend(took, now)
		}
		if r <= m.rank {
			a.above[r].spend(took, now)
		}
	}
}

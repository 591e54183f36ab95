package model

import (
	"math/bits"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// moment is all that the lifecycle's answer depends on: what is known, and what the
// clock says of each alert, four bits for each.
type moment struct {
	known known
	force [4]uint64
}

// shows says of a device that knows some alerts whether it has people act on one that it
// would not if it knew all that has been issued, and whether it shows just what it would then.
func (in *incident) shows(k known, clock identity.Clock) (outdated, latest bool) {
	have, want := in.judge(k, clock), in.judge(in.issued, clock)
	latest = k != 0
	for i := range in.facts {
		if have[i].Active() && !want[i].Active() {
			return true, false
		}
		ends := in.facts[i].Kind.Ends() && want[i].Over()
		if (want[i].Active() || ends) && (k>>i&1 == 0 || have[i] != want[i] && have[i] != alert.PhaseUnknown) {
			latest = false
		}
	}
	return false, latest
}

// judge is the phase of each alert on a device that knows some of them: the program's
// lifecycle decides, once for all devices of which the clocks say the same.
func (in *incident) judge(k known, clock identity.Clock) []alert.Phase {
	m := moment{known: k}
	for rest := uint64(k); rest != 0; rest &= rest - 1 {
		i := bits.TrailingZeros64(rest)
		f := &in.facts[i]
		force := uint64(clock.InForce(f.Created, f.Expires)) | uint64(clock.InForce(f.Created, f.Created+alert.EmergencyLifetime))<<2
		m.force[i>>4] |= force << (i & 15 * 4)
	}
	if phases, is := in.phases[m]; is {
		return phases
	}
	state, phases := alert.New(nil), make([]alert.Phase, len(in.facts))
	var facts []alert.Fact
	numbers := map[wire.ID][]int{}
	for i, f := range in.facts {
		if k>>i&1 == 1 {
			facts = append(facts, f)
			numbers[f.ID] = append(numbers[f.ID], i)
		}
	}
	state.Add(clock, facts...)
	for _, one := range state.Incidents(clock) {
		for _, v := range one.Versions {
			for _, i := range numbers[v.ID] {
				phases[i] = v.Phase
			}
		}
	}
	in.phases[m] = phases
	return phases
}

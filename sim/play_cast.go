package sim

import (
	"slices"

	"github.com/kreidfeuer/kreidfeuer/sim/model"
	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

// cast says which device of a world plays which of the stage's. Who passes on what
// it gets is a device of the world: the honest, who have the same number on both,
// and adversaries whose clock alone is wrong. The others, who besiege them, have the
// numbers from there on. Adversaries with hours are both: devices outside their hours,
// and in them besiegers.
type cast struct {
	roles   []int // on the stage, by number in the world
	players []int // in the world, by number on the stage: the device, of those who are both
	devices int   // of the world
}

// besieges reports whether an adversary does not pass on what it gets, in its hours.
func besieges(a *scenario.Adversary) bool { return a.Kind != "clock-skew" }

// turns reports whether an adversary is honest for a part of so long a scenario.
func turns(a *scenario.Adversary, lasts scenario.Duration) bool {
	return besieges(a) && (a.From > 0 || a.Until < lasts)
}

func newCast(s *model.Stage, lasts scenario.Duration) cast {
	_, all := s.Devices()
	var besiege []int
	c := cast{players: make([]int, all)}
	for role := range all {
		a := s.Adversary(role)
		if a == nil || !besieges(a) || turns(a, lasts) {
			c.roles = append(c.roles, role)
		}
		if a != nil && besieges(a) {
			besiege = append(besiege, role)
		}
	}
	c.devices = len(c.roles)
	c.roles = slices.Concat(c.roles, besiege)
	for player, role := range slices.Backward(c.roles) {
		c.players[role] = player
	}
	return c
}

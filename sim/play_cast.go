package sim

import (
	"slices"

	"github.com/kreidfeuer/kreidfeuer/sim/model"
)

// cast says which device of a world plays which of the stage's. Who passes on what
// it gets is a device of the world: the honest, who have the same number on both,
// and adversaries whose clock alone is wrong. The others, who besiege them, have the
// numbers from there on.
type cast struct {
	roles   []int // on the stage, by number in the world
	players []int // in the world, by number on the stage
	devices int   // of the world
}

func newCast(s *model.Stage) cast {
	_, all := s.Devices()
	var besiege []int
	c := cast{players: make([]int, all)}
	for role := range all {
		if a := s.Adversary(role); a == nil || a.Kind == "clock-skew" {
			c.roles = append(c.roles, role)
		} else {
			besiege = append(besiege, role)
		}
	}
	c.devices = len(c.roles)
	c.roles = slices.Concat(c.roles, besiege)
	for player, role := range c.roles {
		c.players[role] = player
	}
	return c
}

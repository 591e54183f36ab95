package stick

import (
	"testing"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

func TestPlan(t *testing.T) {
	const now = 2_000_000_000
	foreign := func(b stickBundle) *stickBundle { b.name = "x"; return &b }
	own := func(b stickBundle) *stickBundle { b.own = true; return &b }
	recent := foreign(stickBundle{made: now - 100, bytes: 1})
	for name, test := range map[string]struct {
		b     *stickBundle
		with  *stickBundle
		folds bool
	}{
		"sound":                      {foreign(stickBundle{bytes: 1 << 20}), recent, false},
		"all useless":                {foreign(stickBundle{bytes: 10, useless: 10}), nil, true},
		"half useless, small":        {foreign(stickBundle{bytes: 1000, useless: 600}), nil, false},
		"half useless, large":        {foreign(stickBundle{bytes: 1 << 20, useless: 600 << 10}), nil, true},
		"gone, clocks agree":         {foreign(stickBundle{bytes: 10, gone: 10}), recent, true},
		"gone, nobody agrees":        {foreign(stickBundle{bytes: 10, gone: 10, made: now - 2*agreeWithin}), nil, false},
		"gone, from the future":      {foreign(stickBundle{bytes: 10, gone: 10, made: now + agreeWithin}), nil, false},
		"own, gone":                  {own(stickBundle{bytes: 10, gone: 10}), nil, true},
		"own, damaged":               {own(stickBundle{bytes: 10, damage: damaged()}), nil, true},
		"another's, damaged":         {foreign(stickBundle{bytes: 10, damage: damaged()}), recent, false},
		"another's, damaged, no use": {foreign(stickBundle{damage: damaged()}), recent, false},
	} {
		list := []*stickBundle{test.b}
		if test.with != nil {
			list = append(list, test.with)
		}
		if plan(list, now); test.b.folds != test.folds {
			t.Errorf("%s: folds %v, want %v", name, test.b.folds, test.folds)
		}
	}
}

func damaged() []apitype.Damage { return []apitype.Damage{{From: 1, To: 2, Reason: "torn"}} }

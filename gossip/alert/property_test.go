package alert

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// history draws alerts of several issuers and incidents. References point to
// any earlier alert, so some are without right, across lanes, to ends, or to
// what the history does not hold.
func history() *rapid.Generator[[]Fact] {
	authority := rapid.SampledFrom([]string{"rp", "rp/07131", "rp/07131/lst", "rp/07132/lst"})
	kind := rapid.SampledFrom([]Kind{KindAlert, KindAlert, KindUpdate, KindUpdate, KindAllClear, KindWithdrawal})
	lane := rapid.SampledFrom([]wire.Lane{wire.LaneLive, wire.LaneLive, wire.LaneLive, wire.LaneDrill})
	severity := rapid.SampledFrom([]wire.Priority{wire.PriorityMinor, wire.PrioritySevere, wire.PriorityExtreme})
	return rapid.Custom(func(t *rapid.T) []Fact {
		var facts []Fact
		for n := range rapid.IntRange(1, 9).Draw(t, "alerts") {
			f := fact(n, kind.Draw(t, "kind"))
			f.Authority, f.Lane, f.Severity = authority.Draw(t, "authority"), lane.Draw(t, "lane"), severity.Draw(t, "severity")
			f.Created = uint64(t0 + rapid.IntRange(0, 20).Draw(t, "created")*600)
			f.Expires = f.Created + uint64(rapid.IntRange(1, 12).Draw(t, "hours")*3600)
			f.Level = wire.Level(rapid.IntRange(1, 2).Draw(t, "level"))
			f.Emergency = f.Kind == KindAlert && f.Level == 1 && f.severe()
			if f.severe() && !f.Kind.Ends() && !f.Emergency {
				f.Level = 2 // what Check demands
			}
			f.Test = rapid.IntRange(0, 9).Draw(t, "test") == 0
			f.Concern = rapid.SampledFrom([]Concern{ConcernYes, ConcernYes, ConcernUnknown, ConcernNo}).Draw(t, "concern")
			f.Sequence = uint64(n + 1)
			if n > 0 && f.Kind != KindAlert {
				for range rapid.IntRange(1, 2).Draw(t, "references") {
					f.Refs = append(f.Refs, testID(rapid.IntRange(0, n-1).Draw(t, "ref")))
				}
				if rapid.IntRange(0, 4).Draw(t, "by triple") == 0 {
					f.Refs, f.RefTriples = nil, []cap.Reference{triple(rapid.IntRange(0, n-1).Draw(t, "triple"))}
				}
			}
			if n > 0 && rapid.IntRange(0, 9).Draw(t, "equivocate") == 0 {
				f.Triple = triple(rapid.IntRange(0, n-1).Draw(t, "same triple"))
			}
			facts = append(facts, f)
			if f.Level == 1 && rapid.Bool().Draw(t, "second signature") {
				f.Level = 2
				facts = append(facts, f)
			}
			if rapid.IntRange(0, 12).Draw(t, "revoke") == 0 {
				f.Revoked = true
				facts = append(facts, f)
			}
		}
		return facts
	})
}

// clocks draws a clock that is sure, in doubt or behind.
func clocks() *rapid.Generator[identity.Clock] {
	return rapid.Custom(func(t *rapid.T) identity.Clock {
		c := at(rapid.IntRange(-3600, 24*3600).Draw(t, "now"))
		switch rapid.IntRange(0, 4).Draw(t, "clock") {
		case 0:
			c.Doubt = true
		case 1:
			c.Floor = c.Now + 3600
		}
		return c
	})
}

// TestOrderDoesNotMatter: any order, repetition, batching and intermediate time
// give the same incidents.
func TestOrderDoesNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		facts, now := history().Draw(t, "history"), clocks().Draw(t, "now")
		want := New(nil)
		want.Add(now, facts...)

		order := rapid.Permutation(append(slices.Clone(facts), facts[:len(facts)/2]...)).Draw(t, "order")
		got := New(nil)
		for i := 0; i < len(order); {
			n := min(len(order)-i, rapid.IntRange(1, 3).Draw(t, "batch"))
			got.Add(clocks().Draw(t, "clock"), order[i:i+n]...)
			if rapid.Bool().Draw(t, "tick") {
				got.Tick(clocks().Draw(t, "tick clock"))
			}
			i += n
		}
		if diff := cmp.Diff(want.Incidents(now), got.Incidents(now)); diff != "" {
			t.Fatalf("incidents differ (-sorted +permuted):\n%s", diff)
		}
	})
}

// TestLosses: what is lost leaves the state of the rest, and completing it later
// leaves no trace of the loss.
func TestLosses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		facts, now := history().Draw(t, "history"), clocks().Draw(t, "now")
		var kept, lost []Fact
		for _, f := range facts {
			if rapid.Bool().Draw(t, "lost") {
				lost = append(lost, f)
			} else {
				kept = append(kept, f)
			}
		}
		subset := New(nil)
		subset.Add(now, kept...)
		other := New(nil)
		for _, f := range slices.Backward(kept) {
			other.Add(now, f)
		}
		if diff := cmp.Diff(subset.Incidents(now), other.Incidents(now)); diff != "" {
			t.Fatalf("after losses (-forward +backward):\n%s", diff)
		}
		subset.Add(now, lost...)
		whole := New(nil)
		whole.Add(now, facts...)
		if diff := cmp.Diff(whole.Incidents(now), subset.Incidents(now)); diff != "" {
			t.Fatalf("after completion (-whole +completed):\n%s", diff)
		}
	})
}

// TestAlarms holds what people hear, over any arrival with restarts in between:
// each alert alarms at most once, never a drill, a test, an expired one, one
// that is over, or one for elsewhere; whatever is in force at the end was told
// at its severity; ends reach exactly those incidents that alarmed.
func TestAlarms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		facts := history().Draw(t, "history")
		order := rapid.Permutation(append(slices.Clone(facts), facts[:len(facts)/2]...)).Draw(t, "order")
		now := at(13000)
		s := New(nil)
		alarmed := map[wire.ID]int{}
		var given []Fact
		for _, f := range order {
			now.Now += uint64(rapid.IntRange(0, 3600).Draw(t, "pause"))
			if rapid.IntRange(0, 3).Draw(t, "restart") == 0 {
				s = New(s.Memory())
				if e := s.Add(now, given...); slices.ContainsFunc(e, func(e Effect) bool { return e.Kind == EffectAlarm }) {
					t.Fatalf("a restart alarms: %v", e)
				}
			}
			before := s.Memory()
			given = append(given, f)
			for _, e := range append(s.Add(now, f), s.Tick(now)...) {
				checkEffect(t, s, e, before, now)
				if e.Kind == EffectAlarm {
					alarmed[e.Alert]++
				}
			}
		}
		for id, n := range alarmed {
			if n > 1 {
				t.Fatalf("%s alarmed %d times", id.Short(), n)
			}
		}
		for _, in := range s.Incidents(now) {
			checkTold(t, s, in)
		}
		if e := s.Tick(now); len(e) > 0 {
			t.Fatalf("a second look at the same time tells %v", e)
		}
	})
}

func checkEffect(t *rapid.T, s *State, e Effect, before []Record, now identity.Clock) {
	in, ok := s.Incident(e.Incident, now)
	if !ok {
		t.Fatalf("effect of an unknown incident: %+v", e)
	}
	switch e.Kind {
	case EffectUpdated:
		if v := in.Version(e.Alert); v == nil || !v.Phase.Active() || v.Lane != wire.LaneLive || now.Now >= v.Expires {
			t.Fatalf("%s for %+v", e.Kind, v)
		}
	case EffectAlarm, EffectReinstated:
		v := in.Version(e.Alert)
		if v == nil || !v.Phase.Active() || v.Lane != wire.LaneLive || v.Test || v.Revoked || v.Concern == ConcernNo || now.Now >= v.Expires {
			t.Fatalf("%s for %+v", e.Kind, v)
		}
	case EffectEnded:
		told := slices.ContainsFunc(in.Versions, func(v Version) bool {
			return slices.ContainsFunc(before, func(r Record) bool { return r.ID == v.ID })
		})
		if !told || in.Phase.Active() {
			t.Fatalf("an end was told of what never alarmed or is active: %+v", in)
		}
	}
}

func checkTold(t *rapid.T, s *State, in Incident) {
	told := false
	for _, v := range in.Versions {
		r, ok := s.Record(v.ID)
		told = told || ok
		if ok && r.Phase.Active() != v.Phase.Active() && v.alarms() {
			t.Fatalf("told %s, is %s: %+v", r.Phase, v.Phase, v)
		}
		if v.Phase.Active() && v.alarms() && !ok {
			t.Fatalf("never told: %+v", v)
		}
	}
	if !told {
		return
	}
	for _, v := range in.Versions {
		if r, ok := s.Record(v.ID); ok && !in.Phase.Active() && r.Phase != in.Phase {
			t.Fatalf("the end %s was not told: %+v", in.Phase, r)
		}
	}
}

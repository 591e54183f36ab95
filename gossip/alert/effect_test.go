package alert

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// told writes effects in short: kind, alert, phase, age.
func told(list []Effect) []string {
	var out []string
	for _, e := range list {
		s := fmt.Sprintf("%s %d %s", e.Kind, e.Alert[2], e.Phase)
		if e.InForce == identity.ForceUnknown {
			s += " ?"
		}
		if e.Age > 0 {
			s += fmt.Sprintf(" after %d", e.Age)
		}
		if e.Concern == ConcernNo {
			s += " elsewhere"
		}
		out = append(out, s)
	}
	return out
}

// TestEffects plays what arrives when, and what the device tells each time.
func TestEffects(t *testing.T) {
	type step struct {
		now  identity.Clock
		add  []Fact // nil: only time passes
		want []string
	}
	A := fact(0, KindAlert)
	quiet := func(change func(*Fact)) []step {
		return []step{{at(5), []Fact{with(A, change)}, nil}, {at(9), []Fact{with(fact(1, KindAllClear, 0), change)}, nil}}
	}
	tests := []struct {
		name  string
		steps []step
	}{
		{"an alert alarms once", []step{
			{at(5), []Fact{A}, []string{"alarm 0 in force after 5"}},
			{at(6), []Fact{A}, nil},
			{at(7), nil, nil},
		}},
		{"late but in force alarms with its age", []step{{at(7200), []Fact{A}, []string{"alarm 0 in force after 7200"}}}},
		{"expired never alarms", []step{{at(24 * 3600), []Fact{A}, nil}}},
		{"clock in doubt: alarms once, without age", []step{
			{identity.Clock{Now: 5, Doubt: true}, []Fact{A}, []string{"alarm 0 in force ?"}},
			{at(10), nil, nil},
		}},
		{"what expired stays quiet when the clock falls into doubt", []step{
			{at(5), []Fact{A}, []string{"alarm 0 in force after 5"}},
			{at(24 * 3600), nil, []string{"ended 0 expired"}},
			{identity.Clock{Now: t0 + 24*3600 + 1, Doubt: true}, nil, nil},
		}},
		{"a wrong clock put right brings it back", []step{
			{at(5), []Fact{A}, []string{"alarm 0 in force after 5"}},
			{at(30 * 3600), nil, []string{"ended 0 expired"}},
			{at(60), nil, []string{"reinstated 0 in force after 60"}},
		}},
		{"drill never alarms, nor its end", quiet(func(f *Fact) { f.Lane = wire.LaneDrill })},
		{"test code never alarms", quiet(func(f *Fact) { f.Test = true })},
		{"elsewhere never alarms", quiet(func(f *Fact) { f.Concern = ConcernNo })},
		{"unknown concern alarms", []step{{at(5), []Fact{with(A, func(f *Fact) { f.Concern = ConcernUnknown })}, []string{"alarm 0 in force after 5"}}}},
		{"all-clear goes to who was alarmed", []step{
			{at(5), []Fact{A}, []string{"alarm 0 in force after 5"}},
			{at(9), []Fact{fact(1, KindAllClear, 0)}, []string{"ended 1 all-clear"}},
			{at(10), []Fact{A, fact(1, KindAllClear, 0)}, nil},
		}},
		{"all-clear first: silence", []step{{at(5), []Fact{fact(1, KindAllClear, 0)}, nil}, {at(9), []Fact{A}, nil}}},
		{"alert with its all-clear in one batch: silence", []step{{at(5), []Fact{A, fact(1, KindAllClear, 0)}, nil}}},
		{"all-clear by one, then confirmed", []step{
			{at(5), []Fact{A}, []string{"alarm 0 in force after 5"}},
			{at(9), []Fact{with(fact(1, KindAllClear, 0), one)}, []string{"ended 1 all-clear unconfirmed"}},
			{at(10), []Fact{fact(1, KindAllClear, 0)}, []string{"confirmed 1 all-clear"}},
		}},
		{"all-clear taken back", []step{
			{at(5), []Fact{A}, []string{"alarm 0 in force after 5"}},
			{at(9), []Fact{fact(1, KindAllClear, 0)}, []string{"ended 1 all-clear"}},
			{at(12), []Fact{fact(2, KindWithdrawal, 1)}, []string{"reinstated 0 in force after 12"}},
		}},
		{"withdrawal", []step{
			{at(5), []Fact{A}, []string{"alarm 0 in force after 5"}},
			{at(9), []Fact{fact(1, KindWithdrawal, 0)}, []string{"ended 1 withdrawn"}},
		}},
		{"update of equal severity is told without alarm", []step{
			{at(5), []Fact{A}, []string{"alarm 0 in force after 5"}},
			{at(9), []Fact{fact(1, KindUpdate, 0)}, []string{"updated 1 in force after 8"}},
		}},
		{"update that raises alarms", []step{
			{at(5), []Fact{A}, []string{"alarm 0 in force after 5"}},
			{at(9), []Fact{with(fact(1, KindUpdate, 0), extreme)}, []string{"alarm 1 in force after 8"}},
		}},
		{"lowered, then raised again: alarms", []step{
			{at(5), []Fact{A}, []string{"alarm 0 in force after 5"}},
			{at(9), []Fact{with(fact(1, KindUpdate, 0), func(f *Fact) { f.Severity = wire.PriorityMinor })}, []string{"updated 1 in force after 8"}},
			{at(20), []Fact{fact(2, KindUpdate, 1)}, []string{"alarm 2 in force after 18"}},
		}},
		{"update whose alert was lost alarms; the alert then does not", []step{
			{at(9), []Fact{fact(1, KindUpdate, 0)}, []string{"alarm 1 in force after 8"}},
			{at(10), []Fact{A}, nil},
		}},
		{"update that widens to here alarms", []step{
			{at(5), []Fact{with(A, func(f *Fact) { f.Concern = ConcernNo })}, nil},
			{at(9), []Fact{fact(1, KindUpdate, 0)}, []string{"alarm 1 in force after 8"}},
		}},
		{"update that moves away is told, and alarms when it comes back", []step{
			{at(5), []Fact{A}, []string{"alarm 0 in force after 5"}},
			{at(9), []Fact{with(fact(1, KindUpdate, 0), func(f *Fact) { f.Concern = ConcernNo; extreme(f) })}, []string{"updated 1 in force after 8 elsewhere"}},
			{at(10), []Fact{with(fact(1, KindUpdate, 0), func(f *Fact) { f.Concern = ConcernNo; extreme(f) })}, nil},
			{at(12), []Fact{fact(2, KindUpdate, 1)}, []string{"alarm 2 in force after 10"}},
		}},
		{"the place changes", []step{
			{at(5), []Fact{with(A, func(f *Fact) { f.Concern = ConcernNo })}, nil},
			{at(9), []Fact{A}, []string{"alarm 0 in force after 9"}},
		}},
		{"update after the all-clear alarms", []step{
			{at(5), []Fact{A}, []string{"alarm 0 in force after 5"}},
			{at(9), []Fact{fact(1, KindAllClear, 0)}, []string{"ended 1 all-clear"}},
			{at(12), []Fact{fact(2, KindUpdate, 0)}, []string{"alarm 2 in force after 10"}},
		}},
		{"emergency, confirmed", []step{
			{at(5), []Fact{with(A, emergency)}, []string{"alarm 0 unconfirmed after 5"}},
			{at(9), []Fact{A}, []string{"confirmed 0 in force after 9"}},
		}},
		{"emergency lapses, then confirmed", []step{
			{at(5), []Fact{with(A, emergency)}, []string{"alarm 0 unconfirmed after 5"}},
			{at(3600), nil, []string{"ended 0 lapsed"}},
			{at(3700), []Fact{A}, []string{"reinstated 0 in force after 3700"}},
		}},
		{"emergency that lapsed before it came is silent", []step{{at(3600), []Fact{with(A, emergency)}, nil}}},
		{"false all-clear of a neighbour changes nothing", []step{
			{at(5), []Fact{A}, []string{"alarm 0 in force after 5"}},
			{at(9), []Fact{with(fact(1, KindAllClear, 0), by("rp/07132"))}, nil},
		}},
		{"equivocation: the second alarms only if it is worse", []step{
			{at(5), []Fact{A}, []string{"alarm 0 in force after 5"}},
			{at(9), []Fact{with(fact(1, KindAlert), func(f *Fact) { f.Triple = triple(0) })}, []string{"updated 1 in force after 8"}},
			{at(12), []Fact{with(fact(2, KindAlert), func(f *Fact) { f.Triple = triple(0); extreme(f) })}, []string{"alarm 2 in force after 10"}},
		}},
		{"not yet begun: told, unknown", []step{{at(-1000), []Fact{A}, []string{"alarm 0 in force ?"}}, {at(5), nil, nil}}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			s := New(nil)
			for i, step := range test.steps {
				var got []Effect
				if step.add != nil {
					got = s.Add(step.now, step.add...)
				} else {
					got = s.Tick(step.now)
				}
				want := step.want
				for j := range want {
					if want[j] == "ended 0 expired" || want[j] == "ended 0 lapsed" {
						if !got[0].Alert.IsZero() {
							t.Errorf("time ended it, not %s", got[0].Alert.Short())
						}
					}
				}
				if diff := cmp.Diff(want, told(got)); diff != "" {
					t.Fatalf("step %d:\n%s", i, diff)
				}
				// A restart in between tells nothing more.
				s = restart(t, s, step.now)
			}
		})
	}
}

// restart makes the state anew from its facts and its stored memory.
func restart(t *testing.T, s *State, now identity.Clock) *State {
	t.Helper()
	b, err := json.Marshal(s.Memory())
	if err != nil {
		t.Fatal(err)
	}
	var memory []Record
	if err := json.Unmarshal(b, &memory); err != nil {
		t.Fatal(err)
	}
	var facts []Fact
	for _, f := range s.facts {
		facts = append(facts, *f)
	}
	again := New(memory)
	if e := again.Add(now, facts...); len(e) > 0 {
		t.Fatalf("a restart tells %v", told(e))
	}
	return again
}

func TestRevoke(t *testing.T) {
	s := New(nil)
	s.Add(at(1), fact(0, KindAlert), fact(1, KindUpdate, 0))
	if got := told(s.Revoke(at(9), testID(1))); !cmp.Equal(got, []string{"ended 0 revoked", "alarm 0 in force after 9"}) {
		t.Errorf("revoking the update tells %v: what it replaced was never told", got)
	}
	if got := told(s.Revoke(at(9), testID(0), testID(7))); !cmp.Equal(got, []string{"ended 0 revoked"}) {
		t.Errorf("revoking the alert tells %v", got)
	}
	f := fact(0, KindAlert)
	f.Level = 1
	if got := told(s.Revise(at(12), f)); !cmp.Equal(got, []string{"reinstated 0 unconfirmed after 12"}) {
		t.Errorf("lifting the revocation with a lower level tells %v", got)
	}
}

// TestRevokeLineage: without the revoked alert, what is left of the incident is
// judged anew, and told.
func TestRevokeLineage(t *testing.T) {
	s := New(nil)
	s.Add(at(1), fact(0, KindAlert), with(fact(1, KindUpdate, 0), func(f *Fact) { f.Severity = wire.PriorityMinor }))
	if got := told(s.Add(at(9), with(fact(2, KindAllClear, 1), one))); !cmp.Equal(got, []string{"ended 2 all-clear unconfirmed"}) {
		t.Errorf("all-clear by one tells %v", got)
	}
	if got := told(s.Revoke(at(12), testID(0))); !slices.Contains(got, "confirmed 2 all-clear") {
		t.Errorf("without the Severe alert one signature suffices, and yet %v", got)
	}
}

func TestForget(t *testing.T) {
	s := New(nil)
	s.Add(at(1), fact(0, KindAlert), fact(1, KindAllClear, 0), with(fact(5, KindAlert), func(f *Fact) { f.Expires = t0 + 40*3600 }))
	s.Forget(identity.Clock{Now: t0 + 90*3600, Doubt: true}, 3600)
	if s.Facts() != 3 {
		t.Fatalf("a clock in doubt forgets: %d left", s.Facts())
	}
	s.Forget(at(26*3600), 3600)
	if s.Facts() != 1 {
		t.Errorf("%d facts left, want the one that expires later", s.Facts())
	}
	s.Forget(at(42*3600), 3600)
	if s.Facts() != 0 || len(s.followers)+len(s.triples)+len(s.named)+len(s.sequences) != 0 {
		t.Errorf("something is left: %+v", s)
	}
	if len(s.Memory()) == 0 {
		t.Error("the memory of an alarm is gone while peers may still bring the alert")
	}
	s.Forget(at(40*3600+RecordLifetime), 3600)
	if m := s.Memory(); len(m) != 0 {
		t.Errorf("memory left: %v", m)
	}
}

func TestNext(t *testing.T) {
	s := New(nil)
	if s.Next(at(0)) != 0 {
		t.Error("nothing to wait for, and yet a time")
	}
	s.Add(at(0), with(fact(0, KindAlert), emergency))
	for _, step := range []struct{ now, want uint64 }{{t0 - 5, t0}, {t0, t0 + 3600}, {t0 + 3600, t0 + 24*3600}, {t0 + 24*3600, 0}} {
		if got := s.Next(identity.Clock{Now: step.now}); got != step.want {
			t.Errorf("after %d next is %d, want %d", step.now-t0, got, step.want)
		}
	}
}

// TestManyFollowUps: a long incident, in which everyone refers to as much as
// they may, is judged in reasonable time.
func TestManyFollowUps(t *testing.T) {
	const n = 200
	s := New(nil)
	for i := range n {
		f := fact(i, KindUpdate)
		for j := max(0, i-MaxReferences); j < i; j++ {
			f.Refs = append(f.Refs, testID(j))
		}
		if i == 0 {
			f.Kind = KindAlert
		}
		s.Add(at(i), f)
	}
	in, ok := s.Incident(testID(0), at(n))
	if !ok || len(in.Versions) != n || len(in.Current) != 1 || in.Current[0] != testID(n-1) {
		t.Errorf("incident of %d versions, current %v", len(in.Versions), in.Current)
	}
}

func BenchmarkAdd(b *testing.B) {
	for b.Loop() {
		s := New(nil)
		for i := range 1000 {
			k, refs := KindAlert, []int(nil)
			if i%5 > 0 {
				k, refs = KindUpdate, []int{i - 1}
			}
			s.Add(at(i), fact(i, k, refs...))
		}
	}
}

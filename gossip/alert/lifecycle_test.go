package alert

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

const t0 = 1_800_000_000 // created of the first alert in a history

// at is a sure clock, s seconds after the first alert.
func at(s int) identity.Clock { return identity.Clock{Now: uint64(t0 + s)} }

func testID(n int) (id wire.ID) {
	id[0], id[1], id[2] = 1, byte(n>>8), byte(n)
	return id
}

func triple(n int) cap.Reference {
	return cap.Reference{Sender: "s", Identifier: fmt.Sprint("id-", n), Sent: cap.MakeTime(int64(t0+n), 0)}
}

// fact makes a confirmed Severe live alert of the Leitstelle, created n seconds
// after t0, following up refs.
func fact(n int, k Kind, refs ...int) Fact {
	f := Fact{
		ID: testID(n), Lane: wire.LaneLive, Authority: "rp/07131/lst", Kind: k, Severity: wire.PrioritySevere,
		Created: uint64(t0 + n), Expires: t0 + 24*3600, Level: 2, Needed: 2, Triple: triple(n), Concern: ConcernYes,
	}
	for _, r := range refs {
		f.Refs = append(f.Refs, testID(r))
	}
	return f
}

// with changes a fact.
func with(f Fact, change func(*Fact)) Fact {
	change(&f)
	return f
}

func extreme(f *Fact)   { f.Severity = wire.PriorityExtreme }
func minor(f *Fact)     { f.Severity, f.Level, f.Needed = wire.PriorityMinor, 1, 2 }
func one(f *Fact)       { f.Level = 1 }
func emergency(f *Fact) { f.Level, f.Emergency = 1, true }
func by(authority string) func(*Fact) {
	return func(f *Fact) { f.Authority = authority }
}

// show writes incidents in short: phase, severity, current versions, end.
func show(list []Incident) []string {
	var out []string
	for _, in := range list {
		s := fmt.Sprintf("%s sev %d", in.Phase, in.Severity)
		if in.Phase.Active() && in.InForce != identity.InForce {
			s += " (in force: " + in.InForce.String() + ")"
		}
		for _, id := range in.Current {
			s += fmt.Sprint(" ", int(id[1])<<8|int(id[2]))
		}
		if !in.End.IsZero() {
			s += fmt.Sprint(" end ", in.End[2])
		}
		if len(in.Equivocal) > 0 {
			s += fmt.Sprint(" equivocal ", len(in.Equivocal))
		}
		out = append(out, s)
	}
	return out
}

// permutations calls f with every order of list.
func permutations(list []Fact, f func([]Fact)) {
	var permute func(int)
	permute = func(k int) {
		if k == len(list) {
			f(list)
			return
		}
		for i := k; i < len(list); i++ {
			list[k], list[i] = list[i], list[k]
			permute(k + 1)
			list[k], list[i] = list[i], list[k]
		}
	}
	permute(0)
}

// TestHistories plays each history in every order, and with every fact twice.
func TestHistories(t *testing.T) {
	A := fact(0, KindAlert)
	tests := []struct {
		name  string
		facts []Fact
		now   identity.Clock
		want  []string
	}{
		{"alert", []Fact{A}, at(60), []string{"in force sev 3 0"}},
		{"update supersedes", []Fact{A, fact(1, KindUpdate, 0)}, at(60), []string{"in force sev 3 1"}},
		{"update of an update that names only the last", []Fact{A, fact(1, KindUpdate, 0), fact(2, KindUpdate, 1)}, at(60),
			[]string{"in force sev 3 2"}},
		{"two updates conflict, the more severe leads", []Fact{A, fact(1, KindUpdate, 0), with(fact(2, KindUpdate, 0), extreme)}, at(60),
			[]string{"in force sev 4 2 1"}},
		{"one signature does not play down", []Fact{A, with(fact(1, KindUpdate, 0), minor)}, at(60), []string{"in force sev 3 0 1"}},
		{"two signatures play down", []Fact{A, with(fact(1, KindUpdate, 0), func(f *Fact) { f.Severity = wire.PriorityMinor })}, at(60),
			[]string{"in force sev 1 1"}},
		{"all-clear", []Fact{A, fact(1, KindUpdate, 0), fact(2, KindAllClear, 1)}, at(60), []string{"all-clear sev 3 1 0 end 2"}},
		{"all-clear by one", []Fact{A, with(fact(1, KindAllClear, 0), one)}, at(60), []string{"all-clear unconfirmed sev 3 0 end 1"}},
		{"all-clear by one of a minor alert", []Fact{with(A, minor), with(fact(1, KindAllClear, 0), one)}, at(60), []string{"all-clear sev 1 0 end 1"}},
		{"playing down does not make the all-clear cheaper", []Fact{A, with(fact(1, KindUpdate, 0), func(f *Fact) { f.Severity = 1 }),
			with(fact(2, KindAllClear, 1), one)}, at(60), []string{"all-clear unconfirmed sev 3 0 1 end 2"}},
		{"withdrawal", []Fact{A, with(fact(1, KindWithdrawal, 0), one)}, at(60), []string{"withdrawn sev 3 0 end 1"}},
		{"end of the first alert does not end an update its author did not know",
			[]Fact{A, fact(1, KindUpdate, 0), fact(2, KindAllClear, 0)}, at(60), []string{"in force sev 3 1"}},
		{"update after the end", []Fact{A, fact(1, KindAllClear, 0), fact(2, KindUpdate, 0, 1)}, at(60), []string{"in force sev 3 2"}},
		{"end before its alert is remembered", []Fact{fact(1, KindWithdrawal, 0)}, at(60), []string{"unknown sev 0"}},
		{"voided all-clear", []Fact{A, fact(1, KindAllClear, 0), fact(2, KindWithdrawal, 1)}, at(60), []string{"in force sev 3 0"}},
		{"voided void", []Fact{A, fact(1, KindAllClear, 0), fact(2, KindWithdrawal, 1), fact(3, KindWithdrawal, 2)}, at(60),
			[]string{"all-clear sev 3 0 end 1"}},
		{"everything at once", []Fact{with(A, emergency), A, fact(1, KindUpdate, 0), with(fact(2, KindUpdate, 0), extreme),
			with(fact(3, KindAllClear, 1, 2), one), fact(4, KindWithdrawal, 1)}, at(60), []string{"all-clear unconfirmed sev 4 2 end 4"}},
		{"all-clear outranks withdrawal", []Fact{A, fact(1, KindAllClear, 0), fact(2, KindWithdrawal, 0)}, at(60), []string{"all-clear sev 3 0 end 2"}},

		{"neighbour may not end it", []Fact{A, with(fact(1, KindAllClear, 0), by("rp/07132/lst"))}, at(60),
			[]string{"in force sev 3 0", "unknown sev 0"}},
		{"below may not end it", []Fact{with(A, by("rp")), with(fact(1, KindAllClear, 0), by("rp/07131"))}, at(60),
			[]string{"in force sev 3 0", "unknown sev 0"}},
		{"similar label is not above", []Fact{A, with(fact(1, KindAllClear, 0), by("rp/07131/ls"))}, at(60),
			[]string{"in force sev 3 0", "unknown sev 0"}},
		{"above may end it", []Fact{A, with(fact(1, KindAllClear, 0), by("rp"))}, at(60), []string{"all-clear sev 3 0 end 1"}},
		{"update without right is an incident of its own", []Fact{A, with(fact(1, KindUpdate, 0), by("rp/07132"))}, at(60),
			[]string{"in force sev 3 1", "in force sev 3 0"}},
		{"drill does not end live", []Fact{A, with(fact(1, KindAllClear, 0), func(f *Fact) { f.Lane = wire.LaneDrill })}, at(60),
			[]string{"in force sev 3 0", "unknown sev 0"}},
		{"other domain does not end it", []Fact{A, with(fact(1, KindAllClear, 0), func(f *Fact) { f.Domain = testID(9) })}, at(60),
			[]string{"in force sev 3 0", "unknown sev 0"}},

		{"triple counts without ID", []Fact{A, with(fact(1, KindAllClear), func(f *Fact) { f.RefTriples = []cap.Reference{triple(0)} })}, at(60),
			[]string{"all-clear sev 3 0 end 1"}},
		{"triple does not count beside an ID", []Fact{A, with(fact(1, KindAllClear, 7), func(f *Fact) { f.RefTriples = []cap.Reference{triple(0)} })}, at(60),
			[]string{"in force sev 3 0", "unknown sev 0"}},
		{"triple of another unit means nothing", []Fact{A, with(fact(1, KindAllClear), func(f *Fact) {
			f.RefTriples, f.Authority = []cap.Reference{triple(0)}, "rp"
		})}, at(60), []string{"in force sev 3 0", "unknown sev 0"}},
		{"same triple, other content: one incident, the most severe leads", []Fact{A,
			with(fact(1, KindAlert), func(f *Fact) { f.Triple = triple(0); extreme(f) })}, at(60), []string{"in force sev 4 1 0 equivocal 2"}},
		{"same triple by another unit is no equivocation", []Fact{A,
			with(fact(1, KindAlert), func(f *Fact) { f.Triple = triple(0); f.Authority = "rp/07132/lst" })}, at(60),
			[]string{"in force sev 3 1", "in force sev 3 0"}},
		{"forked sequence", []Fact{with(A, func(f *Fact) { f.Sequence = 5 }), with(fact(1, KindAlert), func(f *Fact) { f.Sequence = 5 })}, at(60),
			[]string{"in force sev 3 1 equivocal 1", "in force sev 3 0 equivocal 1"}},

		{"emergency waits", []Fact{with(A, emergency)}, at(3599), []string{"unconfirmed sev 3 0"}},
		{"emergency lapses", []Fact{with(A, emergency)}, at(3600), []string{"lapsed sev 3 0"}},
		{"emergency confirmed", []Fact{with(A, emergency), A}, at(7200), []string{"in force sev 3 0"}},
		{"emergency does not lapse by a clock in doubt", []Fact{with(A, emergency)}, identity.Clock{Now: t0 + 7200, Doubt: true},
			[]string{"unconfirmed sev 3 (in force: unknown) 0"}},
		{"second signature of the all-clear", []Fact{A, with(fact(1, KindAllClear, 0), one), fact(1, KindAllClear, 0)}, at(60),
			[]string{"all-clear sev 3 0 end 1"}},

		{"expired", []Fact{A}, at(24 * 3600), []string{"expired sev 3 0"}},
		{"from the future", []Fact{A}, at(-3600), []string{"in force sev 3 (in force: unknown) 0"}},
		{"clock in doubt", []Fact{A}, identity.Clock{Now: 1, Doubt: true}, []string{"in force sev 3 (in force: unknown) 0"}},
		{"clock behind the floor", []Fact{A}, identity.Clock{Now: t0 + 60, Floor: t0 + 5*24*3600}, []string{"in force sev 3 (in force: unknown) 0"}},
		{"revoked", []Fact{with(A, func(f *Fact) { f.Revoked = true })}, at(60), []string{"revoked sev 3 0"}},
		{"revoked all-clear ends nothing", []Fact{A, with(fact(1, KindAllClear, 0), func(f *Fact) { f.Revoked = true })}, at(60),
			[]string{"in force sev 3 0", "unknown sev 0"}},
		{"revoked update gives way to what it replaced", []Fact{A, with(fact(1, KindUpdate, 0), func(f *Fact) { f.Revoked = true })}, at(60),
			[]string{"in force sev 3 0", "revoked sev 3 1"}},
		{"two updates of a lost alert are one incident", []Fact{fact(1, KindUpdate, 0), with(fact(2, KindUpdate, 0), extreme)}, at(60),
			[]string{"in force sev 4 2 1"}},
		{"updates of a lost alert by strangers are two", []Fact{fact(1, KindUpdate, 0), with(fact(2, KindUpdate, 0), by("rp/07132/lst"))}, at(60),
			[]string{"in force sev 3 2", "in force sev 3 1"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			permutations(slices.Clone(test.facts), func(order []Fact) {
				s := New(nil)
				for _, f := range order {
					s.Add(test.now, f)
					s.Add(test.now, f)
				}
				if diff := cmp.Diff(test.want, show(s.Incidents(test.now))); diff != "" {
					t.Fatalf("order %v:\n%s", ids(order), diff)
				}
			})
		})
	}
}

func ids(facts []Fact) []int {
	var list []int
	for _, f := range facts {
		list = append(list, int(f.ID[1])<<8|int(f.ID[2]))
	}
	return list
}

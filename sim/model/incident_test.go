package model

import (
	"fmt"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

const schedule = `schema: kreidfeuer.scenario/1
name: schedule
title: Alerts of two authorities that follow each other up
duration: 12h
places:
  - {name: here, kind: plane, size: [100m, 100m]}
links: {net: {latency: 20ms}}
groups:
  - {name: station, count: 1, at: here, links: [net], role: station}
  - {name: right, count: 3, at: here, links: [net]}
  - {name: late, count: 3, at: here, links: [net], clock: {offset: -3h, spread: 3h}}
  - {name: never-set, count: 2, at: here, links: [net], clock: {offset: -56y}}
alerts:
`

// drawSchedule draws alerts, follow-ups with and without right, second signatures.
func drawSchedule(t *rapid.T) string {
	text := schedule
	for i := range rapid.IntRange(1, 7).Draw(t, "alerts") {
		kind := "alert"
		if i > 0 {
			kind = rapid.SampledFrom([]string{"alert", "update", "update", "all-clear", "withdrawal"}).Draw(t, "kind")
		}
		severity := rapid.SampledFrom([]string{"Minor", "Severe", "Extreme"}).Draw(t, "severity")
		text += fmt.Sprintf("  - {name: a%d, at: %dm, from: station, severity: %s, kind: %s, expires: %dm, authority: %s", i, 1+20*i, severity, kind,
			rapid.IntRange(30, 400).Draw(t, "expires"), rapid.SampledFrom([]string{"rp", "rp/07131", "rp/07132"}).Draw(t, "authority"))
		if kind != "alert" {
			follows := rapid.SliceOfNDistinct(rapid.IntRange(0, i-1), 1, min(i, 2), rapid.ID).Draw(t, "follows")
			text += ", follows: [" + strings.Trim(strings.ReplaceAll(fmt.Sprintf("%q", names(follows)), " ", ", "), "[]") + "]"
		}
		if may := kind != "update" || severity == "Minor"; may && rapid.Bool().Draw(t, "one signature") {
			text += ", signatures: 1"
			if rapid.Bool().Draw(t, "confirmed") {
				text += fmt.Sprintf(", confirmed: %dm", rapid.IntRange(5, 90).Draw(t, "after"))
			}
		}
		text += "}\n"
	}
	return text
}

func names(list []int) (names []string) {
	for _, i := range list {
		names = append(names, fmt.Sprint("a", i))
	}
	return names
}

// staged is a run of which everything is there and nothing has happened.
func staged(t interface{ Fatal(...any) }, text string) *run {
	s, err := scenario.Parse([]byte(text))
	if err != nil {
		t.Fatal(text, err)
	}
	r, err := newRun(Config{Scenario: s, Seed: 1})
	if err == nil {
		err = r.furnish()
	}
	if err != nil {
		t.Fatal(text, err)
	}
	return r
}

// TestLifecycle: whatever reaches a device, in whatever order, by whatever clock: it
// shows in the model what a real state shows that was given the same one after the other,
// and those that are counted as outdated are those that show what a real state that was
// given everything does not.
func TestLifecycle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := staged(t, drawSchedule(t))
		states := make([]*alert.State, r.counts)
		for d := range states {
			states[d] = alert.New(nil)
		}
		all := alert.New(nil)
		for i := range r.alerts {
			a := &r.alerts[i]
			r.q.now = a.at
			if r.wants(a.station, uint32(i)) {
				r.accept(a.station, uint32(i))
			}
			all.Add(r.watch(a.station).at(r.q.now), r.fact(uint32(i)))
			for range rapid.IntRange(0, 12).Draw(t, "arrivals") {
				r.q.now += uint32(rapid.IntRange(0, 60_000).Draw(t, "pause"))
				d, n := uint32(rapid.IntRange(1, r.counts-1).Draw(t, "device")), uint32(rapid.IntRange(0, i).Draw(t, "alert"))
				if !r.wants(d, n) {
					continue
				}
				r.accept(d, n)
				states[d].Add(r.watch(d).at(r.q.now), r.fact(n))
				checkShown(t, r, d, states[d], all)
			}
		}
		checkCounts(t, r, states, all)
	})
}

// phasesOf are the phases of what a state knows.
func phasesOf(r *run, s *alert.State, d uint32) map[string]alert.Phase {
	phases := map[string]alert.Phase{}
	for _, in := range s.Incidents(r.watch(d).at(r.q.now)) {
		for _, v := range in.Versions {
			phases[v.ID.String()] = v.Phase
		}
	}
	return phases
}

// outdated reports whether a state shows what a complete one does not.
func outdated(r *run, s, all *alert.State, d uint32) bool {
	want := phasesOf(r, all, d)
	for id, phase := range phasesOf(r, s, d) {
		if phase.Active() && !want[id].Active() {
			return true
		}
	}
	return false
}

func checkShown(t *rapid.T, r *run, d uint32, s, all *alert.State) {
	want := phasesOf(r, s, d)
	for n := range r.incidents {
		in := &r.incidents[n]
		phases := in.judge(r.knows(d, int32(n)), r.watch(d).at(r.q.now))
		for i, m := range in.members {
			if r.heardOf(d, m) && phases[i] != want[r.idOf(m).String()] {
				t.Fatalf("alert %d is %s in the model, %s on a device", m, phases[i], want[r.idOf(m).String()])
			}
		}
	}
}

// checkCounts holds the counts of outdated devices to asking every one of them.
func checkCounts(t *rapid.T, r *run, states []*alert.State, all *alert.State) {
	for d := range states {
		any := false
		for n := range r.incidents {
			is, _ := r.incidents[n].shows(r.knows(uint32(d), int32(n)), r.watch(uint32(d)).at(r.q.now))
			any = any || is
		}
		if d > 0 && any != outdated(r, states[d], all, uint32(d)) {
			t.Fatalf("device %d: outdated %t in the model", d, any)
		}
	}
	for n := range r.incidents {
		in := &r.incidents[n]
		if len(in.changes) == 0 {
			continue
		}
		in.look(r, len(in.changes)-1, 0)
		want, aware := 0, 0
		for d := 1; d < r.counts; d++ {
			if is, _ := in.shows(r.knows(uint32(d), int32(n)), r.watch(uint32(d)).at(r.q.now)); is {
				want++
			}
			if r.knows(uint32(d), int32(n)) != 0 {
				aware++
			}
		}
		last := len(in.result.Times) - 1
		if unaware := 1 - float64(aware)/float64(r.counts-1); in.outdated != want || in.result.Unaware[last]-unaware > 1e-9 || unaware-in.result.Unaware[last] > 1e-9 {
			t.Fatalf("%d outdated and %.3f unaware, want %d and %.3f", in.outdated, in.result.Unaware[last], want, unaware)
		}
	}
}

// TestIncidents plays updates and ends, and wants what follows from them.
func TestIncidents(t *testing.T) {
	const ends = "  - {name: end, at: 40m, from: station, severity: Severe, kind: all-clear, follows: [first]%s}\n"
	for _, c := range []struct {
		name, more string
		away       string // outage of half of the people
		before     int    // devices outdated when the last change was issued
		settled    [2]float64
		outdated   float64 // at the end
		latest     float64
	}{
		{name: "all-clear", more: fmt.Sprintf(ends, ""), before: 100, settled: [2]float64{0.01, 0.3}, latest: 1},
		{name: "update", more: strings.ReplaceAll(fmt.Sprintf(ends, ""), "all-clear", "update"), before: 100, settled: [2]float64{0.01, 0.3}, latest: 1},
		{name: "all-clear by one", more: fmt.Sprintf(ends, ", signatures: 1"), before: 100, settled: [2]float64{0.01, 0.3}, latest: 1},
		{name: "stranger", more: fmt.Sprintf(ends, ", authority: elsewhere"), before: 0, settled: [2]float64{0, 0}, latest: 1},
		{name: "away", more: fmt.Sprintf(ends, ""), away: "until: 50m", before: 100, settled: [2]float64{600, 700}, latest: 1},
		{name: "away for good", more: fmt.Sprintf(ends, ""), away: "until: 4h", before: 100, settled: [2]float64{-1, -1}, outdated: 1},
		{name: "expired meanwhile", more: fmt.Sprintf(ends, ""), away: "until: 140m", before: 100, settled: [2]float64{5400, 5401}, latest: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			text := strings.Replace(story, "{at: 10m,", "{name: first, at: 10m,", 1) + c.more
			if c.outdated > 0 {
				text = strings.Replace(text, "expires: 2h", "expires: 6h", 1)
			}
			if c.away != "" {
				text += "outages:\n  - {at: 20m, what: internet, " + c.away + "}\n"
				text = strings.Replace(text, "role: station", "role: station, battery: 1h", 1)
				text = strings.Replace(text, "count: 100, at: here", "count: 100, at: there", 1)
				text = strings.Replace(text, "what: internet,", "what: internet, place: there,", 1)
			}
			res := play(t, text, 3)
			if len(res.Incidents) != 1 || len(res.Incidents[0].Changes) != 1 {
				t.Fatalf("%+v", res.Incidents)
			}
			in := res.Incidents[0]
			got, last := in.Changes[0], len(in.Times)-1
			t.Logf("%+v; at the end %.2f outdated, %.2f latest, %.2f unaware", got, in.Outdated[last], in.Latest[last], in.Unaware[last])
			if got.Outdated != c.before || got.Max < c.settled[0] || got.Max > c.settled[1] {
				t.Errorf("%d outdated at first, none after %.2f s: want %d and %v", got.Outdated, got.Max, c.before, c.settled)
			}
			if in.Concerned != 100 || in.Outdated[last] != c.outdated || in.Latest[last] != c.latest {
				t.Errorf("of %d at the end %.2f are outdated and %.2f know the latest", in.Concerned, in.Outdated[last], in.Latest[last])
			}
		})
	}
}

package model

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

const hall = `schema: kreidfeuer.scenario/1
name: hall
title: A hall full of people who hear each other
duration: 30m
marks: [1s, 1m]
places: [{name: hall, kind: plane, size: [30m, 30m]}]
links:
  net: {latency: 25ms, needs: [power]}
  wifi: {range: 60m, rate: 2MB/s, latency: 5ms}
groups:
  - {name: station, count: 1, at: hall, role: station, links: [wifi], battery: 5h}
  - {name: mains, count: 0, at: hall, links: [wifi]}
  - {name: people, count: 60, at: hall, links: [wifi], battery: 5h}
alerts: [{at: 15m, from: station, severity: Extreme}]
`

// connected counts those with whom a device is connected now.
func (r *run) connected(d uint32) (n int) {
	for at := r.web.start[d]; at < r.web.start[d+1]; at++ {
		if r.web.marks[at]&joined != 0 && r.via(d, at) >= 0 {
			n++
		}
	}
	return n
}

// TestCrowd: however many hear each other, they are one mesh, and each has as many
// neighbours as on real devices, which with 60 are 29.9 in the mean, 24 at least and 45 at
// most.
func TestCrowd(t *testing.T) {
	for _, n := range []int{24, 30, 60, 300, 1000, 5000} {
		text := strings.Replace(hall, "count: 60", fmt.Sprintf("count: %d", n), 1)
		for seed := range uint64(3) {
			if a := play(t, text, seed).Alerts[0]; a.Reached != n || a.Max > 0.2 {
				t.Errorf("%d people, seed %d: %d reached, the last after %.3f s", n, seed, a.Reached, a.Max)
			}
		}
		r, all := started(t, text), 0
		for d := range r.group {
			have := r.connected(uint32(d))
			all += have
			if have < min(n, 24) || have > 60 {
				t.Errorf("%d people: %d neighbours", n, have)
			}
		}
		mean := float64(all) / float64(len(r.group))
		t.Logf("%d people have %.1f neighbours in the mean", n, mean)
		if n >= 60 && (mean < 28.5 || mean > 32) {
			t.Errorf("%d people have %.1f neighbours in the mean, want about 30", n, mean)
		}
	}
}

// TestCrowdThins: when most of a crowd are gone, those who are left find each other, and
// when the others are back, they find neighbours again.
func TestCrowdThins(t *testing.T) {
	for _, c := range []struct{ mains, people int }{{24, 24}, {100, 30}, {2000, 40}} {
		text := strings.NewReplacer("count: 0", fmt.Sprintf("count: %d", c.mains), "count: 60", fmt.Sprintf("count: %d", c.people)).Replace(hall) +
			"outages: [{at: 5m, until: 20m, what: power}]\n"
		r := started(t, text)
		r.plan()
		for _, then := range []struct {
			at          uint32
			least, most int // neighbours of each who is there
		}{{299_000, 24, 80}, {340_000, 24, 50}, {1_200_500, 0, 80}, {1_205_000, 24, 80}} {
			r.q.run(then.at, r.handle, func(uint32) {})
			for d := range r.group {
				if have := r.connected(uint32(d)); r.works[d] != 0 && (have < min(then.least, c.people) || have > then.most) {
					t.Fatalf("%d of %d are left: device %d has %d neighbours at %d ms", c.people, c.mains+c.people, d, have, then.at)
				}
			}
			consistent(t, r)
		}
		a := play(t, text, 1).Alerts[0]
		t.Logf("%d of %d are left: %d reached, p50 %.3f s, the last after %.1f s", c.people, c.mains+c.people, a.Reached, a.P50, a.Max)
		if a.Reached != c.mains+c.people || a.AtMarks[0] < float64(c.people)/float64(c.mains+c.people) || a.Max > 310 {
			t.Errorf("%d of %d are left: %d reached, %.3f in time, the last after %.1f s", c.people, c.mains+c.people, a.Reached, a.AtMarks[0], a.Max)
		}
	}
}

// TestCrowdFallsBack: a crowd whose network fails is one mesh over Wi-Fi.
func TestCrowdFallsBack(t *testing.T) {
	text := strings.NewReplacer("count: 60", "count: 400", "links: [wifi]", "links: [net, wifi]").Replace(hall) + "outages: [{at: 14m, what: link:net}]\n"
	if a := play(t, text, 1).Alerts[0]; a.Reached != 400 || a.Max > 0.2 {
		t.Errorf("%d reached, the last after %.3f s", a.Reached, a.Max)
	}
}

// TestCrowdComesAndGoes: where at any time one in ten of a crowd is there, whoever is has neighbours.
func TestCrowdComesAndGoes(t *testing.T) {
	text := strings.Replace(hall, "count: 60, at: hall,", "count: 1000, at: hall, leave: 10m, return: 90m,", 1)
	text = strings.Replace(text, "duration: 30m", "duration: 3h", 1)
	r := started(t, text)
	r.plan()
	r.q.run(10_000_000, r.handle, func(uint32) {})
	consistent(t, r)
	here, few, all := 0, 0, 0
	for d := range r.group {
		if r.works[d] != 0 {
			have := r.connected(uint32(d))
			here++
			if all += have; have < 12 {
				few++
			}
		}
	}
	t.Logf("%d are there, with %.1f neighbours in the mean; %d have fewer than 12", here, float64(all)/float64(here), few)
	if here < 60 || here > 150 || few > here/20 {
		t.Errorf("of %d that are there %d have fewer than 12 neighbours", here, few)
	}
}

// consistent checks that both ends of all connections agree.
func consistent(t *testing.T, r *run) {
	t.Helper()
	w := &r.web
	for d := range uint32(len(r.group)) {
		degree := 0
		for at := w.start[d]; at < w.start[d+1]; at++ {
			if w.marks[at]&inMesh != 0 {
				degree++
			}
			other := w.to[at]
			if other == d {
				if w.marks[at] != 0 || w.over[at] != 0 {
					t.Fatalf("an empty place of %d has marks %b and links %b", d, w.marks[at], w.over[at])
				}
				continue
			}
			if back := w.back(d, at); w.to[back] != d || w.over[back] != w.over[at] || (w.marks[at]^w.marks[back])&joined != 0 {
				t.Fatalf("%d and %d do not agree", d, other)
			}
		}
		if degree != int(w.degree[d]) {
			t.Fatalf("%d members in the mesh of %d, counted %d", degree, d, w.degree[d])
		}
	}
}

func TestStroll(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	for n := range 200 {
		seen := map[int]bool{}
		order := newStroll(chance, n)
		for range n {
			seen[order.next()] = true
		}
		if len(seen) != n {
			t.Fatalf("%d of %d", len(seen), n)
		}
		for i := range seen {
			if i < 0 || i >= n {
				t.Fatalf("%d of %d", i, n)
			}
		}
	}
}

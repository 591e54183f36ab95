package netmodel

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestThen(t *testing.T) {
	tests := []struct {
		name       string
		a, b, want Link
	}{
		{"perfect is neutral", Link{Loss: 0.5, Latency: time.Second, Rate: 1000}, Link{}, Link{Loss: 0.5, Latency: time.Second, Rate: 1000}},
		{"latencies add up", Link{Latency: 1, Jitter: 2}, Link{Latency: 3, Jitter: 4}, Link{Latency: 4, Jitter: 6}},
		{"losses are survived both", Link{Loss: 0.5}, Link{Loss: 0.5}, Link{Loss: 0.75}},
		{"the slower rate", Link{Rate: 5000}, Link{Rate: 900}, Link{Rate: 900}},
		{"a rate and none", Link{}, Link{Rate: 900}, Link{Rate: 900}},
		{"down stays down", Link{Down: true}, Link{}, Link{Down: true}},
	}
	for _, test := range tests {
		if got := test.a.Then(test.b); got != test.want {
			t.Errorf("%s: %+v", test.name, got)
		}
		if got := test.b.Then(test.a); got != test.want {
			t.Errorf("%s, the other way round: %+v", test.name, got)
		}
	}
}

// The share of lost packets and the mean jitter are those asked for, and no way
// has the chance of another.
func TestFateIsDrawnEvenly(t *testing.T) {
	const packets = 100_000
	l := Link{Loss: 0.1, Latency: 10 * time.Millisecond, Jitter: 20 * time.Millisecond}
	lost, both, sum := 0, 0, time.Duration(0)
	for i := range uint64(packets) {
		delay, gone := l.Fate(7, Packet{From: 1, To: 2, Number: i})
		_, other := l.Fate(7, Packet{From: 2, To: 1, Number: i})
		if gone {
			lost++
			if other {
				both++
			}
			continue
		}
		sum += delay
		if delay < l.Latency || delay > l.Latency+l.Jitter {
			t.Fatalf("packet %d takes %s", i, delay)
		}
	}
	if share := float64(lost) / packets; math.Abs(share-l.Loss) > 0.005 {
		t.Errorf("%.3f of the packets are lost", share)
	}
	if share := float64(both) / packets; math.Abs(share-l.Loss*l.Loss) > 0.003 {
		t.Errorf("%.4f of the packets are lost in both directions", share)
	}
	if mean := sum / time.Duration(packets-lost); (mean - 20*time.Millisecond).Abs() > 200*time.Microsecond {
		t.Errorf("a packet takes %s in the mean", mean)
	}
}

func TestFateDependsOnItsArgumentsAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := Link{Loss: rapid.Float64Range(0, 1).Draw(t, "loss"), Jitter: time.Second}
		p := Packet{rapid.IntRange(0, 1e6).Draw(t, "from"), rapid.IntRange(0, 1e6).Draw(t, "to"), rapid.Uint64().Draw(t, "number")}
		seed := rapid.Uint64().Draw(t, "seed")
		d1, l1 := l.Fate(seed, p)
		d2, l2 := l.Fate(seed, p)
		if d1 != d2 || l1 != l2 {
			t.Fatalf("%v and %v, %v and %v", d1, d2, l1, l2)
		}
		if _, lost := (Link{Loss: 1}).Fate(seed, p); !lost {
			t.Fatal("a packet came through a link that loses all")
		}
	})
}

// A queue never sends faster than its rate, keeps the order, and drops what would
// wait too long.
func TestQueueKeepsItsRate(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		const most = 500 * time.Millisecond
		rate := rapid.Float64Range(5e3, 1e7).Draw(t, "rate")
		var q Queue
		var now, last time.Duration
		var first, sent time.Duration
		for i := range rapid.IntRange(1, 200).Draw(t, "packets") {
			now += time.Duration(rapid.Int64Range(0, int64(20*time.Millisecond)).Draw(t, "pause"))
			size := rapid.IntRange(1, 1500).Draw(t, "size")
			after, left, lost := q.Send(now, size, rate, most)
			if lost {
				if last-now <= most {
					t.Fatalf("packet %d is dropped at a wait of %s", i, last-now)
				}
				continue
			}
			if sent == 0 {
				first = now
			}
			sent += time.Duration(float64(size) * 8 / rate * float64(time.Second))
			if left <= last || left < first+sent-time.Duration(i+1) {
				t.Fatalf("packet %d leaves at %s: the last at %s, %s of sending since %s", i, left, last, sent, first)
			}
			q, last = after, left
		}
	})
	if _, left, lost := (Queue{}).Send(time.Second, 1500, 0, 0); left != time.Second || lost {
		t.Error("a link without a rate makes a packet wait")
	}
}

func TestModels(t *testing.T) {
	odd := func(n int) int { return n % 2 }
	at := Span{10 * time.Second, 20 * time.Second}
	tests := []struct {
		name     string
		model    Model
		now      time.Duration
		from, to int
		down     bool
	}{
		{"before a partition", Partition{at, odd}, 9 * time.Second, 1, 2, false},
		{"in a partition", Partition{at, odd}, 10 * time.Second, 1, 2, true},
		{"in one half", Partition{at, odd}, 10 * time.Second, 1, 3, false},
		{"healed", Partition{at, odd}, 20 * time.Second, 1, 2, false},
		{"for ever", Partition{Span{}, odd}, time.Hour, 1, 2, true},
		{"from a dead node", NodeDown{at, 5}, 15 * time.Second, 5, 1, true},
		{"to a dead node", NodeDown{at, 5}, 15 * time.Second, 1, 5, true},
		{"past a dead node", NodeDown{at, 5}, 15 * time.Second, 1, 2, false},
		{"it returns", NodeDown{at, 5}, 20 * time.Second, 1, 5, false},
		{"one link", Between{1, 2, Link{Down: true}}, 0, 2, 1, true},
		{"another link", Between{1, 2, Link{Down: true}}, 0, 2, 3, false},
		{"storm", During{at, Link{Down: true}}, 15 * time.Second, 0, 1, true},
		{"after the storm", During{at, Link{Down: true}}, 25 * time.Second, 0, 1, false},
		{"one of many", All{Link{}, NodeDown{at, 5}, Link{}}, 15 * time.Second, 5, 1, true},
		{"near", Radio{Fixed{{0, 0}, {30, 40}}, 50, 100}, 0, 0, 1, false},
		{"far", Radio{Fixed{{0, 0}, {300, 400}}, 50, 100}, 0, 0, 1, true},
	}
	for _, test := range tests {
		if got := test.model.Link(test.now, test.from, test.to); got.Down != test.down {
			t.Errorf("%s: %+v", test.name, got)
		}
	}
}

func TestRadioFades(t *testing.T) {
	r := Radio{Fixed{{0, 0}, {75, 0}}, 50, 100}
	if l := r.Link(0, 0, 1); l.Down || l.Loss != 0.5 {
		t.Errorf("halfway between clear and out of range: %+v", l)
	}
}

func TestSpreadIsTheSameBothWays(t *testing.T) {
	s := Spread{Seed: 3, Least: 10 * time.Millisecond, Most: 150 * time.Millisecond}
	var least, most time.Duration = time.Hour, 0
	for i := range 1000 {
		d := s.Link(0, 0, i+1).Latency
		if back := s.Link(time.Hour, i+1, 0).Latency; back != d {
			t.Fatalf("%s there and %s back", d, back)
		}
		least, most = min(least, d), max(most, d)
	}
	if least < s.Least || least > 12*time.Millisecond || most > s.Most || most < 148*time.Millisecond {
		t.Errorf("from %s to %s", least, most)
	}
}

func TestChurn(t *testing.T) {
	c := Churn{Seed: 1, Up: 3 * time.Minute, Down: time.Minute, Spare: 1}
	down := 0
	for node := 1; node <= 100; node++ {
		for at := time.Duration(0); at < 40*time.Minute; at += 10 * time.Second {
			if c.Link(at, 0, node).Down {
				down++
			}
		}
	}
	if share := float64(down) / (100 * 240); math.Abs(share-0.25) > 0.01 {
		t.Errorf("%.3f of the time down, want a quarter", share)
	}
}

// Nobody jumps: in a second nobody walks further than its legs allow.
func TestMovement(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := Wander{Seed: rapid.Uint64().Draw(t, "seed"), Width: 1000, Height: 500, Leg: 10 * time.Minute}
		node := rapid.IntRange(0, 1000).Draw(t, "node")
		now := time.Duration(rapid.Int64Range(0, int64(24*time.Hour)).Draw(t, "now"))
		p, q := w.At(now, node), w.At(now+time.Second, node)
		if p.X < 0 || p.X > w.Width || p.Y < 0 || p.Y > w.Height {
			t.Fatalf("outside, at %v", p)
		}
		if step := p.Distance(q); step > math.Hypot(w.Width, w.Height)/w.Leg.Seconds()+1e-6 {
			t.Fatalf("%.1f m in a second", step)
		}
	})
	tracks := Tracks{{{time.Minute, Point{0, 0}}, {2 * time.Minute, Point{60, 0}}}}
	for at, want := range map[time.Duration]float64{0: 0, time.Minute: 0, 90 * time.Second: 30, 2 * time.Minute: 60, time.Hour: 60} {
		if got := tracks.At(at, 0); got.X != want {
			t.Errorf("after %s at %v, want %v", at, got, want)
		}
	}
}

func TestClock(t *testing.T) {
	c := Clock{Offset: -time.Hour, Drift: 1e-4}
	if got := c.Error(10_000 * time.Second); got != -time.Hour+time.Second {
		t.Errorf("wrong by %s", got)
	}
}

package agenda

import (
	"errors"
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

var start = time.Unix(1_800_000_000, 0)

func even(d time.Duration) time.Duration { return d }

// TestInTurn: comparing in turn takes a small share of a slow link, and is never
// left out for long.
func TestInTurn(t *testing.T) {
	for _, c := range []struct {
		name       string
		cost, wait time.Duration
		due        bool
	}{
		{"fast link", 5 * time.Millisecond, time.Second, true},
		{"slow link, just compared", 4 * time.Second, 79 * time.Second, false},
		{"slow link, a while ago", 4 * time.Second, 80 * time.Second, true},
		{"hardly a link", time.Minute, turnSeldom, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			n, now := New[string](even), start
			n.Meet("p", 0, now)
			if !n.TakeCompare("p", now) {
				t.Fatal("no comparison is due on meeting")
			}
			n.Costs("p", c.cost)
			now = now.Add(c.wait)
			n.InTurn("p", now)
			if got := n.TakeCompare("p", now.Add(Again)); got != c.due {
				t.Errorf("compared again: %t", got)
			}
		})
	}
}

// When the next comparison begins, after one at the start, and what happened since.
func TestNextComparison(t *testing.T) {
	const step = 100 * time.Millisecond
	for _, c := range []struct {
		name string
		do   func(n *Neighbours[string], now time.Time)
		want time.Duration // 0: none within an hour
	}{
		{"nothing", func(*Neighbours[string], time.Time) {}, 0},
		{"something was missed", func(n *Neighbours[string], now time.Time) { n.Again("p", now) }, Again},
		{"missed twice", func(n *Neighbours[string], now time.Time) { n.Again("p", now); n.Again("p", now) }, Again},
		{"a domain was pinned", func(n *Neighbours[string], now time.Time) { n.Everybody(now) }, step},
		{"later", func(n *Neighbours[string], now time.Time) { n.Later("p", 10*time.Second, now) }, step + 10*time.Second},
		{"the earlier counts", func(n *Neighbours[string], now time.Time) { n.Later("p", time.Hour, now); n.Again("p", now) }, Again},
		{"its link was renewed", func(n *Neighbours[string], now time.Time) { n.Renewed("p", 0, now) }, Again},
		{"renewed, and it has the turn", func(n *Neighbours[string], now time.Time) { n.Renewed("p", 5*time.Second, now) }, step + 5*time.Second},
		{"it compares with us", func(n *Neighbours[string], now time.Time) { n.Served("p", +1); n.Again("p", now) }, Again + patience},
		{"it has compared with us", func(n *Neighbours[string], now time.Time) {
			n.Served("p", +1)
			n.Again("p", now)
			n.Served("p", -1)
		}, Again},
		{"a session failed", func(n *Neighbours[string], now time.Time) { n.Ended("p", errors.New("for the test"), now) }, step + 2*time.Second},
		{"a session's connection was replaced", func(n *Neighbours[string], now time.Time) { n.Ended("p", ErrMoved, now) }, step},
		{"a session went well", func(n *Neighbours[string], now time.Time) { n.Ended("p", nil, now) }, 0},
		{"it offers too much", func(n *Neighbours[string], now time.Time) { n.Offered("p", Offer{}, true, now) }, Again},
		{"it left", func(n *Neighbours[string], now time.Time) { n.Again("p", now); n.Part("p") }, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			n := New[string](even)
			n.Meet("p", 0, start)
			if !n.TakeCompare("p", start) {
				t.Fatal("no comparison is due on meeting")
			}
			c.do(n, start.Add(step))
			var got time.Duration
			for d := step; d < time.Hour && got == 0; d += step {
				if n.TakeCompare("p", start.Add(d)) {
					got = d
				}
			}
			if got != c.want {
				t.Errorf("after %s, want %s", got, c.want)
			}
		})
	}
}

// Whoever was told of the trust of a domain, and since when.
func TestTold(t *testing.T) {
	n, domain, other := New[string](even), wire.ID{1, 1}, wire.ID{1, 2}
	for _, p := range []string{"carries", "hears", "neither"} {
		n.Meet(p, 0, start)
	}
	n.Carries("carries", []wire.ID{domain})
	n.Carries("neither", []wire.ID{other})
	if before := n.Told("carries", domain, start); !before.IsZero() {
		t.Errorf("told before at %s", before)
	}
	if before := n.Told("carries", domain, start.Add(-time.Second)); !before.Equal(start) {
		t.Errorf("told before at %s", before)
	}
	told := n.ToldOf(domain, []string{"hears", "just met"})
	if at, ok := told["carries"]; !ok || !at.Equal(start) || len(told) != 3 {
		t.Errorf("%v", told)
	}
	for _, p := range []string{"hears", "just met"} {
		if at, ok := told[p]; !ok || !at.IsZero() {
			t.Errorf("%s: %s, %t", p, at, ok)
		}
	}
}

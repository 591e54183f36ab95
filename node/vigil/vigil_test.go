package vigil

import (
	"testing"
	"time"
)

var start = time.Unix(1_800_000_000, 0)

func TestPause(t *testing.T) {
	for alone, want := range map[time.Duration]time.Duration{
		0: Shortest, 10 * time.Second: Shortest, 20 * time.Second: 10 * time.Second, time.Minute: early, 5 * time.Minute: early,
		15 * time.Minute: 30 * time.Second, time.Hour: Longest, 1000 * time.Hour: Longest,
	} {
		if got := Pause(alone, false); got != want {
			t.Errorf("after %s: %s, want %s", alone, got, want)
		}
		if got := Pause(alone, true); got != Cheaper*want {
			t.Errorf("after %s, with TCP: %s, want %s", alone, got, Cheaper*want)
		}
	}
}

// TestCost: what a vigil sends, those included that are dialed before it begins.
func TestCost(t *testing.T) {
	var v Vigil
	v.Alone(start)
	sent := func(from, until time.Duration) (bytes int) {
		for {
			next := v.Next(false)
			if next.Sub(start) >= until {
				return bytes
			}
			cost := BriefBytes
			if v.Whole() {
				cost = DialBytes
			}
			v.Dialed(next)
			if next.Sub(start) >= from {
				bytes += cost
			}
		}
	}
	if perSecond := (sent(0, 5*time.Minute) + Tries*BriefBytes) / 300; perSecond > 1000 {
		t.Errorf("%d bytes a second in the first five minutes", perSecond)
	}
	if perSecond := sent(time.Hour, 2*time.Hour) / 3600; perSecond > 100 || perSecond < 90 {
		t.Errorf("%d bytes a second after an hour", perSecond)
	}
}

func TestVigil(t *testing.T) {
	var v Vigil
	if v.Keeps() || v.Met() || v.Hear(start) {
		t.Error("alone from the beginning")
	}
	if !v.Alone(start) || v.Alone(start.Add(time.Hour)) {
		t.Error("it does not begin once")
	}
	if v.IsLong(start.Add(long-1)) || !v.IsLong(start.Add(long)) {
		t.Error("it is long too early, or not")
	}
	if !v.Keeps() || !v.Next(false).Equal(start) {
		t.Errorf("the first dial for all at %s", v.Next(false))
	}
	v.Dialed(start.Add(time.Hour))
	if got := v.Next(false); !got.Equal(start.Add(time.Hour + Longest)) {
		t.Errorf("the next one at %s", got)
	}
	for after, again := range []bool{false, false, true, false} { // a word, another one, one after a silence, another one
		at := start.Add(time.Duration([]int{0, 50, 50 + 60, 50 + 61}[after]) * time.Second)
		if got := v.Hear(at); got != again {
			t.Errorf("word %d: ends a silence: %t", after, got)
		}
	}
	v.Begin(start.Add(2 * time.Hour))
	if got := v.Next(false); !got.Equal(start.Add(2 * time.Hour)) {
		t.Errorf("begun anew: %s", got)
	}
	if !v.Met() || v.Met() || v.Keeps() {
		t.Error("somebody was met, and that is not noted once")
	}
}

// TestChoices: each choice has its share of the turns, and of those that are whole.
func TestChoices(t *testing.T) {
	var v Vigil
	turns, whole := map[Choice]int{}, map[Choice]int{}
	const rounds = 100
	for range 4 * Whole * rounds {
		turns[v.Choice()]++
		if v.Whole() {
			whole[v.Choice()]++
		}
		v.Dialed(start)
	}
	for choice, part := range map[Choice]int{Chosen: 2, Known: 1, Anybody: 1} {
		if turns[choice] != part*Whole*rounds || whole[choice] != part*rounds {
			t.Errorf("choice %d has %d turns, %d of them whole", choice, turns[choice], whole[choice])
		}
	}
}

// TestComingAndGoing: who comes and goes does not make dials for all more frequent.
func TestComingAndGoing(t *testing.T) {
	var v Vigil
	v.Alone(start)
	v.Dialed(start)
	v.Met()
	v.Alone(start.Add(time.Second))
	if got := v.Next(false).Sub(start); got != Shortest {
		t.Errorf("the next dial for all after %s, want %s", got, Shortest)
	}
}

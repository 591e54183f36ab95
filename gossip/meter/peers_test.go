package meter

import (
	"testing"
	"time"
)

var start = time.Unix(1_800_000_000, 0)

// Each budget has its burst, then its rate, and one neighbour does not use up another's.
func TestBudgets(t *testing.T) {
	for _, c := range []struct {
		name  string
		take  func(p *Peers, id string, now time.Time) bool
		burst int
		every time.Duration
	}{
		{"new envelopes", (*Peers).Allow, NewBurst, time.Second / NewRate},
		{"sessions", (*Peers).Begin, beginBurst, time.Second / beginRate},
		{"proofs", (*Peers).Prove, ProofBurst, proofEvery},
		{"messages", func(p *Peers, id string, now time.Time) bool { return p.Rounds(id, now).AllowN(now, 1) }, RoundBurst, time.Second / RoundRate},
		{"gossip", func(p *Peers, id string, now time.Time) bool { pass, _ := p.Arrive(id, 1, now); return pass }, floodBurst, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := New()
			for i := range c.burst {
				if !c.take(p, "a", start) {
					t.Fatalf("refused after %d of %d", i, c.burst)
				}
			}
			if c.take(p, "a", start) {
				t.Error("more than the burst")
			}
			if !c.take(p, "b", start) {
				t.Error("another one is refused")
			}
			if c.every > 0 && (c.take(p, "a", start.Add(c.every/2)) || !c.take(p, "a", start.Add(c.every+time.Microsecond))) {
				t.Errorf("not one every %s", c.every)
			}
		})
	}
}

// A neighbour is cut off once, with one strike too many, stays out for the time of a
// ban, and is remembered for as long.
func TestStrikes(t *testing.T) {
	p := New()
	for range Strikes {
		if p.Strike("a", start) {
			t.Fatal("cut off too soon")
		}
	}
	if p.CutOff("a", start) {
		t.Fatal("out before it was cut off")
	}
	if !p.Strike("a", start) || p.Strike("a", start) {
		t.Error("not cut off, or twice")
	}
	if pass, cut := p.Arrive("a", 1, start); pass || cut {
		t.Errorf("pass %t, cut %t", pass, cut)
	}
	p.Sweep(start.Add(BanTime))
	if !p.CutOff("a", start.Add(BanTime-1)) || p.CutOff("a", start.Add(BanTime)) {
		t.Error("not out for the time of a ban")
	}
	if p.Sweep(start.Add(BanTime + 1)); len(p.all) != 0 {
		t.Error("it is remembered")
	}
}

// One strike is forgiven after a while.
func TestStrikesAreForgiven(t *testing.T) {
	p, now := New(), start
	for range 10 * Strikes {
		if p.Strike("a", now) {
			t.Fatal("cut off though it is wrong only now and then")
		}
		now = now.Add(strikeEvery)
	}
}

// The time that sessions take counts for a while.
func TestHold(t *testing.T) {
	p := New()
	p.Hold("a", time.Second, start)
	if got := p.Hold("a", time.Second, start.Add(heldMemory)); got != 2*time.Second {
		t.Errorf("held %s", got)
	}
	if got := p.Hold("a", 0, start.Add(heldMemory+1)); got != 0 {
		t.Errorf("held %s", got)
	}
}

// What a neighbour did when it was last asked for a proof is what counts.
func TestProven(t *testing.T) {
	p := New()
	for i, did := range []bool{true, false, true} {
		if want := map[bool]int{true: 1, false: -1}[did]; p.Proven("a") == want {
			t.Errorf("%d: %d before it was asked", i, want)
		} else if p.DidProve("a", did, start); p.Proven("a") != want {
			t.Errorf("%d: %d, want %d", i, p.Proven("a"), want)
		}
	}
	if p.Proven("b") != 0 {
		t.Error("another one is taken for it")
	}
}

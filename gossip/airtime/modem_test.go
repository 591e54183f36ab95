package airtime

import (
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestAirtime: times for payloads of 16, 100 and 237 bytes as Meshtastic's own
// simulator computes them (Meshtasticator, lib/phy.py).
func TestAirtime(t *testing.T) {
	for name, want := range map[string][3]float64{ // milliseconds
		"ShortTurbo": {20, 51, 101}, "ShortFast": {40, 102, 201}, "MediumFast": {140, 324, 642}, "MediumSlow": {259, 607, 1160},
		"LongFast": {477, 1133, 2116}, "LongModerate": {1511, 3871, 7934}, "LongSlow": {2800, 7200, 14300},
	} {
		m, err := Preset(name)
		if err != nil {
			t.Fatal(err)
		}
		for i, n := range []int{16, 100, 237} {
			got := float64(m.Airtime(n)) / float64(time.Millisecond)
			if slack := max(0.6, want[i]*0.015); got < want[i]-slack || got > want[i]+slack {
				t.Errorf("%s, %d bytes: %.1f ms, want %.0f", name, n, got, want[i])
			}
		}
	}
	if _, err := Preset("longest"); err == nil {
		t.Error("a preset that does not exist")
	}
}

// TestDutyIsKept: whatever is sent when the account allows it, no hour holds more
// than the limit.
func TestDutyIsKept(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		d := duty{limit: 36 * time.Second, window: time.Hour}
		type span struct {
			from, to time.Time
		}
		var sent []span
		now := time.Unix(0, 0)
		for range rapid.IntRange(1, 80).Draw(t, "frames") {
			now = now.Add(time.Duration(rapid.IntRange(0, 600).Draw(t, "pause")) * time.Second)
			took := time.Duration(rapid.IntRange(1, 15_000).Draw(t, "took")) * time.Millisecond
			share := rapid.SampledFrom([]float64{0.25, 0.5, 1}).Draw(t, "share")
			at := d.when(took, d.part(share), now)
			if at.IsZero() {
				if float64(took) <= share*float64(d.limit) {
					t.Fatal("refused for ever though it fits")
				}
				continue
			}
			if at.After(now) && d.when(took, d.part(share), at).After(at) {
				t.Fatal("the promised time is too early")
			}
			now = at
			d.spend(took, now)
			sent = append(sent, span{now, now.Add(took)})
			now = now.Add(took)
		}
		for _, end := range sent {
			var sum time.Duration
			for _, s := range sent {
				if from := end.to.Add(-d.window); s.to.After(from) && !s.to.After(end.to) {
					sum += s.to.Sub(s.from)
				}
			}
			if sum > d.limit {
				t.Fatalf("%s in the hour before %s", sum, end.to)
			}
		}
	})
}

// chance is randomness for tests, the same each time.
func chance(n uint64) *rand.ChaCha8 {
	return rand.NewChaCha8([32]byte{byte(n), byte(n >> 8)})
}

package model

import (
	"math/rand/v2"
	"testing"
)

// TestMissed: QUIC sends a lost packet again when the third after it is acknowledged, an
// eighth of a trip later if there are fewer, and the last of all when nothing more comes.
// On real devices a warning of six packets behind one that is lost, at 25 ms from each
// to each, takes 75, 81 and 102 ms.
func TestMissed(t *testing.T) {
	l := &link{delay: 25}
	for lost, want := range []uint32{50, 50, 50, 50, 56, 56, 77} {
		f := make([]flown, 7)
		f[lost].lost = true
		i, at := missed(f, l)
		if i != lost {
			t.Errorf("packet %d of 7 is missed, not %d", i, lost)
		}
		if at == 0 {
			r := &run{chance: rand.New(rand.NewPCG(1, 2))}
			f, _ = r.probe(f, l, 0)
			at = f[len(f)-1].at
		}
		if at != want {
			t.Errorf("packet %d of 7 is sent again after %d ms, not %d", lost, at, want)
		}
	}
}

// TestDelayed: of transfers as many are late as have a lost packet, whatever is lost arrives
// in the end, and nothing is drawn on a link without loss.
func TestDelayed(t *testing.T) {
	r := &run{chance: rand.New(rand.NewPCG(1, 2))}
	if late, again := r.delayed(&link{delay: 25}, 6, false); late != 0 || again != 0 {
		t.Errorf("%d ms late without loss", late)
	}
	l := &link{delay: 25}
	l.Loss = 0.02
	const all = 100_000
	n, blocked := 0, 0
	for range all {
		if late, _ := r.delayed(l, 6, false); late > 0 {
			n++
		}
		if late, _ := r.delayed(l, 6, true); late >= 50 {
			blocked++
		}
	}
	if share := float64(n) / all; share < 0.11 || share > 0.118 { // 1 - 0.98^6 = 0.114
		t.Errorf("%.3f of the transfers are late", share)
	}
	if blocked != all {
		t.Errorf("%d of %d wait for what was lost before them", blocked, all)
	}
	l.Loss = 1
	if late, _ := r.delayed(l, 3, false); late == 0 {
		t.Error("nothing passes, and it is in time")
	}
}

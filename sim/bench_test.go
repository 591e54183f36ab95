package sim

import (
	"os"
	"testing"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
)

// The published baseline on links of 25 ms, a tenth more or less: all warnings come
// everywhere, no later than by plain gossipsub, nearly as soon as the shortest ways allow,
// for no more copies and a third of the bytes, and also when a tenth of the packets is lost.
func TestPropagation(t *testing.T) {
	b := PaperBench(scale(t, 150, 1000))
	b.Latency, b.Slowest = 22500*time.Microsecond, 27500*time.Microsecond
	plain := b.Measure(t, Plain(PaperParams(), true))
	t.Log("plain gossipsub:       ", plain)
	ours := b.Measure(t, Ours)
	t.Log("our router:            ", ours)
	b.Loss = 0.1
	lossy := b.Measure(t, Ours)
	t.Log("our router, 10 % loss: ", lossy)
	for name, o := range map[string]Outcome{"plain": plain, "ours": ours, "ours with loss": lossy} {
		if o.Delivered != o.Expected {
			t.Errorf("%s: %d of %d delivered", name, o.Delivered, o.Expected)
		}
	}
	if limit := plain.Latency.P99 * 11 / 10; ours.Latency.P99 > limit { // each mesh is another one
		t.Errorf("p99 is %s, plain gossipsub's %s", ours.Latency.P99, plain.Latency.P99)
	}
	if limit := ours.Floor.P99 * 115 / 100; ours.Latency.P99 > limit {
		t.Errorf("p99 is %s, the shortest ways take %s", ours.Latency.P99, ours.Floor.P99)
	}
	if ours.Copies > plain.Copies*1.15 {
		t.Errorf("%.2f copies, plain gossipsub has %.2f", ours.Copies, plain.Copies)
	}
	if ours.Bytes > plain.Bytes/3 {
		t.Errorf("%.1f times the bytes, plain gossipsub has %.1f", ours.Bytes, plain.Bytes)
	}
}

// What each parameter brings, on links that are all alike and on links of 10 to
// 150 ms.
func TestParameters(t *testing.T) {
	if os.Getenv("KREIDFEUER_SIM_SWEEP") == "" {
		t.Skip("set KREIDFEUER_SIM_SWEEP to compare gossipsub's parameters")
	}
	alike := PaperBench(scale(t, 200, 1000))
	alike.Warnings = 40
	slow := alike // an envelope takes 21 ms to leave
	slow.Rate = 2e6
	varied := alike
	varied.Latency, varied.Slowest = 10*time.Millisecond, 150*time.Millisecond
	lossy := varied
	lossy.Loss = 0.1
	set := func(d, dlo, dhi, dont int) pubsub.GossipSubParams {
		p := PaperParams()
		p.D, p.Dlo, p.Dhi, p.Dscore, p.Dout = d, dlo, dhi, dlo, 1
		p.Dlazy, p.IDontWantMessageThreshold = 8, dont
		return p
	}
	const never = 1 << 30
	for _, v := range []struct {
		name   string
		params pubsub.GossipSubParams
		flood  bool
	}{
		{"D 8, no IDONTWANT", set(8, 6, 12, never), true},
		{"D 8", set(8, 6, 12, 512), true},
		{"D 8, no flood", set(8, 6, 12, 512), false},
		{"D 6", set(6, 5, 8, 512), true},
		{"D 5", set(5, 4, 6, 512), true},
		{"D 4", set(4, 3, 5, 512), true},
		{"D 12", set(12, 10, 16, 512), true},
	} {
		for name, b := range map[string]Bench{"25 ms": alike, "10-150 ms": varied, "10-150 ms, 10 % loss": lossy, "25 ms, 2 Mbit per s": slow} {
			t.Run(v.name+"/"+name, func(t *testing.T) { t.Log(b.Measure(t, Plain(v.params, v.flood))) })
		}
	}
}

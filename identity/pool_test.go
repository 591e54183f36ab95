package identity

import (
	"fmt"
	"sync"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// TestConcurrentUse is for the race detector: verdicts go on while trust changes.
func TestConcurrentUse(t *testing.T) {
	w := newTree(t)
	e := w.alert(w.lst.cert, t0+day, w.lst.a, w.lst.b)
	e.Chain = w.pool.ChainFor(e)
	list := w.revoke(w.kreis.cert, []by{w.kreis.self()}, entry(w.lst.a, Retired, t0+2*day))
	beacon := w.beacon(w.land.cert, t0+day, t0+2*day, w.land.self())
	device := NewPool()
	if err := device.Pin(w.genesis, Fingerprint(w.domain)); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := device.AddChain(e); err != nil {
				t.Error(err)
			}
			for _, o := range []*wire.Envelope{list, beacon} {
				if _, err := device.Add(o); err != nil {
					t.Error(err)
				}
			}
			if v, err := device.Verify(e); err != nil || v.Level != 2 {
				t.Errorf("level %d, %v", v.Level, err)
			}
			device.Status(w.domain)
			device.ChainFor(e)
			device.Export()
			device.Clock(t0, w.domain)
		})
	}
	wg.Wait()
}

// BenchmarkRejudge is the price of a revocation: every certificate is judged again.
func BenchmarkRejudge(b *testing.B) {
	w := newWorld(b)
	land := w.unit(nil, "rp", "07", 3, w.rootSigners()...)
	s := scopeAt("07131", 1)
	for i := range 20 {
		w.grant(land.cert, unitSubject(b, fmt.Sprintf("rp/u%d", i), s), land.a, land.b)
		w.grant(land.cert, personSubject(b, "rp", fmt.Sprintf("p%d", i), s), land.a, land.b)
	}
	d := w.pool.domains[w.domain]
	b.ReportAllocs()
	for b.Loop() {
		d.rejudge()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(len(d.certs)), "ns/certificate")
}

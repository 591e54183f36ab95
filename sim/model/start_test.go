package model

import (
	"testing"
	"time"
)

// Who comes back is dialled by others within the time that they take between two dials,
// and by each at the same moment however often that is asked.
func TestDialledAfterStart(t *testing.T) {
	r := &run{Config: Config{Params: DefaultParams}, started: []uint32{5000, 0}}
	latest, early := uint32(0), 0
	for by := range uint32(1000) {
		after := r.dialled(0, by)
		if after != r.dialled(0, by) {
			t.Fatal("it is another moment each time")
		}
		if latest = max(latest, after); after < handshake {
			early++
		}
	}
	if most := millis(DefaultParams.Redial) * 5 / 4; latest > most || latest < most*9/10 {
		t.Errorf("the last dials after %d ms, of %d", latest, most)
	}
	if share := float64(early) / 1000; share < DefaultParams.Dialling || share > DefaultParams.Dialling+0.1 {
		t.Errorf("%.2f are dialling when it comes back", share)
	}
}

// A connection is missing for a while only if the one that dials has stayed.
func TestApartAfterStart(t *testing.T) {
	r := &run{Config: Config{Params: DefaultParams}, q: &queue{}, started: []uint32{60000, 0}}
	r.group, r.mine, r.works = make([]uint16, 2), []uint16{1, 1}, []uint16{1, 1}
	r.links = []link{{delay: 25}}
	r.web = r.newWeb([][2]uint32{{1, 0}}, 1) // 1 dials 0
	joins := 60000 + joinTrips*25 + r.dialled(0, 1)
	for _, c := range []struct {
		now   uint32
		apart bool
	}{{60000, true}, {joins - 1, true}, {joins, false}} {
		r.q.now = c.now
		if r.apart(0, 0, 0) != c.apart || r.apart(1, 1, 0) != c.apart {
			t.Errorf("at %s: apart is %t", time.Duration(c.now)*time.Millisecond, !c.apart)
		}
	}
	r.started = []uint32{0, 60000} // 1 starts, and dials at once
	if r.q.now = 60000; r.apart(0, 0, 0) || r.apart(1, 1, 0) {
		t.Error("who dials itself waits")
	}
}

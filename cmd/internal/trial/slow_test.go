//go:build linux

package trial

import (
	"slices"
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/cmd/internal/ether"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// TestSlowCatchUp: a device that comes late to a link of 1 Mbit a second gets the
// alerts before the thousands of other envelopes.
func TestSlowCatchUp(t *testing.T) {
	alerts, drills := 20, 200
	if soak() {
		alerts, drills = 200, 2000
	}
	t.Parallel()
	l := newLAN(t, 2, ether.Link{Rate: 1_000_000, Delay: 10 * time.Millisecond}, nil)
	source, late := l.devices[0], l.devices[1]
	source.up()
	made := l.newLoad(t, "slow", alerts, drills)
	slices.Reverse(made.drills)
	for _, e := range append(slices.Clone(made.drills), made.alerts...) { // what matters comes last
		source.submit(e)
	}
	before, began := l.Count(), time.Now()
	late.up()
	live, err := late.awaitAll(time.Minute, made.alerts)
	if err != nil {
		t.Fatal(err)
	}
	all, err := late.awaitAll(2*time.Minute, made.drills)
	if err != nil {
		t.Fatal(err)
	}
	at, early := late.told(), 0
	for _, e := range made.drills {
		if at[e.ID().String()].Before(live) {
			early++
		}
	}
	t.Logf("%d alerts after %s, with %d of %d other envelopes before the last of them; all after %s and %d kB on the link", alerts,
		live.Sub(began).Round(time.Millisecond), early, drills, all.Sub(began).Round(time.Millisecond), (l.Count().Bytes-before.Bytes)/1000)
	if early > 0 {
		t.Errorf("%d exercises came before the last alert", early)
	}
}

// wantSlowTold wants status and peers of a device to say that its links are slow.
func (d *device) wantSlowTold() {
	d.t.Helper()
	s, err := d.api.Status(d.t.Context())
	if err != nil {
		d.t.Fatal(err)
	}
	if !slices.ContainsFunc(s.Health, func(p apitype.Problem) bool { return p.Kind == "slow-link" }) {
		d.t.Errorf("status does not tell of a slow link: %v", s.Health)
	}
	for p, err := range d.api.Peers(d.t.Context()) {
		if err != nil {
			d.t.Fatal(err)
		}
		if d.t.Logf("peers: connected %t by %s: %s", p.Connected, p.Transport, p.Problem); p.Connected && p.Problem == "" {
			d.t.Errorf("peers does not tell that the link to %s is slow", p.PeerID)
		}
	}
}

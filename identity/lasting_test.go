package identity

import (
	"slices"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// What a malicious list withdrew is back once the list is void, on the devices
// that held it all along as after a restart.
func TestVoidListGivesBackWhatItTook(t *testing.T) {
	w := newTree(t)
	beacon := w.sign(ok[*wire.Envelope](t)(NewBeacon(w.origin(w.lst.cert, w.lst.key, t0+day, t0+year), nil, nil)), w.lst.self())
	w.add(beacon)
	w.add(w.revoke(w.lst.cert, []by{w.lst.a}, entry(w.lst.b, Compromised, t0+1))) // a genuine list

	// A stolen officer's key of the Kreis says that a colleague's key was stolen.
	w.add(w.revoke(w.kreis.cert, []by{w.kreis.b}, entry(w.kreis.a, Compromised, t0+1)))
	_, err := w.pool.Verify(w.alert(w.lst.cert, t0+day, w.lst.a))
	wantReason(t, "denied", err, wire.ReasonUnknownIssuer)

	// The Land withdraws the stolen key and names what was good.
	remedy := entry(w.kreis.b, Compromised, t0+1)
	remedy.Keep = []wire.ID{w.lst.cert.ID, w.lst.a.cert.ID, w.lst.b.cert.ID}
	w.add(w.revoke(w.land.cert, []by{w.land.self()}, remedy))
	if _, err := w.pool.Verify(w.alert(w.lst.cert, t0+day, w.lst.a)); err != nil {
		t.Errorf("the Leitstelle's officer: %v", err)
	}
	_, err = w.pool.Verify(w.alert(w.lst.cert, t0+day, w.lst.b))
	wantReason(t, "whom the genuine list withdraws", err, wire.ReasonRevoked)
	fresh := NewPool()
	if err := fresh.Pin(w.genesis, Fingerprint(w.domain)); err != nil {
		t.Fatal(err)
	}
	fresh.AddAll(w.all)
	if got, want := state(t, fresh, w.domain), state(t, w.pool, w.domain); !slices.Equal(got, want) {
		t.Errorf("after a restart\n%q, want\n%q", got, want)
	}
}

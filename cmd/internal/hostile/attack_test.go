package hostile_test

import (
	"runtime"
	"slices"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/cmd/internal/hostile"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/nodetest"
)

// Pubsub marks a message as seen before anybody has judged it. A damaged copy
// that comes first must not silence the genuine one.
func TestDamagedCopyAheadOfTheGenuineOne(t *testing.T) {
	w := newWorld(t)
	w.control(t)
	e := w.warning(t)
	w.send(t, wire.LaneLive, hostile.Damaged(e))
	if w.a.Has(t, e.ID()) {
		t.Fatal("the damaged copy was accepted")
	}
	w.spread(t, e)
	if got := state(t, w.a, e.ID()); got.Level != 2 || got.State != apitype.StateInForce {
		t.Errorf("level %d, %s", got.Level, got.State)
	}
}

// Junk beside genuine signatures makes nobody verify the genuine ones again.
func TestVariantsOfAGenuineAlertCostOneCheckEach(t *testing.T) {
	w := newWorld(t)
	w.control(t)
	third, err := w.tree.AddPerson(w.tree.Kreis, w.tree.Leitstelle, "c", w.tree.Kreis.Signers()...)
	if err != nil {
		t.Fatal(err)
	}
	w.trust(t, third.Cert)
	e := w.warning(t)
	const each, peers = 3, 4 // gossipsub itself is deaf to a peer that sends more
	for _, variants := range []struct {
		name string
		make func(i int) *wire.Envelope
	}{
		{"the approver's signature damaged", func(i int) *wire.Envelope {
			bad := e.Signers[1]
			bad.Sig[i] ^= 1
			return e.AddSigner(bad)
		}},
		{"a third signature of junk", func(i int) *wire.Envelope {
			bad := wire.NewSigner(third.Ref(), wire.RoleApprover)
			bad.Sig[i] = 1
			return e.AddSigner(bad)
		}},
	} {
		t.Run(variants.name, func(t *testing.T) {
			before := w.a.Stats().Checks
			for p := range peers {
				var raws [][]byte
				for i := range each {
					raws = append(raws, variants.make(p*each+i).EncodeFull())
				}
				w.send(t, wire.LaneLive, raws...)
			}
			// The author's signature is genuine and checked until it is remembered:
			// once by each of gossipsub's validators, which work side by side.
			if checks := w.a.Stats().Checks - before; checks > uint64(each*peers+runtime.NumCPU()) {
				t.Errorf("%d variants cost %d signature checks", each*peers, checks)
			}
			if w.a.Has(t, e.ID()) {
				t.Error("a variant was accepted")
			}
		})
	}
	w.spread(t, e)
	w.control(t)
}

func TestReplayChangesNothing(t *testing.T) {
	w := newWorld(t)
	e := w.warning(t)
	w.spread(t, e)
	before := w.a.Stats().Checks
	bare := *e
	bare.Chain = nil // other bytes, the same envelope
	w.send(t, wire.LaneLive, bare.EncodeFull())
	if checks := w.a.Stats().Checks - before; checks != 0 {
		t.Errorf("a replay cost %d signature checks", checks)
	}
	w.control(t)
	told := 0
	events, err := w.a.Control().Events(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, ev := range events {
		if ev.Alert != nil && ev.Alert.ID == e.ID().String() && ev.Alert.Alarm {
			told++
		}
	}
	if told != 1 {
		t.Errorf("alarmed %d times", told)
	}
}

// A unit may write what it likes into the CAP triple of its own alerts: nobody
// else's incident is touched.
func TestAnotherUnitsTripleIsAnotherIncident(t *testing.T) {
	w := newWorld(t)
	c, u := w.alert(cap.Severe), w.tree.Neighbour
	e := nodetest.Sign(t, w.tree, w.tree.Leitstelle, c, w.tree.Leitstelle.Persons...)
	w.genuine = append(w.genuine, e.ID())
	w.spread(t, e)

	theirs := *c
	theirs.Info = slices.Clone(c.Info)
	theirs.Info[0].Area = []cap.Area{nodetest.Area("071380000000")}
	theirs.Info[0].Headline = "Kein Hochwasser"
	same := nodetest.Sign(t, w.tree, u, &theirs, u.Persons...)
	cancel := w.end(cap.Severe, c)
	cancel.MsgType, cancel.Info[0].ResponseType = cap.MsgCancel, nil
	cancel.Info[0].Area = []cap.Area{nodetest.Area("071380000000")}
	byTriple := nodetest.Sign(t, w.tree, u, cancel, u.Persons...)
	byID := nodetest.SignWith(t, w.tree, u, w.inArea(w.end(cap.Severe, c), "071380000000"), refer(e.ID()), u.Persons...)
	w.genuine = append(w.genuine, same.ID(), byTriple.ID(), byID.ID()) // in their own area they may say so
	w.send(t, wire.LaneLive, same.EncodeFull(), byTriple.EncodeFull(), byID.EncodeFull())
	w.control(t)
	for i, d := range w.devices() {
		for _, id := range []wire.ID{same.ID(), byTriple.ID(), byID.ID()} {
			w.await(t, d, id)
		}
		got := state(t, d, e.ID())
		if got.State != apitype.StateInForce || got.Incident != e.ID().String() || got.Headline != c.Info[0].Headline {
			t.Errorf("device %d: %s in incident %s, %q", i, got.State, got.Incident, got.Headline)
		}
	}
}

func (w *world) inArea(c *cap.Alert, ars string) *cap.Alert {
	c.Info[0].Area = []cap.Area{nodetest.Area(ars)}
	return c
}

// One officer's all-clear stops sirens and is shown as not confirmed.
func TestAllClearByOneIsUnconfirmed(t *testing.T) {
	w := newWorld(t)
	e := w.warning(t)
	w.spread(t, e)
	end := nodetest.SignWith(t, w.tree, w.tree.Leitstelle, w.end(cap.Severe, w.last()), refer(e.ID()), w.tree.Leitstelle.Persons...)
	one := *end
	one.Signers = end.Signers[:1]
	one.Chain = w.tree.Pool.ChainFor(&one)
	w.genuine = append(w.genuine, end.ID())
	w.send(t, wire.LaneLive, one.EncodeFull())
	for _, d := range w.devices() {
		d.Await(t, end.ID(), func(ev *apitype.AlertEvent) bool { return ev.Level == 1 && ev.Unconfirmed })
		if got := state(t, d, e.ID()); got.State != apitype.StateAllClear || !got.Unconfirmed {
			t.Errorf("%s, unconfirmed %t", got.State, got.Unconfirmed)
		}
	}
	w.send(t, wire.LaneLive, end.EncodeFull()) // whoever brings it
	for _, d := range w.devices() {
		d.Await(t, end.ID(), func(ev *apitype.AlertEvent) bool { return ev.Level == 2 && !ev.Unconfirmed })
	}
	w.control(t)
}

// A stolen key may sign ever new beacons; each takes the place of the last.
func TestBeaconsTakeOneSlot(t *testing.T) {
	w := newWorld(t)
	w.control(t)
	u := w.tree.Neighbour
	var raws [][]byte
	const beacons = 150
	for range beacons {
		e, err := identity.NewBeacon(w.origin(u, u.Key.Public()), nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		e = w.sign(t, e, u.Key.Public(), trusttest.Signer{Ref: wire.CertificateRef(u.Cert.ID()), Key: u.Key})
		e.Chain = w.tree.Pool.ChainFor(e)
		raws = append(raws, e.EncodeFull())
	}
	before := kept(t, w.a, wire.LaneTrust)
	w.send(t, wire.LaneTrust, raws...)
	w.control(t)
	for i, d := range w.devices() {
		if more := kept(t, d, wire.LaneTrust) - before; more > 3 { // the unit, its issuer known, one beacon
			t.Errorf("device %d keeps %d more trust objects after %d beacons", i, more, beacons)
		}
	}
}

// A stolen delegating key mints persons up to the bound on children, wherever
// they rank, and within the unit's quota.
func TestCertificatesAreBoundedByChildrenAndQuota(t *testing.T) {
	w := newWorld(t)
	scope := trusttest.Scope(2, 1, "ARS 07131")
	scope.Children = 4
	for i := range scope.Quotas {
		scope.Quotas[i] = identity.Quota{Lane: scope.Quotas[i].Lane, Count: 20, Bytes: 64 << 10}
	}
	u := w.unit(t, w.tree.Kreis, "rp/07131/klein", scope)
	w.trust(t, u.Cert)
	w.control(t)
	by := trusttest.Signer{Ref: wire.CertificateRef(u.Cert.ID()), Key: u.Key}
	var raws [][]byte
	for n := range 60 {
		key, err := w.tree.Key(identity.PurposePerson)
		if err != nil {
			t.Fatal(err)
		}
		o := w.origin(u, u.Key.Public())
		o.Created = trusttest.Epoch
		o.Sequence, o.Previous = uint64(100-n), new(w.tree.Root.ID()) // each outranks the ones before
		e, err := w.tree.Pool.NewCertificate(identity.Certificate{Origin: o, Subject: identity.Subject{Kind: identity.KindPerson,
			Authority: u.Path, Person: "m" + string(rune('a'+n/26)) + string(rune('a'+n%26)), Key: key.Public(), Name: "Minted", Function: "S3", Scope: scope}})
		if err != nil {
			t.Fatal(err)
		}
		if e, err = w.tree.Pool.Sign(e, by.Ref, by.Key); err != nil {
			t.Fatal(err)
		}
		raws = append(raws, e.EncodeFull())
	}
	before := kept(t, w.a, wire.LaneTrust)
	w.send(t, wire.LaneTrust, raws...)
	w.control(t)
	for i, d := range w.devices() {
		if more := kept(t, d, wire.LaneTrust) - before; more > 20 {
			t.Errorf("device %d keeps %d of 60 minted certificates", i, more)
		}
	}
	c := nodetest.Sign(t, w.tree, u, w.alert(cap.Severe), u.Persons...) // its officers are not crowded out
	w.genuine = append(w.genuine, c.ID())
	w.spread(t, c)
}

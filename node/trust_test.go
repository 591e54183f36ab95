package node_test

import (
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/nodetest"
)

// compromised is the Kreis's word that an officer of the Leitstelle below it has
// lost their key.
func compromised(t *testing.T, tree *trusttest.Tree, p trusttest.Person) *wire.Envelope {
	t.Helper()
	by := tree.Kreis.Persons[0]
	o := identity.Origin{Domain: tree.Root.ID(), Issuer: tree.Kreis.Cert.ID(), By: tree.Kreis.Path,
		Created: trusttest.Epoch + 3600, Expires: trusttest.Epoch + 365*24*3600}
	o.Sequence, o.Previous = tree.Next(by.Key.Public(), wire.LaneTrust)
	e, err := identity.NewRevocationList(o, []identity.Revocation{{Key: p.Key.Public(), Authority: tree.Leitstelle.Path,
		Kind: identity.Compromised, At: trusttest.Epoch + 3600}})
	if err != nil {
		t.Fatal(err)
	}
	e = by.Key.Sign(e, by.Ref(), wire.RoleAuthor)
	if err := tree.Add(by.Key.Public(), e); err != nil {
		t.Fatal(err)
	}
	e.Chain = tree.Pool.ChainFor(e)
	return e
}

func TestRevocationWithdrawsWhatWasAccepted(t *testing.T) {
	t.Parallel()
	tree := newTree(t)
	devices := line(t, tree, 3, nodetest.Options{})
	one := warning(t, tree, "one")
	submit(t, devices[0], one)
	for _, d := range devices {
		d.Await(t, one.ID(), nodetest.Alarmed)
	}
	list := compromised(t, tree, tree.Leitstelle.Persons[0])
	submit(t, devices[2], list)
	for i, d := range devices {
		d.Next(t, 0, func(e *apitype.Event) bool { return e.Trust != nil && e.Trust.ID == list.ID().String() })
		d.Tick(t.Context())
		if e := d.Await(t, one.ID(), nodetest.Silenced); e.State != apitype.StateRevoked {
			t.Errorf("device %d: silenced as %s", i, e.State)
		}
	}
	// By the same key, dated before: nobody takes it any more.
	old := nodetest.Sign(t, tree, tree.Leitstelle, nodetest.Warning("old", cap.Severe, 10*time.Minute), tree.Leitstelle.Persons...)
	if _, err := devices[1].Submit(t.Context(), old.EncodeFull()); err == nil {
		t.Error("an alert by a compromised key is taken")
	}
}

func TestPinAtRunTimeBringsTheWarningsInForce(t *testing.T) {
	t.Parallel()
	tree := newTree(t)
	a := nodetest.Start(t, tree, nodetest.Options{})
	one := warning(t, tree, "one")
	submit(t, a, one)
	d := nodetest.Start(t, tree, nodetest.Options{Peers: []*nodetest.Device{a}, Stranger: true})
	if list := alerts(t, d); len(list) > 0 {
		t.Fatalf("a device that trusts nobody shows %d alerts", len(list))
	}
	request := apitype.PinRequest{Fingerprint: identity.Fingerprint(tree.Root.ID()), Envelopes: [][]byte{tree.Root.Encode()}}
	if _, err := d.Control().PinRoot(t.Context(), request); err != nil {
		t.Fatal(err)
	}
	d.Await(t, one.ID(), nodetest.Alarmed)
}

func TestUnpinHidesAndPinShowsAgain(t *testing.T) {
	t.Parallel()
	tree := newTree(t)
	d := nodetest.Start(t, tree, nodetest.Options{})
	one := warning(t, tree, "one")
	submit(t, d, one)
	d.Await(t, one.ID(), nodetest.Alarmed)
	if err := d.Control().UnpinRoot(t.Context(), tree.Root.ID().String()); err != nil {
		t.Fatal(err)
	}
	d.Await(t, one.ID(), nodetest.Silenced)
	if list := alerts(t, d); len(list) > 0 || d.Has(t, one.ID()) {
		t.Errorf("%d alerts of a domain that is not trusted are shown", len(list))
	}
	if _, err := d.Submit(t.Context(), warning(t, tree, "two").EncodeFull()); err == nil {
		t.Error("an alert of a domain that is not trusted is taken")
	}
	if err := d.Pin(t.Context(), tree.Root.Encode(), tree.Root.ID().String(), nil); err != nil {
		t.Fatal(err)
	}
	if list := alerts(t, d); len(list) != 1 || list[0].State != apitype.StateInForce {
		t.Errorf("pinned again, the device shows %+v", list)
	}
	if n := count(t, d, one.ID(), nodetest.Alarmed); n != 2 {
		t.Errorf("pinned again, the device has alarmed %d times, want 2", n)
	}
}

func alerts(t *testing.T, d *nodetest.Device) []apitype.AlertSummary {
	t.Helper()
	list, err := d.Alerts(t.Context(), apitype.AlertFilter{}, apitype.Page{})
	if err != nil {
		t.Fatal(err)
	}
	return list.Items
}

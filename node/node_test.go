package node_test

import (
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/nodetest"
)

func newTree(t *testing.T) *trusttest.Tree {
	t.Helper()
	tree, err := trusttest.NewTree(1, 2)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func TestWarningCrossesALineOfDevices(t *testing.T) {
	tree := newTree(t)
	a := nodetest.Start(t, tree, nodetest.Options{})
	b := nodetest.Start(t, tree, nodetest.Options{Peers: []*nodetest.Device{a}})
	c := nodetest.Start(t, tree, nodetest.Options{Peers: []*nodetest.Device{b}})
	e := nodetest.Sign(t, tree, tree.Leitstelle, nodetest.Warning("one", cap.Severe, 0), tree.Leitstelle.Persons...)
	if _, err := a.Submit(t.Context(), e.EncodeFull()); err != nil {
		t.Fatal(err)
	}
	for i, d := range []*nodetest.Device{a, b, c} {
		if got := d.Await(t, e.ID(), nodetest.Alarmed); got.Level != 2 || got.State != apitype.StateInForce {
			t.Errorf("device %d shows %+v", i, got)
		}
	}
	late := nodetest.Start(t, tree, nodetest.Options{Peers: []*nodetest.Device{c}})
	late.Await(t, e.ID(), nodetest.Alarmed)
}

// Package carrytest makes devices with warnings for the tests of carry and stick.
package carrytest

import (
	"fmt"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
	"github.com/kreidfeuer/kreidfeuer/node/nodetest"
)

// Tree is a trust domain whose keys follow from seed.
func Tree(t testing.TB, seed uint64) *trusttest.Tree {
	t.Helper()
	tree, err := trusttest.NewTree(seed, 2)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

// Issue gives a device n new warnings and returns their IDs.
func Issue(t testing.TB, tree *trusttest.Tree, d *nodetest.Device, prefix string, n int) (ids []wire.ID) {
	t.Helper()
	for i := range n {
		e := nodetest.Sign(t, tree, tree.Leitstelle, nodetest.Warning(fmt.Sprint(prefix, i), cap.Severe, 0), tree.Leitstelle.Persons...)
		if _, err := d.Submit(t.Context(), e.EncodeFull()); err != nil {
			t.Fatal(err)
		}
		ids = append(ids, e.ID())
	}
	return ids
}

// WantAll fails the test unless the device has all of ids.
func WantAll(t testing.TB, d *nodetest.Device, ids ...wire.ID) {
	t.Helper()
	for _, id := range ids {
		if !d.Has(t, id) {
			t.Errorf("device %s lacks %s", d.ID().ShortString(), id.Short())
		}
	}
}

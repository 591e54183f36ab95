package node_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip/brief"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node/nodetest"
)

// What came by a message alone alarms, and the text that it lacks comes from a
// neighbour, under the same ID.
func TestMessageFirstTextLater(t *testing.T) {
	t.Parallel()
	tree := newTree(t)
	full := nodetest.Warning("one", cap.Severe, 0)
	for i := range 40 {
		full.Info[0].Description += strings.Repeat("x", i) + " steigt. "
	}
	one := nodetest.Sign(t, tree, tree.Leitstelle, full, tree.Leitstelle.Persons...)
	minor := nodetest.Sign(t, tree, tree.Leitstelle, nodetest.Warning("minor", cap.Minor, 0), tree.Leitstelle.Persons...)
	from, to := nodetest.Start(t, tree, nodetest.Options{}), nodetest.Start(t, tree, nodetest.Options{})
	submit(t, from, one)
	submit(t, from, minor)

	bare := *one
	bare.Parts = nil
	message, err := brief.Write(&bare, brief.ChainOf(one), brief.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := to.TakeMessage(t.Context(), message); !errors.Is(err, &wire.Refusal{Reason: wire.ReasonUnknownIssuer}) {
		t.Fatalf("without certificates: %v", err)
	}
	var made [][]byte
	for _, e := range tree.Made {
		made = append(made, e.Encode())
	}
	bring(t, to, pack(t, made...))
	for _, known := range []bool{false, true} {
		s, err := to.TakeMessage(t.Context(), message)
		if err != nil || s.ID != one.ID().String() || s.Level != 2 || s.Known != known {
			t.Fatalf("%+v, %v", s, err)
		}
	}
	to.Await(t, one.ID(), nodetest.Alarmed)
	if d, err := to.Alert(t.Context(), one.ID()); err != nil || len(d.Incomplete) == 0 || !strings.Contains(d.Short[360], "Ahrweiler") {
		t.Fatalf("lacks %v, says %q, %v", d.Incomplete, d.Short[360], err)
	}
	if err := to.Host.Connect(t.Context(), from.Info()); err != nil {
		t.Fatal(err)
	}
	to.Await(t, minor.ID(), nodetest.Alarmed) // it is behind the severe one in catch-up
	if d, err := to.Alert(t.Context(), one.ID()); err != nil || len(d.Incomplete) > 0 || !strings.Contains(d.XML, "steigt.") {
		t.Errorf("lacks %v, %v", d.Incomplete, err)
	}
	if n := count(t, to, one.ID(), nodetest.Alarmed); n != 1 {
		t.Errorf("it alarms %d times", n)
	}
}

package sim

import (
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
	"github.com/kreidfeuer/kreidfeuer/node/discovery"
	"github.com/kreidfeuer/kreidfeuer/sim/model"
)

// The model spreads with the program's parameters.
func TestModelHasTheParameters(t *testing.T) {
	p := model.DefaultParams
	got := gossip.Numbers{Degree: p.Degree, Least: p.Least, Most: p.Most, Outbound: p.Outbound, Lazy: p.Lazy, LazyShare: p.LazyShare,
		Heartbeat: p.Heartbeat, Round: p.Round, OfferDelay: p.OfferDelay, Claim: p.Claim, Strikes: p.Strikes, CutOff: p.CutOff,
		HoldShare: p.Hold.Share, HoldPart: p.Hold.Part, HoldMesh: p.Hold.Mesh, HoldLeast: p.Hold.Least, HoldMost: p.Hold.Most, HoldBehind: p.Hold.Behind, Chain: p.Settles}
	if want := gossip.ModelNumbers(); got != want {
		t.Errorf("the model has %+v, the program %+v", got, want)
	}
	tree, err := trusttest.NewTree(1, 2)
	if err != nil {
		t.Fatal(err)
	}
	e, err := Message{Identifier: "usual", Now: trueTime(0)}.Sign(tree, tree.Leitstelle)
	if err != nil {
		t.Fatal(err)
	}
	if size := len(e.EncodeFull()); size < model.UsualSize*9/10 || size > model.UsualSize*11/10 {
		t.Errorf("a warning has %d bytes, the model's %d", size, model.UsualSize)
	}
	if p.Connections != discovery.DefaultTarget {
		t.Errorf("the model has %d connections, the program %d", p.Connections, discovery.DefaultTarget)
	}
}

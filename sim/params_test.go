package sim

import (
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip"
	"github.com/kreidfeuer/kreidfeuer/node/discovery"
	"github.com/kreidfeuer/kreidfeuer/sim/model"
)

// The model spreads with the program's parameters.
func TestModelHasTheParameters(t *testing.T) {
	p := model.DefaultParams
	got := gossip.Numbers{Degree: p.Degree, Least: p.Least, Most: p.Most, Outbound: p.Outbound, Lazy: p.Lazy, LazyShare: p.LazyShare,
		Heartbeat: p.Heartbeat, Round: p.Round, OfferDelay: p.OfferDelay, Claim: p.Claim, Strikes: p.Strikes, CutOff: p.CutOff}
	if want := gossip.ModelNumbers(); got != want {
		t.Errorf("the model has %+v, the program %+v", got, want)
	}
	if p.Connections != discovery.DefaultTarget {
		t.Errorf("the model has %d connections, the program %d", p.Connections, discovery.DefaultTarget)
	}
}

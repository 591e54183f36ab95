package agenda

import (
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/stream"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Whom to ask for an item that two neighbours offer.
func TestClaims(t *testing.T) {
	item := stream.Offered{ID: wire.ID{1, 1}, Grade: 5}
	higher := stream.Offered{ID: wire.ID{1, 1}, Grade: 7}
	type outcome struct{ take, wait bool }
	taken, waits, no := outcome{take: true}, outcome{wait: true}, outcome{}
	for _, c := range []struct {
		name   string
		before func(n *Neighbours[string])
		ask    func(n *Neighbours[string]) (take, wait bool)
		want   outcome
	}{
		{"nobody was asked", func(*Neighbours[string]) {}, nil, taken},
		{"another was asked", func(n *Neighbours[string]) { n.Claim("a", &item, 1, false, start) }, nil, waits},
		{"itself was asked", func(n *Neighbours[string]) { n.Claim("b", &item, 1, false, start) }, nil, taken},
		{"another was asked, and who asks is impatient", func(n *Neighbours[string]) { n.Claim("a", &item, 1, false, start) },
			func(n *Neighbours[string]) (bool, bool) { return n.Claim("b", &item, 1, true, start) }, taken},
		{"another had its time", func(n *Neighbours[string]) { n.Claim("a", &item, 1, false, start.Add(-ClaimTime)) }, nil, taken},
		{"another has given something", func(n *Neighbours[string]) {
			n.Claim("a", &item, 1, false, start)
			n.Settle("a", []stream.Offered{item}, nil, false, 1, start)
		}, nil, taken},
		{"another broke a promise just now", func(n *Neighbours[string]) {
			n.Settle("a", nil, nil, true, 1, start.Add(-brokenTime+1))
			n.Claim("a", &item, 1, false, start)
		}, nil, taken},
		{"another broke a promise long ago", func(n *Neighbours[string]) {
			n.Settle("a", nil, nil, true, 1, start.Add(-brokenTime))
			n.Claim("a", &item, 1, false, start)
		}, nil, waits},
		{"what it gave was refused", func(n *Neighbours[string]) { n.Settle("b", nil, []stream.Offered{item}, false, 1, start) }, nil, no},
		{"what it gave was refused at another grade", func(n *Neighbours[string]) { n.Settle("b", nil, []stream.Offered{higher}, false, 1, start) }, nil, taken},
		{"what another gave was refused", func(n *Neighbours[string]) { n.Settle("a", nil, []stream.Offered{item}, false, 1, start) }, nil, taken},
		{"what it gave was refused under other trust", func(n *Neighbours[string]) { n.Settle("b", nil, []stream.Offered{item}, false, 0, start) }, nil, taken},
		{"what it gave was refused long ago", func(n *Neighbours[string]) {
			n.Settle("b", nil, []stream.Offered{item}, false, 1, start.Add(-vainTime-time.Second))
		}, nil, taken},
		{"it left", func(n *Neighbours[string]) { n.Part("b") }, nil, no},
	} {
		n := New[string](even)
		n.Meet("a", 0, start)
		n.Meet("b", 0, start)
		c.before(n)
		if c.ask == nil {
			c.ask = func(n *Neighbours[string]) (bool, bool) { return n.Claim("b", &item, 1, false, start) }
		}
		if take, wait := c.ask(n); (outcome{take, wait}) != c.want {
			t.Errorf("%s: take %t, wait %t", c.name, take, wait)
		}
	}
}

package agenda

import (
	"slices"
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/stream"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

var (
	domain = wire.ID{1, 9}
	live   = wire.Place{Domain: domain, Lane: wire.LaneLive}
	trust  = wire.Place{Domain: domain, Lane: wire.LaneTrust}
)

// Who is offered what this device has taken in, and when.
func TestWhoIsOfferedNews(t *testing.T) {
	const old, never = time.Minute, time.Duration(-1)
	hear := map[string]bool{"p": true}
	news := News{ID: wire.ID{1, 1}, Place: live}
	for _, c := range []struct {
		name    string
		age     time.Duration // of the link
		carries []wire.ID     // nil: it has not said
		a       Arrival[string]
		after   time.Duration
	}{
		{"by catch-up", old, nil, Arrival[string]{News: news, From: "q"}, OfferDelay},
		{"from itself", old, nil, Arrival[string]{News: news, From: "p"}, never},
		{"by gossip, which it hears", old, nil, Arrival[string]{News: news, From: "q", Gossiped: true, Hear: hear}, never},
		{"by gossip, which it does not hear", old, nil, Arrival[string]{News: news, From: "q", Gossiped: true}, 0},
		{"by gossip, on a young link", YoungLink - 1, nil, Arrival[string]{News: news, From: "q", Gossiped: true, Hear: hear}, 0},
		{"of a domain that it carries", old, []wire.ID{domain}, Arrival[string]{News: news}, OfferDelay},
		{"of a domain that it does not carry", old, []wire.ID{}, Arrival[string]{News: news}, never},
	} {
		n := New[string](even)
		n.Meet("p", time.Hour, start)
		if c.carries != nil {
			n.Carries("p", c.carries)
		}
		now := start.Add(c.age)
		n.Arrived([]Arrival[string]{c.a}, now)
		_, next := n.Due(now)
		got := n.TakeFresh("p", now.Add(max(c.after, 0)))
		switch {
		case c.after == never && len(got) > 0:
			t.Errorf("%s: it is offered", c.name)
		case c.after != never && !slices.Equal(got, []News{news}):
			t.Errorf("%s: it is not offered after %s", c.name, c.after)
		case c.after > 0 && !next.Equal(now.Add(c.after)):
			t.Errorf("%s: look at %s", c.name, next.Sub(now))
		}
	}
}

// What is too much to be offered, or taken up, one by one is left to a comparison.
func TestTooMuchNews(t *testing.T) {
	n := New[string](even)
	n.Meet("p", time.Hour, start)
	n.Arrived(make([]Arrival[string], freshMax+1), start)
	if list := n.TakeFresh("p", start.Add(time.Hour)); len(list) > 0 || !n.TakeCompare("p", start) {
		t.Errorf("%d are to be offered", len(list))
	}
	now := start.Add(Again)
	for range waitingMax / stream.MaxOffer {
		n.Offered("p", Offer{live, make([]stream.Offered, stream.MaxOffer)}, false, now)
	}
	if n.TakeCompare("p", now) {
		t.Error("a comparison is due before it is too much")
	}
	n.Offered("p", Offer{live, make([]stream.Offered, 1)}, false, now)
	if !n.TakeCompare("p", now) {
		t.Error("no comparison is due")
	}
}

// Offers are taken up in the order of lanes.
func TestOffersInOrder(t *testing.T) {
	n, list := New[string](even), make([]stream.Offered, 1)
	n.Meet("p", time.Hour, start)
	for _, place := range []wire.Place{live, trust, live} {
		n.Offered("p", Offer{place, list}, false, start)
	}
	order := []wire.Lane{wire.LaneTrust, wire.LaneLive}
	for _, want := range []wire.Place{trust, live, live} {
		if o, ok := n.TakeOffer("p", order); !ok || o.Place != want {
			t.Errorf("%v, %t, want %v", o.Place, ok, want)
		}
	}
	if n.HasOffer("p", order) {
		t.Error("offers are left")
	}
	n.Offered("p", Offer{live, list}, false, start)
	if n.HasOffer("p", order[:1]) || !n.HasOffer("p", order) {
		t.Error("an offer is taken for one of another lane")
	}
	n.DropOffers("p")
	if n.HasOffer("p", order) {
		t.Error("a dropped offer is left")
	}
}

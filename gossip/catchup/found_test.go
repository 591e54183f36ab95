package catchup

import (
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/kreidfeuer/kreidfeuer/gossip/ledger"
	"github.com/kreidfeuer/kreidfeuer/gossip/recon"
	"github.com/kreidfeuer/kreidfeuer/gossip/stream"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// full is a stock that holds much in the live lane.
type full struct {
	blank
	list     []*ledger.Entry
	known    map[wire.ID]*ledger.Entry
	set      *recon.Set
	most     int // items that it was asked about at once
	compared int // items, when it was told all; or -1
}

func newFull(n int) *full {
	k, random := &full{known: map[wire.ID]*ledger.Entry{}, compared: -1}, rand.New(rand.NewPCG(9, 9))
	for range n {
		e := &ledger.Entry{Item: wire.Item{ID: wire.ID{1}, Level: 2}, Place: live, Whole: true, Full: true,
			Priority: wire.Priority(random.IntN(5)), Sequence: uint64(random.IntN(1000)), Size: 300}
		binary.BigEndian.PutUint64(e.ID[1:], random.Uint64())
		k.list, k.known[e.ID] = append(k.list, e), e
	}
	return k
}

// ofPlace is what it holds of a place.
func (k *full) ofPlace(p wire.Place) *recon.Set {
	if p != live {
		return recon.NewSet()
	}
	if k.set == nil {
		k.set = recon.NewSet()
		for i, e := range k.list {
			k.set.Add(wire.Item{ID: e.ID, Level: e.Grade()}, uint64(2e9+i))
		}
	}
	return k.set
}

func (k *full) Ask(p wire.Place) (*recon.Session, time.Time) {
	return recon.Ask(k.ofPlace(p), recon.Limits{}), time.Now()
}

func (k *full) Answer(p wire.Place) (*recon.Session, time.Time) {
	return recon.Answer(k.ofPlace(p), recon.Limits{}), time.Now()
}

func (k *full) Compared(_ peer.ID, p wire.Place, _ time.Time, lacks []wire.Item) {
	if p == live {
		k.compared = len(lacks)
	}
}

func (k *full) Lacks(o *stream.Offered) bool { return k.known[o.ID] == nil }

func (k *full) Known(items []wire.Item) (list []*ledger.Entry) {
	k.most = max(k.most, len(items))
	for _, it := range items {
		if e := k.known[it.ID]; e != nil {
			list = append(list, e)
		}
	}
	return list
}

// urgent are the offers of the most urgent that it holds.
func (k *full) urgent(n int) (offers []stream.Offered) {
	list := slices.SortedFunc(slices.Values(k.list), compareOffers)
	for _, e := range list[:min(n, len(list))] {
		offers = append(offers, stream.Describe(e.ID, e.Grade(), e.Size))
	}
	return offers
}

// Of what a newcomer lacks the most urgent is offered to it, however it is found, and not
// all of it is kept until then.
func TestNewcomerLacksMuch(t *testing.T) {
	for _, n := range []int{maxHave - 1, maxHave, 3*maxHave + 5} {
		stock := newFull(n)
		a := &answering{s: sessions(stock), p: "p"}
		x := recon.Ask(recon.NewSet(), recon.Limits{})
		for out, done := []byte(nil), false; ; {
			var err error
			if out, _, _, done, err = x.Step(out); err != nil {
				t.Fatal(err)
			}
			if done && len(out) == 0 {
				break
			}
			st := script(t)
			a.f = stream.New(st, maxFrame)
			if err := a.compare(t.Context(), stream.About(live, stream.Frame{Kind: stream.Recon, Raw: out})); err != nil {
				t.Fatal(err)
			}
			out = st.heard(t)[0].Raw
			if done {
				break
			}
		}
		if !slices.Equal(a.left, stock.urgent(maxHave)) {
			t.Errorf("of %d, %d are offered; want the %d most urgent in order", n, len(a.left), maxHave)
		}
		if stock.most > maxHave {
			t.Errorf("of %d, %d were kept, want %d at most", n, stock.most, maxHave)
		}
		if want := map[bool]int{true: n, false: -1}[n < maxHave]; stock.compared != want {
			t.Errorf("of %d, %d were told as all, want %d", n, stock.compared, want)
		}
	}
}

// The asking side keeps no more than the answering one of what the neighbour lacks.
func TestNewcomerIsAsked(t *testing.T) {
	rich, poor := newFull(3*maxHave), newFull(0)
	asks, answers := net.Pipe()
	server, ended := sessions(poor), make(chan error, 1)
	go func() {
		defer answers.Close()
		ended <- server.Answer(t.Context(), "p", answers)
	}()
	if _, err := sessions(rich).Converse(t.Context(), "p", asks, true); err != nil {
		t.Fatal(errors.Join(err, <-ended))
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	offer, ok := server.cfg.Near.TakeOffer("p", server.cfg.Lanes)
	if !ok || !slices.Equal(offer.List, rich.urgent(stream.MaxOffer)) {
		t.Errorf("%d are offered, want the %d most urgent in order", len(offer.List), stream.MaxOffer)
	}
	if rich.most > maxHave || rich.compared != -1 {
		t.Errorf("%d were kept, want %d at most; %d were told as all", rich.most, maxHave, rich.compared)
	}
}

// The most urgent is kept in whatever order it is found, in bounded room.
func TestFound(t *testing.T) {
	stock := newFull(3 * maxHave)
	s := sessions(stock)
	falling := slices.SortedFunc(slices.Values(stock.list), func(a, b *ledger.Entry) int { return compareOffers(b, a) })
	for name, list := range map[string][]*ledger.Entry{"chance": stock.list, "the least urgent first": falling} {
		var f found
		for part := range slices.Chunk(list, 7000) {
			items := []wire.Item{{ID: wire.ID{1, 1}}} // remembered, and not here
			for _, e := range part {
				items = append(items, e.Item)
			}
			s.note(&f, items)
			if cap(f.best) > 3*maxHave {
				t.Fatalf("by %s: room for %d", name, cap(f.best))
			}
		}
		if want := len(list) + (len(list)+6999)/7000; f.count != want {
			t.Errorf("by %s: %d were found, want %d", name, f.count, want)
		}
		if got := s.offers(f.items()); !slices.Equal(got, stock.urgent(maxHave)) {
			t.Errorf("by %s: want the %d most urgent in order, have %d", name, maxHave, len(got))
		}
	}
}

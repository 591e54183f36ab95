package catchup

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"slices"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/kreidfeuer/kreidfeuer/gossip/agenda"
	"github.com/kreidfeuer/kreidfeuer/gossip/meter"
	"github.com/kreidfeuer/kreidfeuer/gossip/recon"
	"github.com/kreidfeuer/kreidfeuer/gossip/stream"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
)

// blank is a stock that lacks everything, and refuses what is given for a reason.
type blank struct {
	Stock
	why     error // that each is refused
	trouble error // of its own
	taken   [][]byte
}

func (b *blank) Lacks(*stream.Offered) bool { return true }

func (b *blank) Answer(wire.Place) (*recon.Session, time.Time) {
	return recon.Answer(recon.NewSet(), recon.Limits{}), time.Now()
}

func (b *blank) Give(_ context.Context, ids []wire.ID, _ bool) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for range ids {
			if !yield(nil, nil) {
				return
			}
		}
	}
}

func (b *blank) Take(_ context.Context, g Given) (results []Result, durable func(context.Context) error, err error) {
	for i, raw := range g.Raws {
		b.taken = append(b.taken, raw)
		results = append(results, Result{g.Asked[i].ID, b.why})
	}
	return results, nil, b.trouble
}

// scripted is a stream on which a neighbour has said everything already; what is said to
// it is kept.
type scripted struct {
	io.Reader
	said bytes.Buffer
}

func (s *scripted) Write(b []byte) (int, error) { return s.said.Write(b) }

func script(t *testing.T, frames ...stream.Frame) *scripted {
	t.Helper()
	var b bytes.Buffer
	f := stream.New(&b, maxFrame)
	for _, fr := range frames {
		if err := f.Send(fr); err != nil {
			t.Fatal(err)
		}
	}
	return &scripted{Reader: &b}
}

// heard are the frames that were said.
func (s *scripted) heard(t *testing.T) (frames []stream.Frame) {
	t.Helper()
	for f := stream.New(&s.said, maxFrame); ; {
		fr, err := f.Read()
		if errors.Is(err, io.EOF) {
			return frames
		}
		if err != nil {
			t.Fatal(err)
		}
		frames = append(frames, fr)
	}
}

var (
	tree   = newTree()
	domain = tree.Root.ID()
	trust  = wire.Place{Domain: domain, Lane: wire.LaneTrust}
	live   = wire.Place{Domain: domain, Lane: wire.LaneLive}
)

func newTree() *trusttest.Tree {
	tree, err := trusttest.NewTree(1, 2)
	if err != nil {
		panic(err)
	}
	return tree
}

// sessions are those of a device that carries one domain, and has met p.
func sessions(stock Stock) *Sessions {
	s := New(Config{Stock: stock, Pool: tree.Pinned(), Near: agenda.New[peer.ID](Jitter), Peers: meter.New(),
		Lanes: []wire.Lane{wire.LaneTrust, wire.LaneLive}, Now: time.Now})
	s.cfg.Near.Meet("p", time.Hour, time.Now())
	return s
}

// What is to be asked for once more with its chain is not asked for on a detour to
// another lane: there it would be a strike against who gives it.
func TestDetourLeavesWhatLacksItsChain(t *testing.T) {
	s := sessions(&blank{})
	s.cfg.Near.Offered("p", agenda.Offer{Place: trust, List: []stream.Offered{{ID: wire.ID{1, 1}, Grade: 3, Size: 1}}}, false, time.Now())
	c := s.session("p", script(t, stream.Frame{Kind: stream.End}))
	c.laned, c.bare = 1, []stream.Offered{{ID: wire.ID{1, 2}, Grade: 5, Size: 1}}
	if err := c.detour(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.cfg.Near.HasOffer("p", s.cfg.Lanes) || len(c.bare) != 1 || c.aside {
		t.Errorf("offers are left: %t, %d to be asked for with their chain", s.cfg.Near.HasOffer("p", s.cfg.Lanes), len(c.bare))
	}
}

// What is refused for want of its issuer is asked for once more, with its chain; what
// is refused for another reason is not, and is not asked for in the next session either.
func TestWhatIsRefused(t *testing.T) {
	item := stream.Offered{ID: wire.ID{1, 1}, Grade: 5, Size: 1}
	given := []stream.Frame{{Kind: stream.Envelope, Raw: []byte("envelope")}, {Kind: stream.End}}
	for _, c := range []struct {
		name  string
		why   error
		more  []bool // of the requests: with chains
		again int    // requests by the next session
	}{
		{"issuer is not known", wire.Refuse(wire.ReasonUnknownIssuer, "for the test"), []bool{false, true}, 0},
		{"revoked", wire.Refuse(wire.ReasonRevoked, "for the test"), []bool{false}, 0},
	} {
		stock := &blank{why: c.why}
		s := sessions(stock)
		for round, want := range [][]bool{c.more, make([]bool, c.again)} {
			st := script(t, slices.Concat(given, given)...)
			if err := s.session("p", st).pull(t.Context(), live, []stream.Offered{item}, false); err != nil {
				t.Fatalf("%s: %v", c.name, err)
			}
			var more []bool
			for _, fr := range st.heard(t) {
				more = append(more, fr.More)
			}
			if !slices.Equal(more, want) {
				t.Errorf("%s, session %d: asked with chains %t, want %t", c.name, round, more, want)
			}
		}
	}
}

// A session that asks for what proves an envelope leaves news to one that tries again
// when it fails.
func TestFetchTellsNoNews(t *testing.T) {
	s := sessions(&blank{})
	now := time.Now()
	s.cfg.Near.Arrived([]agenda.Arrival[peer.ID]{{News: agenda.News{ID: wire.ID{1, 2}, Place: live}, Gossiped: true}}, now)
	c := s.session("p", script(t, stream.Frame{Kind: stream.Envelope, Raw: []byte("envelope")}, stream.Frame{Kind: stream.End}))
	c.aside, c.hasty = true, true
	if err := c.pull(t.Context(), live, []stream.Offered{{ID: wire.ID{1, 1}, Grade: 5, Size: 1}}, true); err != nil {
		t.Fatal(err)
	}
	if news := s.cfg.Near.TakeFresh("p", now.Add(time.Second)); len(news) != 1 {
		t.Errorf("%d news are left, want one", len(news))
	}
}

// What this device could not keep for its own trouble, because the session was told to end
// for one, is asked for again, of the same neighbour.
func TestOwnTroubleIsNotInVain(t *testing.T) {
	s := sessions(&blank{trouble: context.Canceled})
	item := stream.Offered{ID: wire.ID{1, 1}, Grade: 5, Size: 1}
	c := s.session("p", script(t, stream.Frame{Kind: stream.Envelope, Raw: []byte("envelope")}, stream.Frame{Kind: stream.End}))
	if err := c.pull(t.Context(), live, []stream.Offered{item}, false); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if take, _ := s.cfg.Near.Claim("p", &item, s.cfg.Pool.Version(), false, time.Now()); !take {
		t.Error("it is not asked for again")
	}
}

package gossip

import (
	"bytes"
	"errors"
	"slices"
	"testing"

	"go.uber.org/goleak"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/stream"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

func (s *station) knows(id wire.ID, level wire.Level) func() bool {
	return func() bool {
		got, ok := s.Known(id)
		return ok && got == level
	}
}

func (s *station) publish(t *testing.T, raw []byte) {
	t.Helper()
	if _, err := s.Publish(t.Context(), raw); err != nil {
		t.Fatal(err)
	}
}

func TestLateJoinerCatchesUp(t *testing.T) {
	tree := newTree(t)
	a, b := newStation(t, tree.Pinned(), newMemory()), newStation(t, tree.Pinned(), newMemory())
	a.run(t)
	b.run(t)
	e := warning(t, tree, "one")
	a.publish(t, e.EncodeFull())
	connect(t, b.host, a.host)
	eventually(t, "b knows the warning", b.knows(e.ID(), 2))
	if s := b.Stats(); s.Accepted > 0 {
		t.Errorf("it came by gossip: %+v", s)
	}
}

// Beside a first copy at a lower level, or without its parts, a neighbour's
// better one is fetched.
func TestCatchUpRaisesLevelAndCompletesParts(t *testing.T) {
	tree := newTree(t)
	a, b := newStation(t, tree.Pinned(), newMemory()), newStation(t, tree.Pinned(), newMemory())
	a.run(t)
	b.run(t)
	e := sign(t, tree, document("long", cap.Moderate, true), tree.Leitstelle.Persons...)
	if len(e.Parts) == 0 {
		t.Fatal("no parts")
	}
	one := byFirst(tree, e)
	one.Parts = nil
	b.publish(t, one.EncodeFull())
	a.publish(t, e.EncodeFull())
	connect(t, b.host, a.host)
	eventually(t, "the level rises", b.knows(e.ID(), 2))
	eventually(t, "the parts are on disk", func() bool {
		s, err := b.store.Get(t.Context(), e.ID())
		return err == nil && slices.EqualFunc(s.Parts, e.Parts, bytes.Equal)
	})

	same := sign(t, tree, document("same level", cap.Moderate, true), tree.Leitstelle.Persons...)
	bare := *same
	bare.Parts = nil
	if _, err := b.Ingest(t.Context(), bare.EncodeFull(), MeansLocal); err != nil {
		t.Fatal(err)
	}
	if _, err := a.Ingest(t.Context(), same.EncodeFull(), MeansLocal); err != nil {
		t.Fatal(err)
	}
	if _, err := b.CatchUp(t.Context(), a.host.ID()); err != nil {
		t.Fatal(err)
	}
	if s, err := b.store.Get(t.Context(), same.ID()); err != nil || len(s.Parts) != len(same.Parts) {
		t.Errorf("%d parts, %v", len(s.Parts), err)
	}
}

// A domain that is pinned at run time is caught up with at once, also with
// neighbours that were there before.
func TestRefreshAtRunTime(t *testing.T) {
	tree := newTree(t)
	a, b := newStation(t, tree.Pinned(), newMemory()), newStation(t, identity.NewPool(), newMemory())
	a.run(t)
	b.run(t)
	connect(t, b.host, a.host)
	one := warning(t, tree, "one")
	a.publish(t, one.EncodeFull())
	if err := b.pool.Pin(tree.Root, tree.Root.ID().String()); err != nil {
		t.Fatal(err)
	}
	if err := b.Refresh(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "b knows the warning", b.knows(one.ID(), 2))
	eventually(t, "gossip flows", func() bool {
		e := warning(t, tree, "another")
		a.publish(t, e.EncodeFull())
		return b.Stats().Accepted > 0
	})
	b.pool.Drop(tree.Root.ID())
	if err := b.Refresh(); err != nil {
		t.Fatal(err)
	}
	if len(b.topics) > 0 {
		t.Errorf("still in %d topics", len(b.topics))
	}
}

func TestRunLeavesNothingBehind(t *testing.T) {
	before := goleak.IgnoreCurrent()
	tree := newTree(t)
	a, b := newStation(t, tree.Pinned(), newMemory()), newStation(t, tree.Pinned(), newMemory())
	stopA, stopB := a.run(t), b.run(t)
	connect(t, b.host, a.host)
	e := warning(t, tree, "one")
	a.publish(t, e.EncodeFull())
	eventually(t, "b knows the warning", b.knows(e.ID(), 2))
	held, err := b.host.NewStream(t.Context(), a.host.ID(), wire.ProtocolCatchUp) // a session that never ends
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.New(held, 1<<20).Send(stream.Frame{Kind: stream.Hello}); err != nil {
		t.Fatal(err)
	}
	stopA()
	stopB()
	if err := errors.Join(a.host.Close(), b.host.Close()); err != nil {
		t.Fatal(err)
	}
	goleak.VerifyNone(t, before)
}

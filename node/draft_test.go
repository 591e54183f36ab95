package node_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/nodetest"
)

// clockAhead is a clock that runs so many minutes ahead.
func clockAhead(minutes *atomic.Int64) func() time.Time {
	return func() time.Time { return nodetest.Now().Add(time.Duration(minutes.Load()) * time.Minute) }
}

// desks are two stations of the Leitstelle, connected, and the first's clock.
func desks(t *testing.T, tree *trusttest.Tree) (a, b *nodetest.Device, ahead *atomic.Int64) {
	t.Helper()
	ahead = new(atomic.Int64)
	a = nodetest.Start(t, tree, nodetest.Options{Clock: clockAhead(ahead)})
	b = nodetest.Start(t, tree, nodetest.Options{Peers: []*nodetest.Device{a}})
	p := tree.Leitstelle.Persons
	station(t, tree, a, p[0], b)
	station(t, tree, b, p[1], a)
	return a, b, ahead
}

// draft is a warning that lacks the second signature, and the whole one.
func draft(t *testing.T, tree *trusttest.Tree) (half, whole *wire.Envelope) {
	t.Helper()
	whole = warning(t, tree, "one")
	p := tree.Leitstelle.Persons
	bare := *whole
	bare.Signers = nil
	half = p[0].Key.Sign(&bare, p[0].Ref(), wire.RoleAuthor)
	half.Chain = tree.Pool.ChainFor(half)
	return half, whole
}

func awaitDraft(t *testing.T, d *nodetest.Device, id wire.ID, condition func(*apitype.DraftSummary) bool) *apitype.DraftSummary {
	t.Helper()
	return d.Next(t, 0, func(e *apitype.Event) bool {
		return e.Draft != nil && e.Draft.ID == id.String() && condition(e.Draft)
	}).Draft
}

func pending(d *apitype.DraftSummary) bool { return d.State == apitype.DraftPending && !d.Overdue }

func TestDraftGoesToTheOtherDeskAndApprovalPublishes(t *testing.T) {
	t.Parallel()
	tree := newTree(t)
	a, b, _ := desks(t, tree)
	half, whole := draft(t, tree)
	if _, err := a.Submit(t.Context(), half.EncodeFull()); err == nil {
		t.Error("one signature publishes a Severe alert")
	}
	if _, err := a.PutDraft(t.Context(), half.EncodeFull()); err != nil {
		t.Fatal(err)
	}
	if d := awaitDraft(t, b, whole.ID(), pending); d.Signed != 1 || d.Needed != 2 || d.From != a.ID().String() {
		t.Errorf("the other desk shows %+v", d)
	}
	d, err := b.AnswerDraft(t.Context(), whole.ID(), apitype.DraftAnswer{Answer: apitype.DraftApproved, Envelope: whole.EncodeFull()})
	if err != nil || d.State != apitype.DraftPublished {
		t.Fatalf("approved: %s, %v", d.State, err)
	}
	a.Await(t, whole.ID(), nodetest.Alarmed)
	awaitDraft(t, a, whole.ID(), func(d *apitype.DraftSummary) bool { return d.State == apitype.DraftPublished })
	if _, err := b.AnswerDraft(t.Context(), whole.ID(), apitype.DraftAnswer{Answer: apitype.DraftRejected}); err == nil {
		t.Error("a published draft is rejected")
	}
}

// A desk that was out of reach gets the draft when it is back.
func TestDraftWaitsForTheOtherDesk(t *testing.T) {
	t.Parallel()
	tree := newTree(t)
	a, b, _ := desks(t, tree)
	key := b.Host.Peerstore().PrivKey(b.ID())
	raw, err := key.Raw()
	if err != nil {
		t.Fatal(err)
	}
	b.Stop()
	half, whole := draft(t, tree)
	if _, err := a.PutDraft(t.Context(), half.EncodeFull()); err != nil {
		t.Fatal(err)
	}
	b = nodetest.Start(t, tree, nodetest.Options{Peers: []*nodetest.Device{a}, Key: raw})
	station(t, tree, a, tree.Leitstelle.Persons[0], b) // b knows a again, so they are connected
	a.Tick(t.Context())
	awaitDraft(t, b, whole.ID(), pending)
}

func TestDraftIsRejected(t *testing.T) {
	t.Parallel()
	tree := newTree(t)
	a, b, _ := desks(t, tree)
	half, whole := draft(t, tree)
	if _, err := a.PutDraft(t.Context(), half.EncodeFull()); err != nil {
		t.Fatal(err)
	}
	awaitDraft(t, b, whole.ID(), pending)
	d, err := b.AnswerDraft(t.Context(), whole.ID(), apitype.DraftAnswer{Answer: apitype.DraftRejected, Comment: "wrong place"})
	if err != nil || d.State != apitype.DraftRejected || d.Comment != "wrong place" {
		t.Fatalf("rejected: %+v, %v", d.DraftSummary, err)
	}
	if _, err := b.AnswerDraft(t.Context(), whole.ID(), apitype.DraftAnswer{Answer: apitype.DraftApproved, Envelope: whole.EncodeFull()}); err == nil {
		t.Error("a rejected draft is approved")
	}
	if b.Has(t, whole.ID()) {
		t.Error("a rejected draft is published")
	}
	awaitDraft(t, a, whole.ID(), func(d *apitype.DraftSummary) bool { // the author's desk hears why
		return d.State == apitype.DraftRejected && d.Comment == "wrong place"
	})
}

func TestDraftByAStrangerIsRefused(t *testing.T) {
	t.Parallel()
	tree := newTree(t)
	a := nodetest.Start(t, tree, nodetest.Options{})
	b := nodetest.Start(t, tree, nodetest.Options{Peers: []*nodetest.Device{a}})
	p := tree.Leitstelle.Persons
	station(t, tree, b, p[1], a) // a knows of b, and is none itself
	half, whole := draft(t, tree)
	if _, err := a.PutDraft(t.Context(), half.EncodeFull()); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Draft(t.Context(), whole.ID()); err == nil {
		t.Error("a device that is no station fills the drawer")
	}
	if _, err := b.PutDraft(t.Context(), whole.EncodeFull()[:100]); err == nil {
		t.Error("half an envelope is a draft")
	}
}

func TestUnansweredDraftAlarmsOnce(t *testing.T) {
	t.Parallel()
	tree := newTree(t)
	a, _, ahead := desks(t, tree)
	half, whole := draft(t, tree)
	if _, err := a.PutDraft(t.Context(), half.EncodeFull()); err != nil {
		t.Fatal(err)
	}
	for _, minutes := range []int64{9, 11, 12} {
		ahead.Store(minutes)
		a.Tick(t.Context())
	}
	overdue := 0
	for _, e := range events(t, a, 0) {
		if e.Draft != nil && e.Draft.ID == whole.ID().String() && e.Draft.Overdue {
			overdue++
		}
	}
	if overdue != 1 {
		t.Errorf("an unanswered draft alarms %d times", overdue)
	}
}

// Drafts that nobody answers do not fill the drawer for good.
func TestEndedDraftsGiveWay(t *testing.T) {
	t.Parallel()
	tree := newTree(t)
	ahead := new(atomic.Int64)
	a := nodetest.Start(t, tree, nodetest.Options{Clock: clockAhead(ahead)})
	put := func(i int) error {
		p, bare := tree.Leitstelle.Persons, *warning(t, tree, fmt.Sprint("draft-", i))
		bare.Signers = nil
		half := p[0].Key.Sign(&bare, p[0].Ref(), wire.RoleAuthor)
		half.Chain = tree.Pool.ChainFor(half)
		_, err := a.PutDraft(t.Context(), half.EncodeFull())
		return err
	}
	n := 0
	for ; put(n) == nil; n++ {
		if n > 1000 {
			t.Fatal("drafts are not bounded")
		}
	}
	if n < 100 {
		t.Fatalf("room for %d drafts", n)
	}
	ahead.Store(8 * 24 * 60)
	if err := put(n + 1); err != nil {
		t.Errorf("after the others have ended: %v", err)
	}
}

package gossip

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/ledger"
	"github.com/kreidfeuer/kreidfeuer/gossip/meter"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
)

func damaged(e *wire.Envelope) *wire.Envelope {
	bad := e.Signers[len(e.Signers)-1]
	bad.Sig[9] ^= 1
	return e.AddSigner(bad)
}

// What is cheap and says most comes first: of two things that are wrong the
// earlier one is the reason, and only what needs signatures costs any.
func TestJudgeOrder(t *testing.T) {
	tree := newTree(t)
	other, err := trusttest.NewTree(2, 2)
	if err != nil {
		t.Fatal(err)
	}
	s := newStation(t, tree.Pinned(), newMemory())
	live := origin{means: MeansGossip, peer: "p", lane: wire.LaneLive, domain: tree.Root.ID()}
	known := warning(t, tree, "known")
	if _, err := s.judge(known.EncodeFull(), live, now()); err != nil {
		t.Fatal(err)
	}
	fresh := warning(t, tree, "fresh")
	noContent := document("wrong", cap.Severe, false)
	noContent.Info[0].Area[0].Geocode[0].Value = "071380000000"
	later := time.Now().Add(time.Hour) // so that nothing is refilled meanwhile, however long it takes
	for range meter.NewBurst {
		s.peers.Allow("talker", later)
	}
	at := func(from origin, change func(*origin)) origin { change(&from); return from }
	for _, test := range []struct {
		name   string
		raw    []byte
		from   origin
		now    time.Time
		reason wire.Reason
		checks uint64 // at most
	}{
		{"not CBOR", []byte("junk"), live, now(), wire.ReasonMalformed, 0},
		{"damaged on the wrong topic", damaged(fresh).EncodeFull(), at(live, func(o *origin) { o.lane = wire.LaneDrill }), now(), wire.ReasonWrongLane, 0},
		{"on another domain's topic", fresh.EncodeFull(), at(live, func(o *origin) { o.domain = other.Root.ID() }), now(), wire.ReasonWrongLane, 0},
		{"known and damaged", damaged(known).EncodeFull(), live, now(), wire.ReasonSeen, 0},
		{"known, the same bytes", known.EncodeFull(), live, now(), wire.ReasonSeen, 0},
		{"known, another form", known.Encode(), live, now(), wire.ReasonSeen, 0},
		{"ended and damaged", damaged(fresh).EncodeFull(), live, now().Add(100 * time.Hour), wire.ReasonExpired, 0},
		{"too many, and damaged", damaged(fresh).EncodeFull(), at(live, func(o *origin) { o.peer = "talker" }), now(), wire.ReasonRate, 0},
		{"of an unknown domain", warning(t, other, "foreign").EncodeFull(), origin{means: MeansLocal}, now(), wire.ReasonUnknownDomain, 0},
		{"damaged", damaged(fresh).EncodeFull(), live, now(), wire.ReasonBadSigner, 2},
		{"by one", byFirst(tree, fresh).EncodeFull(), live, now(), wire.ReasonBadQuorum, 1},
		{"content out of scope", sign(t, tree, noContent, tree.Leitstelle.Persons...).EncodeFull(), live, now(), wire.ReasonOutOfScope, 2},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := s.pool.SignatureChecks()
			_, err := s.judge(test.raw, test.from, test.now)
			if !isReason(err, test.reason) {
				t.Errorf("%v, want %s", err, test.reason)
			}
			if checks := s.pool.SignatureChecks() - before; checks > test.checks {
				t.Errorf("%d signature checks, at most %d", checks, test.checks)
			}
		})
	}
	if _, err := s.judge(fresh.EncodeFull(), live, now()); err != nil {
		t.Errorf("the genuine one after all that: %v", err)
	}
}

func TestJudgeRefusesLanesThatAreNotCarried(t *testing.T) {
	tree := newTree(t)
	r, err := New(newHost(t), newMemory(), tree.Pinned(), Config{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.judge(warning(t, tree, "one").EncodeFull(), origin{}, now()); !isReason(err, wire.ReasonUnsupported) {
		t.Errorf("%v", err)
	}
}

// A second signature raises the level once; the first alone is then known.
func TestJudgeLevels(t *testing.T) {
	tree := newTree(t)
	s := newStation(t, tree.Pinned(), newMemory())
	e := sign(t, tree, document("moderate", cap.Moderate, false), tree.Leitstelle.Persons...)
	one := byFirst(tree, e)
	for i, step := range []struct {
		raw    []byte
		reason wire.Reason
		level  wire.Level
	}{
		{one.EncodeFull(), "", 1}, {e.EncodeFull(), "", 2}, {one.Encode(), wire.ReasonSeen, 2}, {damaged(e).EncodeFull(), wire.ReasonSeen, 2},
	} {
		j, err := s.judge(step.raw, origin{}, now())
		if (step.reason != "" || err != nil) && !isReason(err, step.reason) {
			t.Errorf("step %d: %v, want %q", i, err, step.reason)
		}
		if err == nil && j.records[len(j.records)-1].Content == nil {
			t.Errorf("step %d: no content", i)
		}
		if level, ok := s.Known(e.ID()); !ok || level != step.level {
			t.Errorf("step %d: level %d, want %d", i, level, step.level)
		}
	}
}

// The certificates that a refused envelope proves are kept all the same.
func TestJudgeKeepsTheChainOfWhatItRefuses(t *testing.T) {
	tree := newTree(t)
	s := newStation(t, tree.Pinned(), newMemory())
	if _, err := s.judge(damaged(warning(t, tree, "one")).EncodeFull(), origin{}, now()); err == nil {
		t.Fatal("accepted")
	}
	if _, ok := s.Known(tree.Leitstelle.Cert.ID()); !ok {
		t.Error("the certificate is not known")
	}
	s.write(s.group(<-s.queue))
	if len(s.store.kept) < 4 {
		t.Errorf("%d objects stored", len(s.store.kept))
	}
}

// A full queue means "forget it": the same bytes are heard again.
func TestFullQueueForgets(t *testing.T) {
	tree := newTree(t)
	s := newStation(t, tree.Pinned(), newMemory())
	if id := s.pool.AddAll(tree.Made); len(id) > 0 {
		t.Fatal(id)
	}
	for range commitQueue {
		s.queue <- pending{judged: &judged{}}
	}
	e := warning(t, tree, "one")
	if _, _, err := s.take(t.Context(), e.EncodeFull(), origin{means: MeansGossip}, false); !isReason(err, wire.ReasonBusy) {
		t.Fatalf("%v", err)
	}
	if _, known := s.Known(e.ID()); known || s.Stats().Busy != 1 {
		t.Errorf("known %t, busy %d", known, s.Stats().Busy)
	}
	s.drain()
	if _, _, err := s.take(t.Context(), e.EncodeFull(), origin{means: MeansGossip}, false); err != nil {
		t.Errorf("heard again: %v", err)
	}
	s.drain()
	if _, err := s.store.Get(t.Context(), e.ID()); err != nil {
		t.Error(err)
	}
}

// What gave way to an envelope that was given up is known again.
func TestFullQueueRestoresWhatGaveWay(t *testing.T) {
	s := newStation(t, newTree(t).Pinned(), newMemory())
	beacon := func(n int, sequence uint64) *ledger.Entry {
		return &ledger.Entry{Item: wire.Item{ID: testID(n), Level: 1}, Kind: wire.TypeBeacon, Sequence: sequence}
	}
	old, later := beacon(1, 1), beacon(2, 2)
	if _, err := s.admit(old); err != nil {
		t.Fatal(err)
	}
	gone, err := s.admit(later)
	if err != nil || len(gone) != 1 {
		t.Fatal(gone, err)
	}
	s.unremember(pending{judged: &judged{entries: []*ledger.Entry{later}, gone: gone}})
	if s.ledger.Known(old.ID) != old || s.ledger.Known(later.ID) != nil || s.ledger.Len() != 1 {
		t.Error("what gave way is not known again")
	}
}

// What the store does not take stays known, is written later, and whoever waits
// is told.
func TestStoreFailure(t *testing.T) {
	tree := newTree(t)
	s := newStation(t, tree.Pinned(), newMemory())
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); s.commit(ctx) }()
	full := errors.New("disk full")
	s.store.failWith(full)
	e := warning(t, tree, "one")
	if _, err := s.Ingest(ctx, e.EncodeFull(), MeansLocal); !errors.Is(err, ErrUnsaved) || !errors.Is(err, full) {
		t.Errorf("%v", err)
	}
	if id, err := s.Ingest(ctx, e.EncodeFull(), MeansLocal); !isReason(err, wire.ReasonSeen) || id != e.ID() {
		t.Errorf("again: %v", err)
	}
	s.store.failWith(nil)
	cancel() // the last thing that the writer does is to try again
	<-done
	if _, err := s.store.Get(t.Context(), e.ID()); err != nil {
		t.Error(err)
	}
}

func TestLoadAfterRestart(t *testing.T) {
	tree := newTree(t)
	store := newMemory()
	first := newStation(t, tree.Pinned(), store)
	e := warning(t, tree, "one")
	if _, _, err := first.take(t.Context(), e.EncodeFull(), origin{}, false); err != nil {
		t.Fatal(err)
	}
	first.drain()
	second := newStation(t, tree.Pinned(), store)
	if err := second.load(t.Context()); err != nil {
		t.Fatal(err)
	}
	if level, ok := second.Known(e.ID()); !ok || level != 2 {
		t.Errorf("known %t at level %d", ok, level)
	}
	before := second.pool.SignatureChecks()
	if _, err := second.judge(warning(t, tree, "two").EncodeFull(), origin{}, now()); err != nil {
		t.Error(err)
	}
	if checks := second.pool.SignatureChecks() - before; checks != 2 {
		t.Errorf("%d signature checks: the stored chain is not known", checks)
	}
}

// One signature in an emergency is good as often a day as the certificate says.
// What a second person confirms has nothing to do with that.
func TestJudgeEmergencies(t *testing.T) {
	tree, err := trusttest.NewTree(1, 2)
	if err != nil {
		t.Fatal(err)
	}
	s := newStation(t, tree.Pinned(), newMemory())
	officer, local := tree.Leitstelle.Persons[0], origin{means: MeansLocal}
	emergency := func(i int, ahead time.Duration) *wire.Envelope {
		c := document(fmt.Sprint("emergency-", i), cap.Severe, false)
		c.Sent = cap.MakeTime(now().Add(ahead).Unix(), 60)
		c.Info[0].Expires = cap.MakeTime(now().Add(ahead+time.Hour).Unix(), 60)
		e := sign(t, tree, c, officer)
		e = officer.Key.Sign(e, officer.Ref(), wire.RoleEmergency)
		e.Chain = tree.Pool.ChainFor(e)
		return e
	}
	granted := int(trusttest.Scope(2, 1, "ARS 07131").Emergency)
	for i := range granted {
		if _, err := s.judge(emergency(i, time.Duration(i)*25*time.Hour).EncodeFull(), local, now()); err != nil {
			t.Fatalf("emergency %d of %d: %v", i+1, granted, err)
		}
	}
	for _, ahead := range []time.Duration{0, 200 * time.Hour} { // what is dated ahead alarms now as well
		if _, err := s.judge(emergency(granted, ahead).EncodeFull(), local, now()); !isReason(err, wire.ReasonRate) {
			t.Errorf("emergency %d of %d, %s ahead: %v, want %s", granted+1, granted, ahead, err, wire.ReasonRate)
		}
	}
	if _, err := s.judge(warning(t, tree, "by two").EncodeFull(), local, now()); err != nil {
		t.Errorf("a warning by two persons: %v", err)
	}
}

// A copy that brings the missing parts must not take a signature away.
func TestPartsDoNotLowerTheLevel(t *testing.T) {
	tree := newTree(t)
	s := newStation(t, tree.Pinned(), newMemory())
	e := sign(t, tree, document("moderate", cap.Moderate, true), tree.Leitstelle.Persons...)
	bare := *e
	bare.Parts = nil
	if _, err := s.judge(bare.EncodeFull(), origin{}, now()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.judge(byFirst(tree, e).EncodeFull(), origin{}, now()); !isReason(err, wire.ReasonSeen) {
		t.Errorf("fewer signatures with parts: %v", err)
	}
	if _, err := s.judge(e.EncodeFull(), origin{}, now()); err != nil {
		t.Errorf("all signatures with parts: %v", err)
	}
	if level, _ := s.Known(e.ID()); level != 2 {
		t.Errorf("level %d", level)
	}
}

// What gave way before it was written is not written.
func TestWhatGaveWayIsNotWritten(t *testing.T) {
	tree := newTree(t)
	s := newStation(t, tree.Pinned(), newMemory())
	e := warning(t, tree, "one")
	if _, _, err := s.take(t.Context(), e.EncodeFull(), origin{}, false); err != nil {
		t.Fatal(err)
	}
	if n, err := s.Release(t.Context(), []wire.ID{e.ID()}); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	s.drain()
	if _, err := s.store.Get(t.Context(), e.ID()); err == nil {
		t.Error("it is in the store")
	}
	if s.store.count() == 0 {
		t.Error("its issuers are not")
	}
}

// A certificate proves a warning before it is written: whatever is written first, the
// warning is never in the store without what it rests on.
func TestNothingIsWrittenBeforeItsGrounds(t *testing.T) {
	tree := newTree(t)
	e := warning(t, tree, "one")
	bare := *e
	bare.Chain = nil
	for _, queued := range []bool{true, false} { // the certificates, when the warning is written
		store := newMemory()
		s := newStation(t, tree.Pinned(), store)
		var chain []pending
		for _, raw := range e.Chain {
			j, err := s.judge(raw, origin{}, now())
			if err != nil {
				t.Fatal(err)
			}
			chain = append(chain, pending{judged: j})
		}
		if !queued { // the pool has them, the ledger not yet
			s.unremember(chain...)
		}
		j, err := s.judge(bare.EncodeFull(), origin{}, now())
		if err != nil {
			t.Fatal(err)
		}
		s.write([]pending{{judged: j}})
		after := newStation(t, tree.Pinned(), store) // the power fails here
		if err := after.load(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := after.pool.Verify(&bare); err != nil {
			t.Errorf("certificates queued %t: after a restart the warning is refused: %v", queued, err)
		}
		if got, want := store.count(), uint64(1+len(e.Chain)); got != want {
			t.Errorf("%d envelopes in the store, want %d", got, want)
		}
		store.watch(func(r Record) { t.Errorf("%s is written twice", r.Envelope.Header.Type) })
		s.write(chain)
	}
}

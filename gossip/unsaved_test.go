package gossip

import (
	"errors"
	"fmt"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
)

var errFull = errors.New("disk full")

// accept has warnings accepted and the writer try to write each by itself.
func (s *station) accept(t *testing.T, list ...*wire.Envelope) {
	t.Helper()
	for _, e := range list {
		if _, _, err := s.take(t.Context(), e.EncodeFull(), origin{}, false); err != nil {
			t.Fatal(err)
		}
		s.write([]pending{<-s.queue})
	}
}

func warnings(t *testing.T, tree *trusttest.Tree, n int) []*wire.Envelope {
	return many(n, func(i int) *wire.Envelope { return warning(t, tree, fmt.Sprint("w-", i)) })
}

// While the store takes nothing, what warnings rest on is held once, not once for each: it
// would take the room of the warnings.
func TestGroundsAreHeldOnce(t *testing.T) {
	tree := newTree(t)
	s := newStation(t, tree.Pinned(), newMemory())
	s.store.failWith(errFull)
	s.accept(t, warnings(t, tree, 5)...)
	if held := len(s.unsaved.list); held != s.ledger.Len() {
		t.Errorf("%d envelopes are held, want each of %d once", held, s.ledger.Len())
	}
	s.store.failWith(nil)
	s.tryAgain()
	if kept := int(s.store.count()); kept != s.ledger.Len() || len(s.unsaved.list) > 0 || s.unsaved.bytes > 0 {
		t.Errorf("%d of %d are written, %d (%d bytes) are held", kept, s.ledger.Len(), len(s.unsaved.list), s.unsaved.bytes)
	}
}

// However often writing has failed, what comes first to the disk is what the rest rests on.
func TestGroundsComeFirstAfterFailures(t *testing.T) {
	tree := newTree(t)
	s := newStation(t, tree.Pinned(), newMemory())
	s.store.failWith(errFull)
	s.accept(t, warnings(t, tree, commitGroup+10)...)
	for range 20 { // each has one go to the end
		s.tryAgain()
	}
	put := map[wire.ID]int{} // in which go
	var alerts []Record
	s.store.watch(func(r Record) {
		put[r.Envelope.ID()] = s.store.puts
		if r.Envelope.Header.Type == wire.TypeAlert {
			alerts = append(alerts, r)
		}
	})
	s.store.failWith(nil)
	s.tryAgain()
	if kept := int(s.store.count()); kept != s.ledger.Len() {
		t.Errorf("%d of %d are written", kept, s.ledger.Len())
	}
	for _, r := range alerts {
		if issuer, written := put[*r.Envelope.Header.Issuer]; !written || issuer > put[r.Envelope.ID()] {
			t.Fatalf("an alert is written before its issuer")
		}
	}
}

// What is held may all have gone before the store fails once more.
func TestNothingIsLeftToTryAgain(t *testing.T) {
	tree := newTree(t)
	s := newStation(t, tree.Pinned(), newMemory())
	s.store.failWith(errFull)
	s.accept(t, warnings(t, tree, 2)...)
	for _, p := range s.unsaved.list {
		s.ledger.Release(p.entries[0])
	}
	s.tryAgain()
	if len(s.unsaved.list) > 0 || s.unsaved.bytes > 0 {
		t.Errorf("%d (%d bytes) are held", len(s.unsaved.list), s.unsaved.bytes)
	}
}

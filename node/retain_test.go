package node_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node/nodetest"
	"github.com/kreidfeuer/kreidfeuer/persist"
	"github.com/kreidfeuer/kreidfeuer/persist/persisttest"
)

// TestRetain: what ended long ago and nobody follows goes; what the device
// follows stays, certificates included, and so does what has not ended.
func TestRetain(t *testing.T) {
	t.Parallel()
	tree := newTree(t)
	st, err := persist.OpenPath(t.Context(), "", persist.Memory, persist.Options{})
	if err != nil {
		t.Fatal(err)
	}
	now := int64(persisttest.Created + 6*24*3600)
	var batch persist.Batch
	for i := range 200 { // more than one batch
		batch.Entries = append(batch.Entries, persisttest.Sample{Key: byte(i), Text: fmt.Sprint("ended", i), Lifetime: 3600}.Entry(1))
	}
	late := persisttest.Sample{Key: 1, Text: "late", Lifetime: 7 * 24 * 3600, Lane: wire.LaneDrill}
	revocation := persisttest.Sample{Key: 1, Type: wire.TypeRevocation}
	batch.Entries = append(batch.Entries, late.Entry(1), revocation.Entry(1))
	if _, err := st.Put(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	var at time.Time
	d := nodetest.Start(t, tree, nodetest.Options{Store: st, Clock: func() time.Time { return at }})
	at = nodetest.Now()
	one := warning(t, tree, "one")
	submit(t, d, one)
	kept := st.Usage()[wire.LaneTrust].Count

	// The clock runs ten years ahead; the pinned root has ended by it, so that it is
	// in doubt and ends nothing of what the device follows.
	at = time.Unix(now, 0).AddDate(10, 0, 0)
	if err := d.Retain(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := st.Get(t.Context(), one.ID()); err != nil {
		t.Errorf("a warning ended by a doubtful clock: %v", err)
	}
	if n := st.Usage()[wire.LaneTrust].Count; n < kept {
		t.Errorf("%d trust objects, %d before", n, kept)
	}
	if n := st.Usage()[wire.LaneLive].Count; n != 201 {
		t.Errorf("%d alerts, want all 201", n)
	}

	at = time.Unix(now, 0)
	if err := d.Retain(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i := range 200 {
		if _, err := st.Get(t.Context(), batch.Entries[i].Envelope.ID()); !errors.Is(err, persist.ErrNotFound) {
			t.Fatalf("what ended is there: %v", err)
		}
	}
	for what, s := range map[string]persisttest.Sample{"what has not ended": late, "revocation": revocation} {
		if _, err := st.Get(t.Context(), s.ID()); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	s, err := d.Store(t.Context())
	if err != nil || len(s.Removed) != 1 || s.Removed[0].Reason != "expired" || s.Removed[0].Count != 200 {
		t.Errorf("%v, removed %+v, want 200 expired", err, s.Removed)
	}
}

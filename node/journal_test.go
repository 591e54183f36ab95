package node

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/kreidfeuer/kreidfeuer/persist"
	"github.com/kreidfeuer/kreidfeuer/persist/persisttest"
)

// Whatever writes fail, done or not done, a listener hears every event once, in
// order and under one number, and all of them are stored when the disk takes
// them again.
func TestJournalLosesAndRepeatsNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var fail, applied bool
		st, err := persist.Open(t.Context(), persisttest.NewFaulty(func() (bool, bool) { return fail, applied }), persist.Options{})
		if err != nil {
			t.Fatal(err)
		}
		j := newJournal(st)
		var want, heard []string
		listen := func() {
			list, err := j.read(t.Context(), uint64(len(heard)), 1000)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range list {
				if heard = append(heard, string(e.Content)); e.Number != uint64(len(heard)) {
					t.Fatalf("event %d has number %d", len(heard), e.Number)
				}
			}
		}
		step := func(events int, entry bool) error {
			var b persist.Batch
			for range events {
				want = append(want, fmt.Sprint(len(want)))
				b.Events = append(b.Events, []byte(want[len(want)-1]))
			}
			if entry {
				b.Entries = append(b.Entries, persisttest.Sample{Text: fmt.Sprint(len(want))}.Entry(1))
			}
			return j.put(t.Context(), b)
		}
		for range rapid.IntRange(1, 12).Draw(t, "steps") {
			fail, applied = rapid.Bool().Draw(t, "fail"), rapid.Bool().Draw(t, "applied")
			if err := step(rapid.IntRange(0, 3).Draw(t, "events"), rapid.Bool().Draw(t, "entry")); err != nil && !fail {
				t.Fatal(err)
			}
			if rapid.Bool().Draw(t, "listen") {
				listen()
			}
		}
		fail = false
		if err := step(1, true); err != nil {
			t.Fatal(err)
		}
		listen()
		if fmt.Sprint(heard) != fmt.Sprint(want) {
			t.Fatalf("heard %v, want %v", heard, want)
		}
		var stored []string
		for e, err := range st.EventsSince(t.Context(), 0) {
			if err != nil {
				t.Fatal(err)
			}
			stored = append(stored, string(e.Content))
		}
		if fmt.Sprint(stored) != fmt.Sprint(want) {
			t.Fatalf("stored %v, want %v", stored, want)
		}
	})
}

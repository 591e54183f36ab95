package persisttest

import (
	"context"
	"errors"
	"fmt"
	"strconv"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

// The script is an endless list of batches, each of which touches all that a
// store does: whoever knows how many were acknowledged knows what the store
// must hold after a crash.
const (
	scriptKept  = 40 // a batch's second alert is deleted so many batches later
	scriptShort = 5  // and its first
	scriptLast  = "script/last"
)

func scriptAlert(i, j int) Sample {
	return Sample{Key: byte(j), Text: fmt.Sprintf("%d-%d", i, j), Lifetime: uint64(1+i%5) * 3600,
		Parts: []string{Noise(uint64(i), 8000), fmt.Sprintf("shared by some %d", i/3)}}
}

func scriptBeacon(i int) Sample {
	return Sample{Key: 7, Type: wire.TypeBeacon, Sequence: uint64(i)}
}

func scriptMemo(i int) persist.Memo {
	return persist.Memo{ID: scriptAlert(i, 1).ID(), Domain: Domain, Lane: wire.LaneLive, Level: 1, Expires: uint64(i)}
}

// scriptBatch is batch i, from 1.
func scriptBatch(i int) persist.Batch {
	b := persist.Batch{
		Entries: []persist.Entry{scriptAlert(i, 0).Entry(1), scriptAlert(i, 1).Entry(1), scriptBeacon(i).Entry(1)},
		Events:  [][]byte{[]byte(strconv.Itoa(i))},
		Local:   map[string][]byte{scriptLast: []byte(strconv.Itoa(i))},
	}
	if i > 1 {
		b.Entries = append(b.Entries, scriptAlert(i-1, 1).Entry(2))
	}
	b.Memos = []persist.Memo{scriptMemo(i)}
	if i > scriptShort {
		b.Forget = append(b.Forget, scriptMemo(i-scriptShort).ID)
		b.Delete = append(b.Delete, scriptAlert(i-scriptShort, 0).ID())
	}
	if i > scriptKept {
		b.Delete = append(b.Delete, scriptAlert(i-scriptKept, 1).ID())
	}
	return b
}

// scriptPosition returns the number of the last batch that is stored.
func scriptPosition(ctx context.Context, s *persist.Store) (int, error) {
	b, err := s.Local().Get(ctx, scriptLast)
	if errors.Is(err, persist.ErrNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(string(b))
}

// checkScript compares the store with the script: no acknowledged batch is
// lost and none is stored in part.
func checkScript(ctx context.Context, s *persist.Store, acknowledged int) (position int, err error) {
	n, err := scriptPosition(ctx, s)
	if err != nil {
		return 0, err
	}
	if n < acknowledged {
		return n, fmt.Errorf("batch %d was acknowledged, the last one stored is %d", acknowledged, n)
	}
	for i := max(1, n-scriptKept-2); i <= n+1; i++ {
		if err := checkAlert(ctx, s, scriptAlert(i, 0), i > n-scriptShort && i <= n, 1); err != nil {
			return n, fmt.Errorf("after %d batches, alert %d-0: %w", n, i, err)
		}
		level := wire.Level(2)
		if i == n {
			level = 1
		}
		if err := checkAlert(ctx, s, scriptAlert(i, 1), i > n-scriptKept && i <= n, level); err != nil {
			return n, fmt.Errorf("after %d batches, alert %d-1: %w", n, i, err)
		}
	}
	if n > 0 {
		if _, err := s.Get(ctx, scriptBeacon(n).ID()); err != nil {
			return n, fmt.Errorf("beacon %d: %w", n, err)
		}
	}
	if err := checkMemos(ctx, s, n); err != nil {
		return n, fmt.Errorf("after %d batches: %w", n, err)
	}
	if _, last := s.EventBounds(); last < uint64(n) { // more if a failed batch was put twice
		return n, fmt.Errorf("%d events after %d batches", last, n)
	}
	report, err := s.Verify(ctx, nil)
	if err == nil {
		err = errors.Join(report.Problems...)
	}
	return n, err
}

// checkMemos wants the memos of the last few batches, and no others.
func checkMemos(ctx context.Context, s *persist.Store, n int) error {
	want := map[wire.ID]persist.Memo{}
	for i := max(1, n-scriptShort+1); i <= n; i++ {
		want[scriptMemo(i).ID] = scriptMemo(i)
	}
	for m, err := range s.Memos(ctx) {
		if err != nil {
			return err
		}
		if want[m.ID] != m {
			return fmt.Errorf("memo %+v, want %+v", m, want[m.ID])
		}
		delete(want, m.ID)
	}
	if len(want) > 0 {
		return fmt.Errorf("%d memos are missing", len(want))
	}
	return nil
}

func checkAlert(ctx context.Context, s *persist.Store, a Sample, want bool, level wire.Level) error {
	rec, err := s.Get(ctx, a.ID())
	if errors.Is(err, persist.ErrNotFound) && !want {
		return nil
	}
	if err != nil {
		return err
	}
	if !want {
		return errors.New("is there")
	}
	if rec.Level != level {
		return fmt.Errorf("level %d, want %d", rec.Level, level)
	}
	if err := s.Parts(ctx, rec.Envelope); err != nil {
		return err
	}
	for i, packed := range rec.Envelope.Parts {
		if packed == nil {
			return fmt.Errorf("part %d is missing", i)
		}
	}
	return nil
}

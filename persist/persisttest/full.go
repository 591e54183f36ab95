package persisttest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

const (
	fullSize    = 24 << 20         // of the disk
	fullBallast = 6 << 20          // the file that is deleted to make room
	fullWait    = 10 * time.Second // before the end of all tests
)

// TestFull fills a small disk (a tmpfs, for which it must be root) and wants
// errors that say so, at once, reading that goes on, and writing as soon as
// there is space again.
func TestFull(t *testing.T, b Backend) {
	t.Parallel()
	dir := t.TempDir()
	smallDisk(t, dir)
	ctx := t.Context()
	if end, ok := t.Deadline(); ok { // one that hangs is told of by then: a busy machine may take long
		limited, cancel := context.WithDeadline(ctx, end.Add(-fullWait))
		defer cancel()
		ctx = limited
	}
	cmd := child(ctx, "full", b, dir)
	// goleveldb closes a channel on which its compaction may still send, and
	// recovers from that by design, where the disk is full only. The race detector
	// reports it; what this process does itself is in the race run of other tests.
	cmd.Env = append(cmd.Environ(), "GORACE=exitcode=0")
	var said, complaints strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &complaints
	err := cmd.Run()
	t.Logf("%s", said.String())
	if ctx.Err() != nil {
		err = errors.New("did not end")
	}
	if err != nil {
		text := complaints.String()
		t.Fatalf("%v: %s", err, text[max(0, len(text)-2000):])
	}
}

func fillBatch(i int) persist.Batch {
	a := Sample{Key: 9, Text: fmt.Sprint(i), Parts: []string{Noise(uint64(i), 30_000)}}
	return persist.Batch{Entries: []persist.Entry{a.Entry(1)}, Events: [][]byte{[]byte("filled")}}
}

// fullChild runs the test in a process of its own, as it may not survive it.
func fullChild(ctx context.Context, b Backend, dir string) error {
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, fullBallast), 0o600); err != nil {
		return err
	}
	s, err := openStore(ctx, b, filepath.Join(dir, "db"))
	if err != nil {
		return err
	}
	first, err := fill(ctx, s, 0)
	if err != nil {
		return err
	}
	fmt.Printf("full after %d batches of 30 kB on %d MB\n", first, (fullSize-fullBallast)>>20)
	if err := os.Remove(ballast); err != nil {
		return err
	}
	if _, err := s.Put(ctx, fillBatch(first)); err != nil {
		return fmt.Errorf("put after space was made: %w", err)
	}
	second, err := fill(ctx, s, first+1)
	if err != nil {
		return err
	}
	fmt.Printf("full again after %d batches\n", second)
	if err := s.Close(); err != nil {
		return fmt.Errorf("close on a full disk: %w", err)
	}
	if s, err = openStore(ctx, b, filepath.Join(dir, "db")); err != nil {
		return fmt.Errorf("open on a full disk: %w", err)
	}
	for i := range second {
		if _, err := s.Get(ctx, fillBatch(i).Entries[0].Envelope.ID()); err != nil {
			return fmt.Errorf("after opening, batch %d of %d: %w", i, second, err)
		}
	}
	report, err := s.Verify(ctx, nil)
	if err != nil || report.Total > 0 {
		return fmt.Errorf("verify: %w, %w", err, errors.Join(report.Problems...))
	}
	if err := s.Compact(ctx, nil); err != nil && !errors.Is(err, persist.ErrFull) {
		return fmt.Errorf("compact on a full disk: %w, want ErrFull", err)
	}
	if _, err := s.Get(ctx, fillBatch(0).Entries[0].Envelope.ID()); err != nil {
		return fmt.Errorf("get after compaction on a full disk: %w", err)
	}
	fmt.Printf("memory at most %s\n", peakMemory())
	return s.Close()
}

// fill puts batches from number i on until the disk is full, and a few more.
func fill(ctx context.Context, s *persist.Store, i int) (next int, err error) {
	for ; err == nil; i++ {
		start := time.Now()
		_, err = s.Put(ctx, fillBatch(i))
		if took := time.Since(start); took > 20*time.Second {
			return i, fmt.Errorf("put took %v", took)
		}
	}
	i--
	if !errors.Is(err, persist.ErrFull) {
		return i, fmt.Errorf("put on a full disk: %w, want ErrFull", err)
	}
	for range 20 {
		if _, err := s.Put(ctx, fillBatch(i)); err == nil {
			i++ // compaction made room
		} else if !errors.Is(err, persist.ErrFull) {
			return i, fmt.Errorf("put again on a full disk: %w, want ErrFull", err)
		}
	}
	for _, j := range []int{0, i - 1} {
		if _, err := s.Get(ctx, fillBatch(j).Entries[0].Envelope.ID()); err != nil {
			return i, fmt.Errorf("get on a full disk: %w", err)
		}
	}
	if has, err := s.Has(ctx, wire.Item{ID: fillBatch(i).Entries[0].Envelope.ID()}); has || err != nil {
		return i, fmt.Errorf("refused envelope: %v, %w", has, err)
	}
	return i, nil
}

// peakMemory is the process's largest resident size so far, in the kernel's words.
func peakMemory() string {
	b, _ := os.ReadFile("/proc/self/status") // elsewhere than on Linux it is not known
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			return strings.TrimSpace(rest)
		}
	}
	return "unknown"
}

package persisttest

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
)

// TestKill kills a writing process again and again at random moments, also
// while it opens the store, and wants to find all that it acknowledged.
// KREIDFEUER_SOAK=1 makes it hundreds of times.
func TestKill(t *testing.T, b Backend) {
	t.Parallel()
	rounds := 15
	if os.Getenv("KREIDFEUER_SOAK") != "" {
		rounds = 400
	}
	dir, acknowledged := t.TempDir(), 0
	for round := range rounds {
		rng := rand.New(rand.NewPCG(uint64(round), 3))
		acknowledged = max(acknowledged, killAfter(t, b, dir, rng.IntN(30)))
		s, err := openStore(t.Context(), b, dir)
		if err != nil {
			t.Fatalf("round %d: open: %v", round, err)
		}
		position, err := checkScript(t.Context(), s, acknowledged)
		if err != nil {
			t.Fatalf("round %d: %v", round, err)
		}
		if err := s.Close(); err != nil {
			t.Fatalf("round %d: close: %v", round, err)
		}
		acknowledged = position
	}
	t.Logf("killed %d times, %d batches", rounds, acknowledged)
	if acknowledged < rounds {
		t.Error("hardly anything was written: the test tests nothing")
	}
}

// killAfter lets a child write and kills it (SIGKILL, or what is like it) after
// it has said so many lines; it returns the last batch that was acknowledged,
// also by lines that came after the decision.
func killAfter(t *testing.T, b Backend, dir string, lines int) (acknowledged int) {
	t.Helper()
	cmd := child(t.Context(), "script", b, dir)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := 0
	for in := bufio.NewScanner(out); in.Scan(); {
		if acknowledged, err = strconv.Atoi(in.Text()); err != nil {
			t.Fatalf("child said %q", in.Text())
		}
		if said++; said == lines+1 {
			_ = cmd.Process.Kill() // fails if it has ended, which is seen below
		}
	}
	if err := cmd.Wait(); err == nil || said <= lines {
		t.Fatalf("child ended by itself after %d lines: %v", said, err)
	}
	return acknowledged
}

// scriptChild writes the script from where it stands, without end. It says 0
// before it opens the store, and then the number of each batch that is durable.
func scriptChild(ctx context.Context, b Backend, dir string) error {
	fmt.Println(0)
	s, err := openStore(ctx, b, dir)
	if err != nil {
		return err
	}
	n, err := scriptPosition(ctx, s)
	for err == nil {
		n++
		if _, err = s.Put(ctx, scriptBatch(n)); err == nil {
			_, err = fmt.Println(n)
		}
	}
	return err
}

// Command bulk measures what it costs two devices when one catches up with all that
// the other has: the processor time of both ends together, beside what cannot be avoided,
// which is verifying the signatures in batches, moving the same bytes through one libp2p stream and
// writing them to the store in batches. All is measured in one process and one run.
//
// The envelopes have one signature and 1 kB each; what is in them is not read. Both stores are on disk.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime/pprof"
	"text/tabwriter"
)

// goal is the most that catching up may cost, as a multiple of the sum of what
// cannot be avoided.
const goal = 1.5

func main() {
	n := flag.Int("n", 100_000, "number of envelopes")
	profile := flag.String("cpuprofile", "", "write a processor profile of catching up to `FILE`")
	flag.Parse()
	if err := run(context.Background(), *n, *profile); err != nil {
		fmt.Fprintln(os.Stderr, "bulk:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, n int, profile string) error {
	w, err := newWorld(n)
	if err != nil {
		return fmt.Errorf("make envelopes: %w", err)
	}
	dir, err := os.MkdirTemp("", "kreidfeuer-bulk-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	rows := []struct {
		what string
		cost func(context.Context, string) (cost, error)
	}{
		{"batch verification", w.verify}, {"libp2p stream", w.stream}, {"batched writes of the store", w.write},
	}
	t := tabwriter.NewWriter(os.Stdout, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(t, "%d envelopes of %d bytes\tCPU\tan envelope\ttime\t\n", n, len(w.raws[0]))
	var floor, unsorted cost // the last row is the writes
	print := func(what string, c cost) {
		fmt.Fprintf(t, "%s\t%.2f s\t%.1f µs\t%.1f s\t\n", what, c.cpu.Seconds(), float64(c.cpu.Microseconds())/float64(n), c.wall.Seconds())
	}
	for _, r := range rows {
		c, err := r.cost(ctx, dir)
		if err != nil {
			return fmt.Errorf("%s: %w", r.what, err)
		}
		print(r.what, c)
		unsorted = c
		floor.cpu, floor.wall = floor.cpu+c.cpu, floor.wall+c.wall
	}
	print("together", floor)
	sorted, err := w.writeSorted(ctx, dir)
	if err != nil {
		return fmt.Errorf("write in order: %w", err)
	}
	print("not counted: the writes in order of IDs", sorted)
	if profile != "" {
		f, err := os.Create(profile)
		if err != nil {
			return err
		}
		defer f.Close()
		w.profile = func() error { return pprof.StartCPUProfile(f) }
	}
	c, err := w.catchUp(ctx, dir)
	pprof.StopCPUProfile()
	if err != nil {
		return fmt.Errorf("catch up: %w", err)
	}
	print("catching up, both ends", c)
	t.Flush()
	ratio, verdict := c.cpu.Seconds()/floor.cpu.Seconds(), "met"
	if ratio > goal {
		verdict = "missed"
	}
	fmt.Printf("\nCatching up costs %.2f times what cannot be avoided; goal <= %g: %s. With the writes in order of IDs, in which\n"+
		"envelopes below Moderate are given, it is %.2f times. Left out: reading what the envelopes say, and events.\n\n",
		ratio, goal, verdict, c.cpu.Seconds()/(floor.cpu-unsorted.cpu+sorted.cpu).Seconds())
	return nil
}

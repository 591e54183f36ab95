package main

import (
	"context"
	"fmt"
	"io"
	"os/exec"
	"strconv"
	"strings"
	"text/tabwriter"
)

// comparisons are the metrics of package gossip's benchmarks that have a goal.
var comparisons = []struct {
	unit string // as the benchmark reports it
	what string
	goal float64 // at most
}{
	{"accept/verify", "accept path, times a bare verification", 1.25},
	{"router/(bare+verify)", "hop, times (bare gossipsub + one verification)", 1.15},
	{"%same-bytes/verify", "duplicate, same bytes, % of a verification", 2},
	{"%other-form/verify", "duplicate, in another form, % of a verification", 2},
}

// work runs the benchmarks of package gossip, each of which measures both sides
// in turns in one process, and prints their ratios.
func work(ctx context.Context, w io.Writer) error {
	cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", "^Benchmark(Accept|Duplicate|Hop)$", "-timeout", "5m", module+"gossip")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w: %s", err, out)
	}
	got := metrics(string(out))
	fmt.Fprint(w, "Processor time of an alert of one signature with a known chain, store in memory; medians of ratios, in one process.\n\n")
	t := tabwriter.NewWriter(w, 0, 8, 2, ' ', tabwriter.AlignRight)
	fmt.Fprint(t, "\tmeasured\tgoal\t\n")
	for _, c := range comparisons {
		v, ok := got[c.unit]
		if !ok {
			return fmt.Errorf("no metric %q in: %s", c.unit, out)
		}
		fmt.Fprintf(t, "%s\t%.2f\t%s\t\n", c.what, v, verdict(v <= c.goal, "<= %g", c.goal))
	}
	t.Flush()
	fmt.Fprintf(w, "\nOne verification takes %.0f µs, one accepted alert %.0f, one hop %.0f, of which bare gossipsub %.0f.\n"+
		"Left out: the disk, events, mDNS. What catch-up runs meanwhile is in it.\n\n",
		got["µs/verify"], got["µs/accept"], got["µs/router-hop"], got["µs/bare-hop"])
	return nil
}

// metrics reads the values and units of benchmark lines.
func metrics(text string) map[string]float64 {
	got := map[string]float64{}
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) < 4 || !strings.HasPrefix(words[0], "Benchmark") {
			continue
		}
		for i := 2; i+1 < len(words); i += 2 {
			if v, err := strconv.ParseFloat(words[i], 64); err == nil {
				got[words[i+1]] = v
			}
		}
	}
	return got
}

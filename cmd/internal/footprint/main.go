// Command footprint measures what kreidfeuer costs its machine and the air: the
// running device beside the least program with libp2p and gossipsub, its work for
// an alert beside bare gossipsub and a bare verification, and the bytes of signed
// warnings beside their XML, all in one run on one machine. Each row names its
// goal; what is left out stands below.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"time"
)

func main() {
	starts := flag.Int("starts", 9, "cold starts of each program, of which the median counts")
	idles := flag.Int("idles", 3, "idle runs of each program, of which the median counts")
	idle := flag.Duration("idle", 12*time.Second, "how long each idle run is watched")
	flag.Parse()
	if err := run(context.Background(), plan{*starts, *idles, *idle}); err != nil {
		fmt.Fprintln(os.Stderr, "footprint:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, p plan) error {
	if err := devices(ctx, os.Stdout, p); err != nil {
		return fmt.Errorf("measure devices: %w", err)
	}
	if err := work(ctx, os.Stdout); err != nil {
		return fmt.Errorf("measure work: %w", err)
	}
	if err := sizes(os.Stdout); err != nil {
		return fmt.Errorf("measure signed sizes: %w", err)
	}
	return nil
}

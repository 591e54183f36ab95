// Command reconcile measures gossip/recon beside its peers in one run: the
// range-based library of NIP-77 (negentropy) and a rateless invertible Bloom lookup
// table (arXiv:2402.02668) over IDs of 32 bytes and over short ones of 8. Half of
// the differences are on each side. It prints a table and whether each goal was
// met.
//
// What is counted, on all sides alike: "learn" is every byte of both directions
// until the asking side knows what it has and what it needs; "all" is that and
// naming to the peer what is needed: 32 bytes an item for the range-based library
// and the large table, 8 for the small table, and for recon what it really sends,
// with its proof that nothing was missed. The tables' stream needs no estimate and
// stops at the last byte needed, for nothing; their CPU time is that of computing
// exactly the cells needed, once.
package main

import (
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
)

func main() {
	sizes := flag.String("n", "100000,1000000", "numbers of IDs")
	seeds := flag.Int("seeds", 3, "draws of each cell, of which the worst counts for bytes and the median for CPU time")
	flag.Parse()
	for _, size := range strings.Split(*sizes, ",") {
		n, err := strconv.Atoi(size)
		if err != nil || n < 1 {
			fmt.Fprintf(os.Stderr, "reconcile: -n %q: want numbers above 0\n", size)
			os.Exit(2)
		}
		if err := measure(os.Stdout, n, *seeds); err != nil {
			fmt.Fprintln(os.Stderr, "reconcile:", err)
			os.Exit(1)
		}
	}
}

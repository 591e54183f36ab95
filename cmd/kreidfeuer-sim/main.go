// Command kreidfeuer-sim plays scenarios: it asks who is reached by a warning when
// power and networks are gone, and what would change it.
package main

import (
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"
)

func main() {
	if len(os.Args) == 2 && os.Args[1] == playsOrder {
		obey()
	}
	interrupts := make(chan os.Signal, 1)
	signal.Notify(interrupts, os.Interrupt, syscall.SIGTERM)
	e := &env{stdout: os.Stdout, stderr: os.Stderr, terminal: term.IsTerminal(int(os.Stderr.Fd())), interrupts: interrupts}
	os.Exit(run(e, os.Args))
}

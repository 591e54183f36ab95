// Package dialogue talks with the officer who writes a warning: it asks, shows what was
// understood, compares versions and has the place typed before a real warning is signed.
package dialogue

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
)

// Dialog asks the person who starts a command, line by line. Standard input may
// be a pipe: then it holds the answers, as a script knows them.
type Dialog struct {
	env    *shell.Env
	in     *bufio.Reader
	out    io.Writer
	person bool // who answers can answer again

	absent error // there is nobody to ask
}

// New asks on standard input; if that holds a document instead, at the
// terminal. Close it with the returned function.
func New(e *shell.Env, stdinTaken bool) (*Dialog, func()) {
	if !stdinTaken {
		return &Dialog{env: e, in: bufio.NewReader(e.Stdin), out: e.Stderr, person: e.StdinTerminal}, func() {}
	}
	in, out, err := shell.OpenTerminal()
	if err != nil {
		return &Dialog{env: e, out: e.Stderr, absent: exit.Errorf(exit.Usage, "standard input holds the document, and there is no terminal to ask at").
			Hintf("name the document's file")}, func() {}
	}
	return &Dialog{env: e, in: bufio.NewReader(in), out: out, person: true}, func() { in.Close(); out.Close() }
}

// Ask returns one line without outer white space.
func (d *Dialog) Ask(prompt string) (string, error) {
	if d.absent != nil {
		return "", d.absent
	}
	fmt.Fprint(d.out, prompt)
	line, err := d.readLine()
	if errors.Is(err, shell.ErrAborted) {
		fmt.Fprintln(d.out)
		return "", err
	}
	if err != nil && (err != io.EOF || line == "") {
		fmt.Fprintln(d.out)
		if err == io.EOF {
			return "", exit.Errorf(exit.Aborted, "aborted: no answer to %q", strings.TrimSpace(prompt))
		}
		return "", exit.Errorf(exit.System, "ask: %w", err)
	}
	return strings.TrimSpace(line), nil
}

// readLine waits for a line, or for the interrupt key.
func (d *Dialog) readLine() (string, error) {
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt)
	defer signal.Stop(interrupted)
	type answer struct {
		line string
		err  error
	}
	answered := make(chan answer, 1)
	go func() { // left behind when interrupted: the program ends
		line, err := d.in.ReadString('\n')
		answered <- answer{line, err}
	}()
	select {
	case <-interrupted:
		return "", shell.ErrAborted
	case a := <-answered:
		return a.line, a.err
	}
}

// Printf shows something where the questions are.
func (d *Dialog) Printf(format string, args ...any) { fmt.Fprintf(d.out, format, args...) }

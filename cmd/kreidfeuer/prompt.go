package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"

	"golang.org/x/term"
)

var errAborted = failf(exitAborted, "aborted")

// askSecret asks the person at the terminal, without echo. Standard input may
// be a pipe meanwhile.
func (e *env) askSecret(prompt string) (string, error) {
	in, out, err := openTerminal()
	if err != nil {
		return "", failf(exitUsage, "no terminal to ask for a passphrase").hintf("--passphrase-file FILE reads it from a file")
	}
	defer in.Close()
	defer out.Close()
	fd := int(in.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", failf(exitSystem, "ask for a passphrase: %w", err)
	}
	fmt.Fprint(out, prompt)
	defer fmt.Fprintln(out)

	// Interrupted while echo is off, the terminal must not stay so.
	interrupted := make(chan os.Signal, 1)
	signal.Notify(interrupted, os.Interrupt)
	defer signal.Stop(interrupted)
	type answer struct {
		text []byte
		err  error
	}
	answered := make(chan answer, 1)
	go func() {
		text, err := term.ReadPassword(fd)
		answered <- answer{text, err}
	}()
	select {
	case <-interrupted:
		return "", errors.Join(errAborted, term.Restore(fd, before))
	case a := <-answered:
		if errors.Is(a.err, io.EOF) {
			return "", errAborted
		}
		if a.err != nil {
			return "", failf(exitSystem, "ask for a passphrase: %w", a.err)
		}
		return string(a.text), nil
	}
}

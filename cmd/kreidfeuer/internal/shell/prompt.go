package shell

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"

	"golang.org/x/term"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
)

// ErrAborted is the failure of who was asked and went away.
var ErrAborted = exit.Errorf(exit.Aborted, "aborted")

// AskSecret asks the person at the terminal, without echo. Standard input may
// be a pipe meanwhile.
func (e *Env) AskSecret(prompt string) (string, error) {
	in, out, err := OpenTerminal()
	if err != nil {
		return "", exit.Errorf(exit.Usage, "no terminal to ask for a passphrase").Hintf("--passphrase-file FILE reads it from a file")
	}
	defer in.Close()
	defer out.Close()
	fd := int(in.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", exit.Errorf(exit.System, "ask for a passphrase: %w", err)
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
		return "", errors.Join(ErrAborted, term.Restore(fd, before))
	case a := <-answered:
		if errors.Is(a.err, io.EOF) {
			return "", ErrAborted
		}
		if a.err != nil {
			return "", exit.Errorf(exit.System, "ask for a passphrase: %w", a.err)
		}
		return string(a.text), nil
	}
}

// Package shell is the world as a command sees it: standard streams, terminal, clock,
// randomness and files. No command reaches for a global instead, and every command
// prints, asks, reads and writes through [Env].
package shell

import (
	"crypto/rand"
	"io"
	"os"
	"time"

	"golang.org/x/term"
)

// Env is the world as a command sees it. No command reads a global instead.
type Env struct {
	Stdin   io.Reader
	Stdout  *Output
	Stderr  io.Writer
	Getenv  func(string) string
	Environ func() []string
	Now     func() time.Time
	Random  io.Reader

	StdinTerminal  bool // a person types standard input
	StdoutTerminal bool // a person reads standard output
	StderrTerminal bool

	Version string // of the program

	JSON bool // --json: results and errors are JSON objects, one a line
}

// New is the world of this process; version is the program's.
func New(version string) *Env {
	return &Env{
		Version:        version,
		Stdin:          os.Stdin,
		Stdout:         Checked(os.Stdout),
		Stderr:         os.Stderr,
		Getenv:         os.Getenv,
		Environ:        os.Environ,
		Now:            time.Now,
		Random:         rand.Reader,
		StdinTerminal:  term.IsTerminal(int(os.Stdin.Fd())),
		StdoutTerminal: term.IsTerminal(int(os.Stdout.Fd())),
		StderrTerminal: term.IsTerminal(int(os.Stderr.Fd())),
	}
}

// Unix is the present in the unit of every signed object: whole seconds UTC.
func (e *Env) Unix() uint64 { return uint64(max(e.Now().Unix(), 0)) }

// Output keeps the first error, so that a command which prints its
// result to a full disk does not end with success.
type Output struct {
	w   io.Writer
	err error
}

// Checked writes to w and keeps the first error.
func Checked(w io.Writer) *Output { return &Output{w: w} }

// Write writes through, and keeps the first error for [Env.Report].
func (c *Output) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	if err != nil && c.err == nil {
		c.err = err
	}
	return n, err
}

// Offset is that of the clock on the wall from UTC, in minutes.
func (e *Env) Offset() int {
	_, seconds := e.Now().Zone()
	return seconds / 60
}

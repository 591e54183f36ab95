package main

import (
	"crypto/rand"
	"io"
	"os"
	"time"

	"golang.org/x/term"
)

// env is the world as a command sees it. No command reads a global instead.
type env struct {
	stdin   io.Reader
	stdout  *checkedWriter
	stderr  io.Writer
	getenv  func(string) string
	environ func() []string
	now     func() time.Time
	random  io.Reader

	stdinTerminal  bool // a person types standard input
	stdoutTerminal bool // a person reads standard output
	stderrTerminal bool

	version string // of the program

	json bool // --json: results and errors are JSON objects, one a line
}

// newEnv is the world of this process; version is the program's.
func newEnv(version string) *env {
	return &env{
		version:        version,
		stdin:          os.Stdin,
		stdout:         checked(os.Stdout),
		stderr:         os.Stderr,
		getenv:         os.Getenv,
		environ:        os.Environ,
		now:            time.Now,
		random:         rand.Reader,
		stdinTerminal:  term.IsTerminal(int(os.Stdin.Fd())),
		stdoutTerminal: term.IsTerminal(int(os.Stdout.Fd())),
		stderrTerminal: term.IsTerminal(int(os.Stderr.Fd())),
	}
}

// unix is the present in the unit of every signed object: whole seconds UTC.
func (e *env) unix() uint64 { return uint64(max(e.now().Unix(), 0)) }

// checkedWriter keeps the first error, so that a command which prints its
// result to a full disk does not end with success.
type checkedWriter struct {
	w   io.Writer
	err error
}

// checked writes to w and keeps the first error.
func checked(w io.Writer) *checkedWriter { return &checkedWriter{w: w} }

func (c *checkedWriter) Write(b []byte) (int, error) {
	n, err := c.w.Write(b)
	if err != nil && c.err == nil {
		c.err = err
	}
	return n, err
}

// offset is that of the clock on the wall from UTC, in minutes.
func (e *env) offset() int {
	_, seconds := e.now().Zone()
	return seconds / 60
}

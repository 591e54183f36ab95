package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// exitCode is the exit status of the program. The numbers are an interface that
// scripts rely on: append only.
type exitCode int

// The exit codes.
const (
	exitOK      exitCode = 0
	exitNo      exitCode = 1
	exitUsage   exitCode = 2
	exitDaemon  exitCode = 3
	exitTrust   exitCode = 4
	exitData    exitCode = 5
	exitBusy    exitCode = 6
	exitSystem  exitCode = 7
	exitAborted exitCode = 10
)

// exitMeanings is the one table of exit codes; every help text shows its part of
// it and the man page all of it.
var exitMeanings = []struct {
	code exitCode
	text string
}{
	{exitOK, "done"},
	{exitNo, "problems found, or what was asked is not there"},
	{exitUsage, "wrong use of the command, or input that cannot be read"},
	{exitDaemon, "no device is running here: start kreidfeuer up"},
	{exitTrust, "refused by the rules of trust, or wrong passphrase"},
	{exitData, "data folder or store is missing, damaged or newer than this program"},
	{exitBusy, "another kreidfeuer uses this data folder"},
	{exitSystem, "the system failed: disk full, no permission, no network"},
	{exitAborted, "aborted by the person at the keyboard"},
}

// statusText lists the meaning of codes for a help text.
func statusText(codes ...exitCode) string {
	var b strings.Builder
	for _, m := range exitMeanings {
		for _, code := range codes {
			if code == m.code {
				fmt.Fprintf(&b, "   %2d  %s\n", m.code, m.text)
			}
		}
	}
	return b.String()
}

// failure is an error with its exit code and what the person can do about it. A
// failure without err has been told on standard output already.
type failure struct {
	code exitCode
	err  error
	hint string
}

func (f *failure) Error() string {
	if f.err == nil {
		return ""
	}
	return f.err.Error()
}

func (f *failure) Unwrap() error { return f.err }

// failf makes a failure: what is wrong and where. It takes %w.
func failf(code exitCode, format string, args ...any) *failure {
	return &failure{code: code, err: fmt.Errorf(format, args...)}
}

// hintf adds what the person can do.
func (f *failure) hintf(format string, args ...any) *failure {
	f.hint = fmt.Sprintf(format, args...)
	return f
}

// silent ends the program with code; the output has said why.
func silent(code exitCode) error { return &failure{code: code} }

// classify gives every error a code and, where there is one, a hint.
func classify(err error) *failure {
	var f *failure
	if errors.As(err, &f) {
		if f.err != nil && err != error(f) {
			return &failure{code: f.code, err: err, hint: f.hint} // keeps the words around it
		}
		return f
	}
	var refusal *wire.Refusal
	if errors.As(err, &refusal) {
		return &failure{code: exitTrust, err: err}
	}
	return &failure{code: exitSystem, err: err}
}

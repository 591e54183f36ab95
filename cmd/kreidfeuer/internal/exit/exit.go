// Package exit defines how the program ends: the exit codes, which scripts rely on, and
// the failure, an error that carries its code and what the person can do about it.
package exit

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Code is the exit status of the program. The numbers are an interface that
// scripts rely on: append only.
type Code int

// The exit codes.
const (
	OK      Code = 0
	No      Code = 1
	Usage   Code = 2
	Daemon  Code = 3
	Trust   Code = 4
	Data    Code = 5
	Busy    Code = 6
	System  Code = 7
	Aborted Code = 10
)

// Meanings is the one table of exit codes; every help text shows its part of
// it and the man page all of it.
var Meanings = []struct {
	Code Code
	Text string
}{
	{OK, "done"},
	{No, "problems found, or what was asked is not there"},
	{Usage, "wrong use of the command, or input that cannot be read"},
	{Daemon, "no device is running here: start kreidfeuer up"},
	{Trust, "refused by the rules of trust, or wrong passphrase"},
	{Data, "data folder or store is missing, damaged or newer than this program"},
	{Busy, "another kreidfeuer uses this data folder"},
	{System, "the system failed: disk full, no permission, no network"},
	{Aborted, "aborted by the person at the keyboard"},
}

// StatusText lists the meaning of codes for a help text.
func StatusText(codes ...Code) string {
	var b strings.Builder
	for _, m := range Meanings {
		for _, code := range codes {
			if code == m.Code {
				fmt.Fprintf(&b, "   %2d  %s\n", m.Code, m.Text)
			}
		}
	}
	return b.String()
}

// Failure is an error with its exit code and what the person can do about it. A
// failure without err has been told on standard output already.
type Failure struct {
	Code Code
	Err  error
	Hint string
}

// Error is what is wrong; empty if the output has said it.
func (f *Failure) Error() string {
	if f.Err == nil {
		return ""
	}
	return f.Err.Error()
}

// Unwrap is the error below.
func (f *Failure) Unwrap() error { return f.Err }

// Errorf makes a failure: what is wrong and where. It takes %w.
func Errorf(code Code, format string, args ...any) *Failure {
	return &Failure{Code: code, Err: fmt.Errorf(format, args...)}
}

// Hintf adds what the person can do.
func (f *Failure) Hintf(format string, args ...any) *Failure {
	f.Hint = fmt.Sprintf(format, args...)
	return f
}

// Silent ends the program with code; the output has said why.
func Silent(code Code) error { return &Failure{Code: code} }

// Classify gives every error a code and, where there is one, a hint.
func Classify(err error) *Failure {
	var f *Failure
	if errors.As(err, &f) {
		if f.Err != nil && err != error(f) {
			return &Failure{Code: f.Code, Err: err, Hint: f.Hint} // keeps the words around it
		}
		return f
	}
	var refusal *wire.Refusal
	if errors.As(err, &refusal) {
		return &Failure{Code: Trust, Err: err}
	}
	return &Failure{Code: System, Err: err}
}

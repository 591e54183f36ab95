package main

import (
	"encoding/json"
	"fmt"
)

// errorJSON is the form of an error on standard error with --json.
type errorJSON struct {
	Schema string   `json:"schema"` // kreidfeuer.error/1
	Error  string   `json:"error"`
	Code   exitCode `json:"code"`
	Hint   string   `json:"hint,omitempty"`
}

// report tells err to the person or the program that called and returns the
// exit code.
func (e *env) report(err error) exitCode {
	if err == nil && e.stdout.err != nil {
		err = failf(exitSystem, "write standard output: %w", e.stdout.err)
	}
	if err == nil {
		return exitOK
	}
	f := classify(err)
	switch {
	case f.err == nil:
	case e.json:
		line, _ := json.Marshal(errorJSON{Schema: "kreidfeuer.error/1", Error: f.Error(), Code: f.code, Hint: f.hint})
		fmt.Fprintf(e.stderr, "%s\n", line)
	default:
		fmt.Fprintf(e.stderr, "kreidfeuer: %s\n", printable(f.Error()))
		if f.hint != "" {
			fmt.Fprintf(e.stderr, "hint: %s\n", printable(f.hint))
		}
	}
	return f.code
}

// warningJSON is the form of a warning on standard error with --json.
type warningJSON struct {
	Schema  string `json:"schema"` // kreidfeuer.warning/1
	Warning string `json:"warning"`
}

// warnf tells of what does not stop the command.
func (e *env) warnf(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if e.json {
		line, _ := json.Marshal(warningJSON{"kreidfeuer.warning/1", text})
		fmt.Fprintf(e.stderr, "%s\n", line)
		return
	}
	fmt.Fprintf(e.stderr, "kreidfeuer: warning: %s\n", printable(text))
}

// notef tells a person what happened, beside the result.
func (e *env) notef(format string, args ...any) {
	if !e.json {
		fmt.Fprintf(e.stderr, "%s\n", printable(fmt.Sprintf(format, args...)))
	}
}

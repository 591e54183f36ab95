package shell

import (
	"encoding/json"
	"fmt"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
)

// errorJSON is the form of an error on standard error with --json.
type errorJSON struct {
	Schema string    `json:"schema"` // kreidfeuer.error/1
	Error  string    `json:"error"`
	Code   exit.Code `json:"code"`
	Hint   string    `json:"hint,omitempty"`
}

// Report tells err to the person or the program that called and returns the
// exit code.
func (e *Env) Report(err error) exit.Code {
	if err == nil && e.Stdout.err != nil {
		err = exit.Errorf(exit.System, "write standard output: %w", e.Stdout.err)
	}
	if err == nil {
		return exit.OK
	}
	f := exit.Classify(err)
	switch {
	case f.Err == nil:
	case e.JSON:
		line, _ := json.Marshal(errorJSON{Schema: "kreidfeuer.error/1", Error: f.Error(), Code: f.Code, Hint: f.Hint})
		fmt.Fprintf(e.Stderr, "%s\n", line)
	default:
		fmt.Fprintf(e.Stderr, "kreidfeuer: %s\n", Printable(f.Error()))
		if f.Hint != "" {
			fmt.Fprintf(e.Stderr, "hint: %s\n", Printable(f.Hint))
		}
	}
	return f.Code
}

// warningJSON is the form of a warning on standard error with --json.
type warningJSON struct {
	Schema  string `json:"schema"` // kreidfeuer.warning/1
	Warning string `json:"warning"`
}

// Warnf tells of what does not stop the command.
func (e *Env) Warnf(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if e.JSON {
		line, _ := json.Marshal(warningJSON{"kreidfeuer.warning/1", text})
		fmt.Fprintf(e.Stderr, "%s\n", line)
		return
	}
	fmt.Fprintf(e.Stderr, "kreidfeuer: warning: %s\n", Printable(text))
}

// Notef tells a person what happened, beside the result.
func (e *Env) Notef(format string, args ...any) {
	if !e.JSON {
		fmt.Fprintf(e.Stderr, "%s\n", Printable(fmt.Sprintf(format, args...)))
	}
}

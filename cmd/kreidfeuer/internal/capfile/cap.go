// Package capfile holds the commands that check and convert CAP documents, and reads them
// from files in any of their forms.
package capfile

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
)

// Command is "cap" with its subcommands.
func Command(e *shell.Env) *cli.Command {
	return &cli.Command{
		Name:        "cap",
		Usage:       "check and convert CAP files; needs no running device",
		Subcommands: []*cli.Command{capCheckCommand(e), capConvertCommand(e)},
	}
}

func capCheckCommand(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:      "check",
		Usage:     "list what is wrong with CAP files",
		ArgsUsage: "FILE...",
		Description: "A file is valid if it keeps the schema of its own CAP version (1.0, 1.1 or 1.2)\n" +
			"and every rule that the standard states as a must. Feeds and envelopes that hold\n" +
			"alerts (Atom, RSS, EDXL-DE, SOAP), NINA JSON and wire files are read too. Nothing\n" +
			"that a file names is opened. \"-\" is standard input.\n\n" +
			"With --json one object per file and line:\n" +
			"  {\"file\",\"format\",\"ok\",\"problems\":[{\"path\",\"line\",\"rule\",\"severity\",\"message\"}]}\n" +
			"severity is error, warning or info; ok means that there is no error.\n\n" +
			"Examples:\n" +
			"  kreidfeuer cap check warning.xml\n" +
			"  curl -s https://example.org/cap.xml | kreidfeuer cap check --json -",
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 1, command.MaxFiles, "one or more files"); err != nil {
				return err
			}
			code := exit.OK
			for _, name := range c.Args().Slice() {
				r, result := checkCAP(e, name)
				code = max(code, result)
				if err := printCheck(e, r); err != nil {
					return err
				}
			}
			if code != exit.OK {
				return exit.Silent(code)
			}
			return nil
		},
	}, exit.OK, exit.No, exit.Usage)
}

// checkResult is one line of cap check --json. The names are an interface.
type checkResult struct {
	File     string        `json:"file"`
	Format   string        `json:"format"`
	OK       bool          `json:"ok"`
	Problems []cap.Problem `json:"problems"`
}

// ruleUnreadable is the rule of a file that is no alert at all.
const ruleUnreadable = "unreadable"

// checkCAP checks one file: exit.No means problems, exit.Usage that there is
// nothing to check.
func checkCAP(e *shell.Env, name string) (checkResult, exit.Code) {
	r := checkResult{File: name, Format: string(cap.Unknown), Problems: []cap.Problem{}}
	data, err := e.ReadInput(name)
	if err == nil {
		f := ReadCAP(data)
		r.Format, err = f.format, f.unreadable
		r.Problems = append(r.Problems, f.problems...)
		r.OK = err == nil && len(f.docs) > 0 && cap.Valid(f.problems)
	}
	switch {
	case err != nil:
		if len(r.Problems) == 0 {
			r.Problems = []cap.Problem{{Rule: ruleUnreadable, Severity: cap.LevelError, Message: err.Error()}}
		}
		return r, exit.Usage
	case !r.OK:
		return r, exit.No
	}
	return r, exit.OK
}

func printCheck(e *shell.Env, r checkResult) error {
	if e.JSON {
		return e.PrintJSON(r)
	}
	file := shell.OneLine(r.File)
	for _, p := range r.Problems {
		at := file
		if p.Line > 0 {
			at = fmt.Sprintf("%s:%d", file, p.Line)
		}
		severity := string(p.Severity)
		switch p.Severity {
		case cap.LevelError:
			severity = e.Paint(shell.Red, severity)
		case cap.LevelWarning:
			severity = e.Paint(shell.Yellow, severity)
		}
		where := p.Rule
		if p.Path != "" {
			where += " at " + p.Path
		}
		e.Printf("%s: %s: %s [%s]\n", at, severity, shell.OneLine(p.Message), shell.OneLine(where))
	}
	if r.OK {
		e.Printf("%s: %s\n", file, e.Paint(shell.Green, "valid "+r.Format))
	}
	return nil
}

package main

import (
	"fmt"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
)

func capCommand(e *env) *cli.Command {
	return &cli.Command{
		Name:        "cap",
		Usage:       "check and convert CAP files; needs no running device",
		Subcommands: []*cli.Command{capCheckCommand(e), capConvertCommand(e)},
	}
}

func capCheckCommand(e *env) *cli.Command {
	return document(&cli.Command{
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
			if err := wantArgs(c, 1, maxFiles, "one or more files"); err != nil {
				return err
			}
			code := exitOK
			for _, name := range c.Args().Slice() {
				r, result := e.checkCAP(name)
				code = max(code, result)
				if err := e.printCheck(r); err != nil {
					return err
				}
			}
			if code != exitOK {
				return silent(code)
			}
			return nil
		},
	}, exitOK, exitNo, exitUsage)
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

// checkCAP checks one file: exitNo means problems, exitUsage that there is
// nothing to check.
func (e *env) checkCAP(name string) (checkResult, exitCode) {
	r := checkResult{File: name, Format: string(cap.Unknown), Problems: []cap.Problem{}}
	data, err := e.readInput(name)
	if err == nil {
		f := readCAP(data)
		r.Format, err = f.format, f.unreadable
		r.Problems = append(r.Problems, f.problems...)
		r.OK = err == nil && len(f.docs) > 0 && cap.Valid(f.problems)
	}
	switch {
	case err != nil:
		if len(r.Problems) == 0 {
			r.Problems = []cap.Problem{{Rule: ruleUnreadable, Severity: cap.LevelError, Message: err.Error()}}
		}
		return r, exitUsage
	case !r.OK:
		return r, exitNo
	}
	return r, exitOK
}

func (e *env) printCheck(r checkResult) error {
	if e.json {
		return e.printJSON(r)
	}
	file := oneLine(r.File)
	for _, p := range r.Problems {
		at := file
		if p.Line > 0 {
			at = fmt.Sprintf("%s:%d", file, p.Line)
		}
		severity := string(p.Severity)
		switch p.Severity {
		case cap.LevelError:
			severity = e.paint(sgrRed, severity)
		case cap.LevelWarning:
			severity = e.paint(sgrYellow, severity)
		}
		where := p.Rule
		if p.Path != "" {
			where += " at " + p.Path
		}
		e.printf("%s: %s: %s [%s]\n", at, severity, oneLine(p.Message), oneLine(where))
	}
	if r.OK {
		e.printf("%s: %s\n", file, e.paint(sgrGreen, "valid "+r.Format))
	}
	return nil
}

package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

func checkCommand(e *env) *cli.Command {
	return &cli.Command{
		Name: "check", Usage: "say what is wrong in scenario files, and where",
		Description: "Reads each file, every combination of its sweep and its variants, and the files\n" +
			"that they name: maps, contact logs, warnings; and lays the devices of each out,\n" +
			"up to 20 million together. With --schema it prints the JSON schema of the format,\n" +
			"for editors.\n\nExamples:\n   kreidfeuer-sim check mine.yaml\n   kreidfeuer-sim check --schema >scenario.schema.json",
		ArgsUsage: "SCENARIO...",
		Flags:     []cli.Flag{&cli.BoolFlag{Name: "schema", Usage: "print the JSON schema", DisableDefaultText: true}},
		Action: func(c *cli.Context) error {
			if c.Bool("schema") {
				_, err := e.stdout.Write(scenario.SchemaJSON())
				return err
			}
			if !c.Args().Present() {
				return usagef("check: want at least one scenario")
			}
			bad := false
			for _, name := range c.Args().Slice() {
				src, err := readSource(name)
				if err != nil {
					return err
				}
				problems, untried, err := src.problems(c.Context)
				if err != nil {
					return err
				}
				bad = bad || len(problems) > 0
				if err := e.tellProblems(name, problems); err != nil {
					return err
				}
				if untried > 0 {
					fmt.Fprintf(e.stderr, "%s: %s read, and not laid out: together the others have %d million devices already\n",
						name, plural(untried, "combination"), maxLaid/1_000_000)
				}
			}
			if bad {
				return &failure{code: exitFound, err: errors.New("")}
			}
			return nil
		},
	}
}

// tellProblems prints what was found in one file.
func (e *env) tellProblems(name string, problems []problem) (err error) {
	for _, p := range problems {
		if e.json {
			err = e.encode(p)
		} else {
			_, err = fmt.Fprintf(e.stdout, "%s:%d:%d: %s\n", name, p.Line, p.Column, strings.TrimPrefix(p.Path+": "+p.Message, ": "))
		}
		if err != nil {
			return err
		}
	}
	if len(problems) == 0 && !e.json {
		_, err = fmt.Fprintf(e.stdout, "%s: good\n", name)
	}
	return err
}

// problem is one finding of check.
type problem struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Path    string `json:"path,omitempty"`
	Message string `json:"message"`
}

// problems are what is wrong with a scenario. Untried counts the combinations that
// were not laid out.
func (s *source) problems(ctx context.Context) (list []problem, untried int, err error) {
	var names []string // of its files
	all, found := scenario.Variants(s.text)
	if found == nil {
		if untried, found = s.rehearse(ctx, all, maxLaid); ctx.Err() != nil {
			return nil, 0, ctx.Err()
		}
		names = filesOf(all)
	}
	for _, e := range leaves(found, "") {
		p := problem{File: s.name, Message: e.Error()}
		p.Line, p.Column = s.place(e.Error(), names)
		var at *scenario.Error
		if errors.As(e, &at) {
			p.Line, p.Column, p.Path = at.Line, at.Column, at.Path
			p.Message = strings.TrimSuffix(e.Error(), at.Error()) + at.Message
		}
		list = append(list, p)
	}
	return list, untried, nil
}

// entry is how the engines say which entry of a scenario an error is about.
var entry = regexp.MustCompile(`(?:^|: )(group|link|alert|adversary) ([a-z0-9-]+)[: ]`)

// place is where the scenario names the file that an error is about, or has the entry,
// or its beginning.
func (s *source) place(text string, files []string) (line, column int) {
	longest := 0 // a name may be a part of another
	line, column = 1, 1
	for _, name := range files {
		if at := bytes.Index(s.text, []byte(name)); at >= 0 && len(name) > longest && strings.Contains(text, name) {
			before := s.text[:at]
			line, column = 1+bytes.Count(before, []byte("\n")), at-bytes.LastIndexByte(before, '\n')
			longest = len(name)
		}
	}
	if m := entry.FindStringSubmatch(text); longest == 0 && m != nil {
		if n, err := strconv.Atoi(m[2]); m[1] == "alert" && err == nil {
			m[2] = strconv.Itoa(n - 1) // they are counted from 1 on
		}
		list := map[string]string{"group": "groups", "link": "links", "alert": "alerts", "adversary": "adversaries"}[m[1]]
		return scenario.Locate(s.text, list, m[2])
	}
	return line, column
}

// leaves takes joined errors apart. What was said before them is said of each.
func leaves(err error, before string) (list []error) {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			list = append(list, leaves(e, before)...)
		}
		return list
	}
	if inner := errors.Unwrap(err); inner != nil {
		if _, joined := inner.(interface{ Unwrap() []error }); joined {
			return leaves(inner, before+strings.TrimSuffix(err.Error(), inner.Error()))
		}
	}
	if before != "" {
		err = fmt.Errorf("%s%w", before, err)
	}
	return []error{err}
}

package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

// source is a scenario's text and where its files are.
type source struct {
	name string // as the user wrote it
	text []byte
	dir  string // of its files; empty: of the library, which has none
}

// readSource reads a file, or the scenario of the library with that name.
func readSource(name string) (*source, error) {
	text, err := os.ReadFile(name)
	if err == nil {
		return &source{name, text, filepath.Dir(name)}, nil
	}
	if text, ok := scenario.FromLibrary(name); ok {
		return &source{name: name, text: text}, nil
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &failure{exitUsage, fmt.Errorf("no file and no scenario of the library is called %q", name), "kreidfeuer-sim list shows the library"}
	}
	return nil, err
}

// open reads a file that a scenario names, which lies beside it.
func (s *source) open(name string) ([]byte, error) {
	if s.dir == "" {
		return nil, fmt.Errorf("%s: a scenario of the library has no files", name)
	}
	if !filepath.IsLocal(name) {
		return nil, fmt.Errorf("%s: files lie beside the scenario or below it", name)
	}
	return os.ReadFile(filepath.Join(s.dir, name))
}

// variants are the scenario with settings of the command line: every combination
// of its sweep, or itself alone.
func (s *source) variants(settings []scenario.Setting, every bool) ([]scenario.Variant, error) {
	if every {
		all, err := scenario.Variants(s.text, settings...)
		return all, s.explain(err)
	}
	one, err := scenario.With(s.text, settings)
	return []scenario.Variant{{Settings: settings, Scenario: one}}, s.explain(err)
}

func (s *source) explain(err error) error {
	if err == nil {
		return nil
	}
	return &failure{exitUsage, fmt.Errorf("%s: %w", s.name, err), "kreidfeuer-sim check says more"}
}

// settings reads --set PATH=VALUE.
func settings(c *cli.Context) (list []scenario.Setting, err error) {
	for _, text := range c.StringSlice("set") {
		path, value, ok := strings.Cut(text, "=")
		if !ok {
			return nil, usagef("--set %q: want PATH=VALUE, as in groups.walkers.adoption=20%%", text)
		}
		list = append(list, scenario.Setting{Path: path, Value: value})
	}
	return list, nil
}

func listCommand(e *env) *cli.Command {
	return &cli.Command{
		Name: "list", Usage: "list the scenarios that come with the program",
		Description: "Prints name and title of each; with a NAME its text, to begin one's own with.\n\nExamples:\n   kreidfeuer-sim list\n   kreidfeuer-sim list storm-village >mine.yaml",
		ArgsUsage:   "[NAME]",
		Action: func(c *cli.Context) error {
			if name := c.Args().First(); name != "" {
				text, ok := scenario.FromLibrary(name)
				if !ok {
					return &failure{exitUsage, fmt.Errorf("no scenario of the library is called %q", name), "kreidfeuer-sim list shows the library"}
				}
				_, err := e.stdout.Write(text)
				return err
			}
			for _, name := range scenario.Library() {
				text, _ := scenario.FromLibrary(name)
				s, err := scenario.Parse(text)
				if err != nil {
					return err
				}
				if e.json {
					err = e.encode(map[string]string{"name": name, "title": s.Title, "about": s.About})
				} else {
					_, err = fmt.Fprintf(e.stdout, "%-18s %s\n", name, s.Title)
				}
				if err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func checkCommand(e *env) *cli.Command {
	return &cli.Command{
		Name: "check", Usage: "say what is wrong in scenario files, and where",
		Description: "Reads each file and the files that it names. With --schema it prints the JSON\nschema of the format, for editors.\n\nExamples:\n   kreidfeuer-sim check mine.yaml\n   kreidfeuer-sim check --schema >scenario.schema.json",
		ArgsUsage:   "SCENARIO...",
		Flags:       []cli.Flag{&cli.BoolFlag{Name: "schema", Usage: "print the JSON schema", DisableDefaultText: true}},
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
				problems := src.problems()
				bad = bad || len(problems) > 0
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
					fmt.Fprintf(e.stdout, "%s: good\n", name)
				}
			}
			if bad {
				return &failure{code: exitFound, err: errors.New("")}
			}
			return nil
		},
	}
}

// problem is one finding of check.
type problem struct {
	File    string `json:"file"`
	Line    int    `json:"line"`
	Column  int    `json:"column"`
	Path    string `json:"path,omitempty"`
	Message string `json:"message"`
}

func (s *source) problems() (list []problem) {
	all, err := scenario.Variants(s.text)
	if err != nil {
		for _, e := range leaves(err) {
			p := problem{File: s.name, Line: 1, Column: 1, Message: e.Error()}
			var at *scenario.Error
			if errors.As(e, &at) {
				p.Line, p.Column, p.Path, p.Message = at.Line, at.Column, at.Path, at.Message
			}
			list = append(list, p)
		}
		return list
	}
	for _, name := range all[0].Scenario.Files() {
		if _, err := s.open(name); err != nil {
			list = append(list, problem{File: s.name, Line: 1, Column: 1, Message: err.Error()})
		}
	}
	return list
}

// leaves takes joined errors apart.
func leaves(err error) (list []error) {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, e := range joined.Unwrap() {
			list = append(list, leaves(e)...)
		}
		return list
	}
	if inner := errors.Unwrap(err); inner != nil {
		if _, joined := inner.(interface{ Unwrap() []error }); joined {
			return leaves(inner)
		}
	}
	return []error{err}
}

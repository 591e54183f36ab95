package main

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/sim/model"
	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

func checkCommand(e *env) *cli.Command {
	return &cli.Command{
		Name: "check", Usage: "say what is wrong in scenario files, and where",
		Description: "Reads each file, every combination of its sweep and its variants, and the files\n" +
			"that it names: maps, contact logs, warnings. With --schema it prints the JSON\n" +
			"schema of the format, for editors.\n\nExamples:\n   kreidfeuer-sim check mine.yaml\n   kreidfeuer-sim check --schema >scenario.schema.json",
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
				problems := src.problems()
				bad = bad || len(problems) > 0
				if err := e.tellProblems(name, problems); err != nil {
					return err
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

func (s *source) problems() (list []problem) {
	all, err := scenario.Variants(s.text)
	if err == nil {
		err = s.stage(all[0].Scenario)
	}
	for _, e := range leaves(err, "") {
		p := problem{File: s.name, Message: e.Error()}
		p.Line, p.Column = s.place(e.Error(), all)
		var at *scenario.Error
		if errors.As(e, &at) {
			p.Line, p.Column, p.Path = at.Line, at.Column, at.Path
			p.Message = strings.TrimSuffix(e.Error(), at.Error()) + at.Message
		}
		list = append(list, p)
	}
	return list
}

// place is where the scenario names the file that an error is about, or its beginning.
func (s *source) place(text string, all []scenario.Variant) (line, column int) {
	if len(all) > 0 {
		for _, name := range all[0].Scenario.Files() {
			if at := bytes.Index(s.text, []byte(name)); at >= 0 && strings.Contains(text, name) {
				before := s.text[:at]
				return 1 + bytes.Count(before, []byte("\n")), at - bytes.LastIndexByte(before, '\n')
			}
		}
	}
	return 1, 1
}

// stage reads the files of a scenario and lays its devices out, as playing it does.
func (s *source) stage(sc *scenario.Scenario) error {
	devices := 0.0
	for _, g := range sc.Groups {
		devices += float64(g.Count) * float64(*g.Adoption)
	}
	if devices > model.MaxDevices {
		return fmt.Errorf("%.0f devices, at most %d", devices, model.MaxDevices)
	}
	var missing []error
	for _, name := range sc.Files() {
		if _, err := s.open(name); err != nil {
			missing = append(missing, err)
		}
	}
	if len(missing) > 0 {
		return errors.Join(missing...)
	}
	_, err := model.NewStage(model.Config{Scenario: sc, Seed: sc.Seeds[0], Open: s.open})
	return err
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

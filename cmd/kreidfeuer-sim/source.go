package main

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
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
	info, err := os.Stat(name)
	if err == nil && !info.IsDir() {
		text, err := os.ReadFile(name)
		return &source{name, text, filepath.Dir(name)}, err
	}
	if text, ok := scenario.FromLibrary(name); ok {
		return &source{name: name, text: text}, nil
	}
	if err == nil {
		return nil, usagef("%s is a folder, want a scenario's file", name)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil, &failure{exitUsage, fmt.Errorf("no file and no scenario of the library is called %q%s", name, scenario.Suggest(name, scenario.Library())),
			"kreidfeuer-sim list shows the library"}
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

// edition stands for a scenario's text and all files that it names: as it stands, in
// its variants, in its sweep, and in what is played, which may have settings. So run,
// sweep and each of its shards say the same, and a report puts them together.
func (s *source) edition(played []scenario.Variant) (string, error) {
	needed := map[string]bool{} // by all that are named
	if base, err := scenario.Parse(s.text); err == nil {
		all, _ := scenario.Variants(s.text) // a wrong one is for sweep to refuse, not for run
		for _, name := range filesOf(append(all, scenario.Variant{Scenario: base})) {
			needed[name] = false
		}
	}
	for _, name := range filesOf(played) {
		needed[name] = true
	}
	h := sha256.New()
	fmt.Fprintf(h, "%d\n%s", len(s.text), s.text)
	for _, name := range slices.Sorted(maps.Keys(needed)) {
		text, err := s.open(name)
		switch {
		case err == nil:
			fmt.Fprintf(h, "%q %d\n%s", name, len(text), text)
		case needed[name]:
			return "", usagef("%s: %w", s.name, err)
		default:
			fmt.Fprintf(h, "%q cannot be read\n", name)
		}
	}
	return fmt.Sprintf("%x", h.Sum(nil)[:6]), nil
}

// variants are the scenario with settings of the command line: all that it asks to
// play, or itself alone.
func (s *source) variants(settings []scenario.Setting, every bool) (all []scenario.Variant, err error) {
	if every {
		all, err = scenario.Variants(s.text, settings...)
	} else {
		all = make([]scenario.Variant, 1)
		all[0], err = scenario.One(s.text, settings)
	}
	if err == nil {
		return all, nil
	}
	hint := ""
	if _, bad := scenario.Parse(s.text); bad != nil {
		hint = "kreidfeuer-sim check says more"
	}
	return nil, &failure{exitUsage, fmt.Errorf("%s: %w", s.name, err), hint}
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
		Description: "Prints name and title of each; with a NAME its text, to begin one's own with.\n\nExamples:\n   kreidfeuer-sim list\n   kreidfeuer-sim list district-flood >mine.yaml",
		ArgsUsage:   "[NAME]",
		Action: func(c *cli.Context) error {
			if name := c.Args().First(); name != "" {
				text, ok := scenario.FromLibrary(name)
				if !ok {
					return &failure{exitUsage, fmt.Errorf("no scenario of the library is called %q%s", name, scenario.Suggest(name, scenario.Library())),
						"kreidfeuer-sim list shows the library"}
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

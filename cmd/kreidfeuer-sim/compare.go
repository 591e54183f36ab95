package main

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/sim/report"
	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

func compareCommand(e *env) *cli.Command {
	return &cli.Command{
		Name: "compare", Usage: "say how results in two folders differ", ArgsUsage: "A B",
		Description: "Compares the means over the seeds of what both folders hold of the same scenario,\n" +
			"variant and engine, and says whether a difference is more than chance: whether\n" +
			"all seeds of one side lie on one side of all seeds of the other. What only one\n" +
			"folder holds is named, and of the marks only those that both have are compared.\n" +
			"With --engines it compares real devices (A) with the model (B) in one folder.\n\n" +
			"Examples:\n   kreidfeuer-sim compare before after\n   kreidfeuer-sim compare --engines results",
		Flags: []cli.Flag{&cli.BoolFlag{Name: "engines", Usage: "compare real with model in one folder", DisableDefaultText: true}},
		Action: func(c *cli.Context) error {
			a, b, err := e.sides(c)
			if err != nil {
				return err
			}
			names := [2]string{"A", "B"}
			if c.Bool("engines") {
				names = [2]string{"real", "model"}
			}
			if err := errors.Join(e.lonely(a, b, names[0]), e.lonely(b, a, names[1])); err != nil {
				return err
			}
			differ, matched := false, 0
			for _, name := range slices.Sorted(maps.Keys(a)) {
				right, both := b[name]
				if !both {
					continue
				}
				matched++
				d, err := e.difference(name, names, report.Series{Results: a[name]}, report.Series{Results: right})
				if err != nil {
					return err
				}
				differ = differ || d
			}
			if matched == 0 {
				return usagef("compare: the two have no scenario and variant in common")
			}
			if differ {
				return &failure{code: exitFound, err: errors.New("")}
			}
			return nil
		},
	}
}

// lonely names what only one side holds.
func (e *env) lonely(side, other map[string][]*scenario.Result, name string) error {
	for _, run := range slices.Sorted(maps.Keys(side)) {
		if _, both := other[run]; !both {
			if _, err := fmt.Fprintf(e.stderr, "only in %s: %s\n", name, run); err != nil {
				return err
			}
		}
	}
	return nil
}

// sides are the two sides of a comparison: results by scenario and variant.
func (e *env) sides(c *cli.Context) (a, b map[string][]*scenario.Result, err error) {
	want := 2
	if c.Bool("engines") {
		want = 1
	}
	if c.Args().Len() != want {
		return nil, nil, usagef("compare: want %s", plural(want, "folder"))
	}
	read := func(dir string) []*scenario.Result {
		list, damaged, failed := readResults([]string{dir})
		for _, d := range damaged {
			fmt.Fprintf(e.stderr, "left out: %v\n", d)
		}
		err = errors.Join(err, failed)
		return list
	}
	left := read(c.Args().First())
	right := left
	if want == 2 {
		right = read(c.Args().Get(1))
	}
	if err != nil {
		return nil, nil, err
	}
	mixed := map[string]bool{}
	defer func() {
		for _, name := range slices.Sorted(maps.Keys(mixed)) {
			fmt.Fprintf(e.stderr, "%s: one folder holds several editions of the scenario, or results of several versions; the mean is of all\n", name)
		}
	}()
	group := func(list []*scenario.Result, engine string) map[string][]*scenario.Result {
		m := map[string][]*scenario.Result{}
		for _, r := range list {
			if engine != "" && r.Engine != engine {
				continue
			}
			name := strings.TrimSpace(r.Scenario + " " + r.Variant)
			if engine == "" {
				name += " " + r.Engine
			}
			if first := m[name]; len(first) > 0 && (first[0].Edition != r.Edition || first[0].Program != r.Program) {
				mixed[name] = true
			}
			m[name] = append(m[name], r)
		}
		return m
	}
	if want == 1 {
		return group(left, "real"), group(left, "model"), nil
	}
	return group(left, ""), group(right, ""), nil
}

// quantity is one number that is compared.
type quantity struct {
	what string
	of   func(*scenario.Result) float64
	say  func(float64) string
}

// quantities are those that all of some results tell.
func quantities(results []*scenario.Result) (list []quantity) {
	for _, m := range report.Marks(results) {
		if slices.ContainsFunc(results, func(r *scenario.Result) bool { return !slices.Contains(r.Marks, m) }) {
			continue
		}
		list = append(list, quantity{"reached after " + age(m), func(r *scenario.Result) float64 {
			return report.Sum(r).AtMarks[slices.Index(r.Marks, m)]
		}, func(v float64) string { return fmt.Sprintf("%.1f%%", 100*v) }})
	}
	return append(list,
		quantity{"half after", func(r *scenario.Result) float64 { return report.Sum(r).P50 }, age},
		quantity{"99 % after", func(r *scenario.Result) float64 { return report.Sum(r).P99 }, age},
		quantity{"copies", func(r *scenario.Result) float64 { return r.Traffic.PerCopy }, func(v float64) string { return fmt.Sprintf("%.2f", v) }},
		quantity{"kB each", func(r *scenario.Result) float64 { return r.Traffic.PerDevice[0] / 1000 }, func(v float64) string { return fmt.Sprintf("%.1f", v) }})
}

// difference prints how two sides differ, and whether they do beyond rounding.
func (e *env) difference(name string, sides [2]string, a, b report.Series) (differ bool, err error) {
	if !e.json {
		fmt.Fprintf(e.stdout, "%s (%s and %s)\n  %-20s %10s %10s %10s\n", name, plural(len(a.Results), "seed"), plural(len(b.Results), "seed"), "", sides[0], sides[1], "change")
	}
	for _, q := range quantities(slices.Concat(a.Results, b.Results)) {
		x, y := a.Over(q.of), b.Over(q.of)
		same := math.Abs(x.Mean-y.Mean) <= 1e-9*math.Max(math.Abs(x.Mean), 1)
		differ = differ || !same
		chance := x.Low <= y.High && y.Low <= x.High
		if e.json {
			row := map[string]any{"run": name, "what": q.what, "a": given(x), "b": given(y), "within_chance": chance}
			if err = e.encode(row); err != nil {
				return differ, err
			}
			continue
		}
		note := ""
		switch {
		case same:
		case chance && len(a.Results)+len(b.Results) > 2:
			note = "  within chance"
		}
		if _, err = fmt.Fprintf(e.stdout, "  %-20s %10s %10s %10s%s\n", q.what, mean(x, q.say), mean(y, q.say), changed(q.what, x, y), note); err != nil {
			return differ, err
		}
	}
	return differ, nil
}

// given is a mean for a program; nil: it was not reached in every seed.
func given(b report.Band) any {
	if b.Low < 0 {
		return nil
	}
	return b.Mean
}

func mean(b report.Band, say func(float64) string) string {
	switch {
	case b.High < 0:
		return "never"
	case b.Low < 0:
		return "not always"
	}
	return say(b.Mean)
}

// changed is by how much two means differ: shares in points, others in percent.
func changed(what string, a, b report.Band) string {
	switch {
	case a.Low < 0 || b.Low < 0:
		return ""
	case strings.HasPrefix(what, "reached"):
		return fmt.Sprintf("%+.1f points", 100*(b.Mean-a.Mean))
	case a.Mean == 0:
		return ""
	}
	return fmt.Sprintf("%+.1f %%", 100*(b.Mean/a.Mean-1))
}

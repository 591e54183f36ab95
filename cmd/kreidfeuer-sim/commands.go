package main

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/sim/report"
	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

func runCommand(e *env) *cli.Command {
	return &cli.Command{
		Name: "run", Usage: "play a scenario with its seeds", ArgsUsage: "SCENARIO",
		Description: "SCENARIO is a file, or a name of the library. Its sweep is left out. The result\n" +
			"of each seed is told as it comes, and their mean at the end.\n\n" +
			"Examples:\n   kreidfeuer-sim run storm-village\n   kreidfeuer-sim run city-blackout --seeds 3 --set groups.walkers.adoption=20%\n" +
			"   kreidfeuer-sim run situation-centre --engine real",
		Flags:  playFlags(),
		Action: func(c *cli.Context) error { return e.playAll(c, false) },
	}
}

func sweepCommand(e *env) *cli.Command {
	return &cli.Command{
		Name: "sweep", Usage: "play every combination of a scenario's sweep", ArgsUsage: "SCENARIO",
		Description: "What is in --out already is not played again, so an interrupted sweep goes on,\n" +
			"and parts that were played elsewhere only have to be copied together:\n\n" +
			"   GNU parallel:   parallel kreidfeuer-sim sweep S --out R --jobs 1 --shard {}/8 ::: $(seq 8)\n" +
			"   Slurm:          sbatch --array=1-8 --wrap 'kreidfeuer-sim sweep S --out R --shard $SLURM_ARRAY_TASK_ID/8'\n" +
			"   Kubernetes:     an Indexed Job of 8 completions with\n" +
			"                   sh -c 'kreidfeuer-sim sweep S --out R --shard $((JOB_COMPLETION_INDEX+1))/8'\n\n" +
			"Examples:\n   kreidfeuer-sim sweep storm-village --out results\n   kreidfeuer-sim report results -o report.html",
		Flags:  playFlags(),
		Action: func(c *cli.Context) error { return e.playAll(c, true) },
	}
}

func (e *env) playAll(c *cli.Context, every bool) error {
	b, err := newBatch(e, c, every)
	if err != nil {
		return err
	}
	e.heading(b)
	return b.play(c.Context, e.tell)
}

func (e *env) heading(b *batch) {
	if e.json || len(b.jobs) == 0 {
		return
	}
	s := b.jobs[0].variant.Scenario
	fmt.Fprintf(e.stdout, "%s: %s\n\n", s.Name, s.Title)
	fmt.Fprintf(e.stdout, "%-34s %10s", "run", "devices")
	for _, m := range s.Marks {
		fmt.Fprintf(e.stdout, " %9s", "after "+short(time.Duration(m)))
	}
	fmt.Fprintf(e.stdout, " %9s %9s %9s %8s\n", "half", "99 %", "copies", "kB each")
}

// tell prints one result.
func (e *env) tell(r *scenario.Result) error {
	if e.json {
		return e.encode(r)
	}
	v := scenario.Variant{Settings: r.Settings}
	line := fmt.Sprintf("%-34s %10d", strings.TrimSpace(fmt.Sprintf("%s %s seed %d", r.Engine, v.Name(), r.Seed)), r.Devices)
	sum := report.Sum(r)
	for _, share := range sum.AtMarks {
		line += fmt.Sprintf(" %8.1f%%", 100*share)
	}
	line += fmt.Sprintf(" %9s %9s %9.2f %8.1f", age(sum.P50), age(sum.P99), r.Traffic.PerCopy, r.Traffic.PerDevice[0]/1000)
	_, err := fmt.Fprintln(e.stdout, line)
	return err
}

func age(seconds float64) string {
	if seconds < 0 {
		return "never"
	}
	return short(time.Duration(seconds * float64(time.Second)))
}

// short writes a duration in a few letters.
func short(d time.Duration) string {
	switch {
	case d >= time.Hour && d%time.Hour == 0:
		return fmt.Sprintf("%dh", d/time.Hour)
	case d >= time.Minute && d%time.Minute == 0:
		return fmt.Sprintf("%dm", d/time.Minute)
	case d >= time.Hour:
		return d.Round(time.Minute).String()
	case d >= time.Second:
		return d.Round(time.Second / 10).String()
	}
	return d.Round(time.Millisecond).String()
}

func reportCommand(e *env) *cli.Command {
	return &cli.Command{
		Name: "report", Usage: "make one page with pictures of results", ArgsUsage: "DIR...",
		Description: "Reads the results in each folder and those below it. The page needs nothing\nelse: it can be mailed, or read without a network.\n\nExamples:\n   kreidfeuer-sim report results -o report.html",
		Flags:       []cli.Flag{&cli.StringFlag{Name: "o", Usage: "write the page to `FILE`", Value: "report.html"}},
		Action: func(c *cli.Context) error {
			results, err := readResults(c.Args().Slice())
			if err != nil {
				return err
			}
			studies := report.Collect(results, func(name string) string {
				text, _ := scenario.FromLibrary(name)
				if s, err := scenario.Parse(text); err == nil {
					return s.About
				}
				return ""
			})
			f, err := os.Create(c.String("o"))
			if err != nil {
				return err
			}
			if err := errors.Join(report.Write(f, studies), f.Close()); err != nil {
				return err
			}
			if e.json {
				return e.encode(map[string]any{"file": c.String("o"), "results": len(results)})
			}
			_, err = fmt.Fprintf(e.stdout, "%d results of %d scenarios: %s\n", len(results), len(studies), c.String("o"))
			return err
		},
	}
}

// readResults reads every result below some folders.
func readResults(dirs []string) (all []*scenario.Result, err error) {
	if len(dirs) == 0 {
		return nil, usagef("want at least one folder with results; run and sweep fill one with --out DIR")
	}
	for _, dir := range dirs {
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || filepath.Ext(path) != ".json" || strings.HasPrefix(d.Name(), ".") {
				return err
			}
			r, err := readResult(path)
			if err == nil {
				all = append(all, r)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	if len(all) == 0 {
		return nil, usagef("no results in %s", strings.Join(dirs, ", "))
	}
	return all, nil
}

func compareCommand(e *env) *cli.Command {
	return &cli.Command{
		Name: "compare", Usage: "say how results in two folders differ", ArgsUsage: "A B",
		Description: "Compares the mean over the seeds of what both folders hold of the same scenario\nand variant. Two engines of one folder are compared with --engines.\n\nExamples:\n   kreidfeuer-sim compare before after\n   kreidfeuer-sim compare --engines results",
		Flags:       []cli.Flag{&cli.BoolFlag{Name: "engines", Usage: "compare real with model in one folder", DisableDefaultText: true}},
		Action: func(c *cli.Context) error {
			a, b, err := sides(c)
			if err != nil {
				return err
			}
			differ, matched := false, 0
			for _, name := range slices.Sorted(maps.Keys(a)) {
				if right, both := b[name]; both {
					matched++
					differ = e.difference(name, a[name], right) || differ
				}
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

// sides are the two sides of a comparison: results by scenario and variant.
func sides(c *cli.Context) (a, b map[string][]*scenario.Result, err error) {
	want := 2
	if c.Bool("engines") {
		want = 1
	}
	if c.Args().Len() != want {
		return nil, nil, usagef("compare: want %d folder(s)", want)
	}
	left, err := readResults(c.Args().Slice()[:1])
	if err != nil {
		return nil, nil, err
	}
	right := left
	if want == 2 {
		if right, err = readResults(c.Args().Slice()[1:]); err != nil {
			return nil, nil, err
		}
	}
	group := func(list []*scenario.Result, engine string) map[string][]*scenario.Result {
		m := map[string][]*scenario.Result{}
		for _, r := range list {
			if engine != "" && r.Engine != engine {
				continue
			}
			v := scenario.Variant{Settings: r.Settings}
			name := strings.TrimSpace(r.Scenario + " " + v.Name())
			if engine == "" {
				name += " " + r.Engine
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

// difference prints how two sides differ, and whether they do beyond rounding.
func (e *env) difference(name string, a, b []*scenario.Result) bool {
	rows := []struct {
		what string
		of   func(*scenario.Result) float64
	}{
		{"p50 s", func(r *scenario.Result) float64 { return report.Sum(r).P50 }},
		{"p99 s", func(r *scenario.Result) float64 { return report.Sum(r).P99 }},
		{"copies", func(r *scenario.Result) float64 { return r.Traffic.PerCopy }},
		{"bytes each", func(r *scenario.Result) float64 { return r.Traffic.PerDevice[0] }},
	}
	for i, m := range a[0].Marks {
		rows = slices.Insert(rows, i, struct {
			what string
			of   func(*scenario.Result) float64
		}{"share after " + age(m), func(r *scenario.Result) float64 {
			if s := report.Sum(r).AtMarks; i < len(s) {
				return s[i]
			}
			return -1
		}})
	}
	differ := false
	for _, row := range rows {
		x, y := mean(a, row.of), mean(b, row.of)
		differ = differ || math.Abs(x-y) > 1e-9*cmp.Or(math.Abs(x), 1)
		if e.json {
			_ = e.encode(map[string]any{"run": name, "what": row.what, "a": x, "b": y})
			continue
		}
		change := ""
		if x != 0 {
			change = fmt.Sprintf("%+.1f %%", 100*(y/x-1))
		}
		fmt.Fprintf(e.stdout, "%-40s %-18s %12.4g %12.4g %10s\n", name, row.what, x, y, change)
	}
	return differ
}

func mean(list []*scenario.Result, of func(*scenario.Result) float64) (sum float64) {
	for _, r := range list {
		sum += of(r) / float64(len(list))
	}
	return sum
}

package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/sim/report"
	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

func runCommand(e *env) *cli.Command {
	return &cli.Command{
		Name: "run", Usage: "play a scenario with its seeds", ArgsUsage: "SCENARIO",
		Description: "SCENARIO is a file, or a name of the library. Its sweep and its variants are left\n" +
			"out. Tells of each seed what share has the warning at some ages, when half and\n" +
			"99 % have it, how many copies arrive for one that is needed and what a device\n" +
			"sends; at the end the mean over the seeds, also by group.\n\n" +
			"Examples:\n   kreidfeuer-sim run district-flood\n   kreidfeuer-sim run city-blackout --seeds 3 --set 'groups.*.adoption=20%'\n" +
			"   kreidfeuer-sim run situation-centre --engine real\n" +
			"   kreidfeuer-sim run storm-village --json | jq -c '[.seed, .alerts[0].at_marks]'",
		Flags:  playFlags(),
		Action: func(c *cli.Context) error { return e.playAll(c, false) },
	}
}

func sweepCommand(e *env) *cli.Command {
	return &cli.Command{
		Name: "sweep", Usage: "play a scenario, its variants, and every combination of its sweep", ArgsUsage: "SCENARIO",
		Description: "What is in --out already is not played again, so an interrupted sweep goes on,\n" +
			"and parts that were played elsewhere only have to be copied together:\n\n" +
			"   GNU parallel:   parallel kreidfeuer-sim sweep S --out R --jobs 1 --shard {}/8 ::: $(seq 8)\n" +
			"   Slurm:          sbatch --array=1-8 --wrap 'kreidfeuer-sim sweep S --out R --jobs 1 --shard $SLURM_ARRAY_TASK_ID/8'\n" +
			"   Kubernetes:     an Indexed Job of 8 completions with\n" +
			"                   sh -c 'kreidfeuer-sim sweep S --out R --shard $((JOB_COMPLETION_INDEX+1))/8'\n\n" +
			"Examples:\n   kreidfeuer-sim sweep district-flood --out results\n   kreidfeuer-sim report results -o report.html",
		Flags:  playFlags(),
		Action: func(c *cli.Context) error { return e.playAll(c, true) },
	}
}

func (e *env) playAll(c *cli.Context, every bool) error {
	b, err := newBatch(e, c, every)
	if err != nil {
		return err
	}
	e.keeps = b.out != ""
	t := &table{env: e, b: b, every: every}
	err = b.play(c.Context, t.tell)
	if err == nil {
		err = t.sum()
	}
	return err
}

// table prints the results of a batch.
type table struct {
	*env
	b     *batch
	every bool      // variants and sweep too
	width int       // of the first column
	ages  []float64 // of the columns with shares: the marks of all jobs, in seconds
	all   []*scenario.Result
}

// tell prints one result.
func (t *table) tell(j *job, r *scenario.Result) error {
	if t.json {
		return t.encode(r)
	}
	if len(t.all) == 0 {
		t.heading(j)
	}
	t.all = append(t.all, lean(r))
	sum := report.Sum(r)
	line := fmt.Sprintf("%s %9d", pad(j.title(), t.width), r.Devices)
	line += t.shares(r.Marks, sum.AtMarks) + fmt.Sprintf(" %9s %9s %8.2f %9.0f", age(sum.P50), age(sum.P99), r.Traffic.PerCopy, r.Traffic.PerDevice[0]/1000)
	_, err := fmt.Fprintln(t.stdout, line)
	return err
}

// lean is what the means need of a result, so that thousands fit into memory.
func lean(r *scenario.Result) *scenario.Result {
	small := *r
	small.Frames, small.Incidents, small.Alerts = nil, nil, slices.Clone(r.Alerts)
	for i := range small.Alerts {
		small.Alerts[i].Ages, small.Alerts[i].Curve = nil, nil
	}
	return &small
}

func (t *table) heading(j *job) {
	for _, j := range t.b.jobs {
		t.width = max(t.width, utf8.RuneCountInString(j.title()), len("mean of 10 seeds"))
		for _, m := range j.variant.Scenario.Marks {
			t.ages = append(t.ages, time.Duration(m).Seconds())
		}
	}
	slices.Sort(t.ages)
	t.ages = slices.Compact(t.ages)
	s := j.variant.Scenario
	fmt.Fprintf(t.stdout, "%s: %s\n\n%s %9s", s.Name, s.Title, pad(map[string]string{"model": "by the model", "real": "real devices"}[j.engine], t.width), "devices")
	t.marks()
	fmt.Fprintf(t.stdout, " %9s %9s %8s %9s\n", "half", "99 %", "copies", "kB each")
}

func (t *table) marks() {
	for _, m := range t.ages {
		fmt.Fprintf(t.stdout, " %11s", "after "+age(m))
	}
}

// sum prints the means over the seeds, and of a single variant those of its groups.
func (t *table) sum() error {
	if t.json {
		return nil
	}
	if len(t.b.jobs) == 0 {
		_, err := fmt.Fprintln(t.stdout, "no runs: there are fewer than parts")
		return err
	}
	studies := report.Collect(t.all)
	series := studies[0].Series
	if len(t.all) > len(series) {
		fmt.Fprintf(t.stdout, "\n%s %9s", pad("mean over the seeds", t.width), "seeds")
		t.marks()
		fmt.Fprintln(t.stdout)
		for _, s := range series {
			fmt.Fprintf(t.stdout, "%s %9d", pad(s.Label, t.width), len(s.Results))
			fmt.Fprintln(t.stdout, t.shares(s.Results[0].Marks, means(s.AtMarks())))
		}
	}
	if len(series) == 1 {
		if groups := series[0].Parts(report.ByGroup); len(groups) > 1 {
			t.groups(groups, series[0].Results[0].Marks)
		}
	}
	if first := t.b.jobs[0]; !t.every && len(first.variant.Scenario.Variants)+len(first.variant.Scenario.Sweep) > 0 {
		fmt.Fprintf(t.stdout, "\nwhat would change it: kreidfeuer-sim sweep %s --out results\n", first.src.name)
	}
	if t.b.out != "" {
		fmt.Fprintf(t.stdout, "\nkept in %s: kreidfeuer-sim report %s makes one page with pictures\n", t.b.out, t.b.out)
	}
	return nil
}

// groups prints the shares of those whom the warnings concern.
func (t *table) groups(groups []report.Part, marks []float64) {
	fmt.Fprintf(t.stdout, "\n%s %9s\n", pad("by group", t.width), "devices")
	spared := false
	for _, g := range groups {
		fmt.Fprintf(t.stdout, "%s %9d%s\n", pad(g.Name, t.width), g.Devices, t.shares(marks, means(g.AtMarks)))
		spared = spared || g.AtMarks == nil
	}
	if spared {
		fmt.Fprintf(t.stdout, "%s: no warning concerns them\n", unasked)
	}
}

// unasked stands where there is no share to tell.
const unasked = "–"

// shares are shares at some marks, in the table's columns.
func (t *table) shares(marks, at []float64) (line string) {
	var text []string
	for _, share := range at {
		text = append(text, fmt.Sprintf("%.1f%%", 100*share))
	}
	for _, cell := range report.At(t.ages, marks, text, unasked) {
		line += fmt.Sprintf(" %11s", cell)
	}
	return line
}

func means(list []report.Band) (shares []float64) {
	for _, b := range list {
		shares = append(shares, b.Mean)
	}
	return shares
}

// pad fills a text up to a width in letters.
func pad(text string, width int) string {
	return text + strings.Repeat(" ", max(0, width-utf8.RuneCountInString(text)))
}

func age(seconds float64) string {
	if seconds < 0 {
		return "never"
	}
	return short(time.Duration(seconds * float64(time.Second)))
}

// short writes a duration in a few letters.
func short(d time.Duration) string {
	trim := func(text string) string {
		return cmp.Or(strings.TrimSuffix(strings.TrimSuffix(strings.Replace(text, "m0s", "m", 1), "h0m"), " "), "0s")
	}
	switch {
	case d >= time.Hour:
		text := trim(d.Round(time.Minute).String())
		if !strings.HasSuffix(text, "m") {
			text += "h"
		}
		return text
	case d >= 10*time.Minute:
		return trim(d.Round(time.Minute).String())
	case d >= time.Minute:
		return trim(d.Round(time.Second).String())
	case d >= time.Second:
		return d.Round(time.Second / 10).String()
	}
	return d.Round(time.Millisecond).String()
}

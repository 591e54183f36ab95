package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

// short says in a few sentences what a study found.
func short(s *Study) (lines []string) {
	base := &s.Series[0]
	first := base.Results[0]
	concerned := base.Over(func(r *scenario.Result) float64 {
		most := 0
		for _, a := range warnings(r) {
			most = max(most, a.Concerned)
		}
		return float64(most)
	})
	if concerned.High == 0 {
		return []string{"No warning concerns anybody."}
	}
	subject := fmt.Sprintf("Of %s devices that the warning concerns", count(concerned.Mean))
	if n := len(warnings(first)); n > 1 {
		subject = fmt.Sprintf("Of %s devices that the %d alerts concern, on the average", count(concerned.Mean), n)
	}
	lines = append(lines, fmt.Sprintf("%s, %s, and %s at the end%s.", subject, shares(first.Marks, base.AtMarks()), about(base.Over(atEnd)), overSeeds(base)))
	if places := base.Parts(ByPlace); len(places) > 1 && len(places) <= 6 {
		for _, p := range places {
			if p.AtMarks == nil {
				continue
			}
			lines = append(lines, fmt.Sprintf("In %s: %s.", p.Name, shares(first.Marks, p.AtMarks)))
		}
	}
	if base.Variant != "" {
		lines[0] = "With " + base.Variant + ": o" + lines[0][1:]
	}
	return lines
}

// shares says "52 % have it after 5 min, 60 % after 15 min".
func shares(marks []float64, at []Band) string {
	var parts []string
	for i, b := range at {
		has := ""
		if i == 0 {
			has = " have it"
		}
		parts = append(parts, fmt.Sprintf("%s%s after %s", about(b), has, span(marks[i])))
	}
	return strings.Join(parts, ", ")
}

func overSeeds(s *Series) string {
	if len(s.Results) == 1 {
		return " (one seed: chance may have a large part in it)"
	}
	return fmt.Sprintf(" (in the mean of %d seeds)", len(s.Results))
}

// about is a share with as many digits as people can use.
func about(b Band) string {
	p := 100 * b.Mean
	if p >= 99.95 && p < 100 {
		return "nearly 100 %"
	}
	if p > 0 && p < 10 || p > 99 && p < 100 {
		return fmt.Sprintf("%.1f %%", p)
	}
	return fmt.Sprintf("%.0f %%", p)
}

// change is what a variant changes against the first series of its engine.
type change struct {
	Label  string
	Marks  []string // the share, and how many points it gains
	Times  []string // until half, and 90 of 100, have it
	Clear  string
	weight float64
}

// changes are the variants by what they change, the most helpful first, the series with
// which they are compared, and those that are not, since they tell of other ages.
func changes(s *Study) (list []change, base string, unlike []string) {
	ref := &s.Series[0]
	for i := range s.Series[1:] {
		switch t := &s.Series[1+i]; {
		case t.Engine != ref.Engine:
		case !slices.Equal(t.Results[0].Marks, ref.Results[0].Marks):
			unlike = append(unlike, t.Label)
		default:
			list = append(list, changed(ref, t))
		}
	}
	slices.SortStableFunc(list, func(a, b change) int { return cmp.Compare(b.weight, a.weight) })
	return list, ref.Label, unlike
}

// changed says what one series changes against another.
func changed(ref, t *Series) change {
	c, clear := change{Label: t.Label, Clear: "no"}, false
	was := ref.AtMarks()
	for k, b := range t.AtMarks() {
		points := 100 * (b.Mean - was[k].Mean)
		c.Marks = append(c.Marks, fmt.Sprintf("%s (%+.1f)", about(b), points))
		c.weight += points
		clear = clear || b.apart(was[k])
	}
	for _, of := range quantiles[:2] {
		value := func(r *scenario.Result) float64 { return quantile(r, of) }
		then, now := ref.Over(value), t.Over(value)
		c.Times = append(c.Times, times(now))
		if then.Low > 0 && now.Low >= 0 {
			c.weight += 0.01 * (1 - now.Mean/then.Mean) // where shares are alike
			clear = clear || now.apart(then)
		}
	}
	switch {
	case c.weight == 0:
		c.Clear = "nothing changes"
	case len(t.Results) == 1 || len(ref.Results) == 1:
		c.Clear = "one seed: unknown"
	case clear:
		c.Clear = "yes"
	}
	return c
}

// agreement is how well model and real devices agree on a variant.
type agreement struct {
	Label string
	Rows  []agreed
	Apart string // largest distance of the two curves
	model *Series
	real  *Series
}

type agreed struct{ What, Model, Real, Change string }

// agreements are the variants that both engines have played.
func agreements(s *Study) (list []agreement) {
	for i := range s.Series {
		for j := range s.Series {
			if m, r := &s.Series[i], &s.Series[j]; m.Variant == r.Variant && m.Engine == "model" && r.Engine == "real" {
				list = append(list, agree(m, r))
			}
		}
	}
	return list
}

func agree(m, r *Series) agreement {
	a := agreement{Label: cmp.Or(m.Variant, asItStands), model: m, real: r}
	row := func(what string, of func(*scenario.Result) float64, say func(Band) string) {
		x, y, change := m.Over(of), r.Over(of), ""
		if x.Low >= 0 && y.Low > 0 {
			change = fmt.Sprintf("%+.1f %%", 100*(x.Mean/y.Mean-1))
		}
		a.Rows = append(a.Rows, agreed{what, say(x), say(y), change})
	}
	for i, mark := range m.Results[0].Marks {
		row("reached after "+span(mark), func(r *scenario.Result) float64 { return coverage(r, i) }, percent)
	}
	for i, name := range []string{"half have it after", "90 % have it after", "99 % have it after"} {
		row(name, func(r *scenario.Result) float64 { return quantile(r, quantiles[i]) }, times)
	}
	row("copies per delivery", func(r *scenario.Result) float64 { return r.Traffic.PerCopy }, func(b Band) string { return fmt.Sprintf("%.2f", b.Mean) })
	row("sent by a device", func(r *scenario.Result) float64 { return r.Traffic.PerDevice[0] }, func(b Band) string { return volume(b.Mean) })
	apart, low, high := 0.0, 0.001, math.Min(oldest(m.Results), oldest(r.Results))
	for k := range 400 {
		age := low * math.Pow(high/low, float64(k)/399)
		of := func(r *scenario.Result) float64 { return curve(r, age) }
		apart = math.Max(apart, math.Abs(m.Over(of).Mean-r.Over(of).Mean))
	}
	a.Apart = fmt.Sprintf("%.3f", apart)
	return a
}

// oldest is the highest age that a curve tells of.
func oldest(results []*scenario.Result) float64 {
	most := 1.0
	for _, r := range results {
		for _, a := range warnings(r) {
			most = math.Max(most, a.Ages[len(a.Ages)-1])
		}
	}
	return most
}

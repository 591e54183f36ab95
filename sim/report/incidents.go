package report

import (
	"fmt"
	"html/template"
	"slices"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"

	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

// incidentView is who knows of the latest state of an alert that was followed up.
type incidentView struct {
	Picture template.HTML
	Keys    []row
	Changes []changeRow
}

// changeRow is one update, end or second signature in one series.
type changeRow struct {
	Label, What, Outdated string
	Marks, Times          []string
}

// incidents are those of a study: pictures of the first series, numbers of all.
func incidents(s *Study) (list []incidentView, err error) {
	marks := Marks(s.results())
	for k := range s.Series[0].Results[0].Incidents {
		var v incidentView
		if v.Picture, err = incidentChart(&s.Series[0], k); err != nil {
			return nil, err
		}
		for i, name := range []string{"has the latest state", "acts on what no longer holds", "has heard of nothing"} {
			v.Keys = append(v.Keys, row{Key: legend(i), Label: name})
		}
		for j := range s.Series[0].Results[0].Incidents[k].Changes {
			for i := range s.Series {
				if c, ok := newChangeRow(&s.Series[i], k, j, marks); ok {
					v.Changes = append(v.Changes, c)
				}
			}
		}
		list = append(list, v)
	}
	return list, nil
}

// newChangeRow sums change j of incident k up; false: the series has no such one in
// every result.
func newChangeRow(s *Series, k, j int, marks []float64) (changeRow, bool) {
	if slices.ContainsFunc(s.Results, func(r *scenario.Result) bool { return len(r.Incidents) <= k || len(r.Incidents[k].Changes) <= j }) {
		return changeRow{}, false
	}
	of := func(value func(scenario.ChangeResult) float64) Band {
		return s.Over(func(r *scenario.Result) float64 { return value(r.Incidents[k].Changes[j]) })
	}
	first := s.Results[0].Incidents[k].Changes[j]
	what := first.Kind
	if what == "confirmation" {
		what = "second signature"
	}
	row := changeRow{Label: s.Label, What: fmt.Sprintf("%s at %s", what, span(first.At)),
		Outdated: count(of(func(c scenario.ChangeResult) float64 { return float64(c.Outdated) }).Mean)}
	var outdated []Band
	for i := range first.OutdatedAtMarks {
		outdated = append(outdated, of(func(c scenario.ChangeResult) float64 { return c.OutdatedAtMarks[i] }))
	}
	row.Marks = At(marks, s.Results[0].Marks, percents(outdated), uncounted)
	for _, time := range []func(scenario.ChangeResult) float64{
		func(c scenario.ChangeResult) float64 { return c.P50 },
		func(c scenario.ChangeResult) float64 { return c.P90 },
		func(c scenario.ChangeResult) float64 { return c.P99 },
	} {
		text := uncounted
		if first.Outdated > 0 {
			text = times(of(time))
		}
		row.Times = append(row.Times, text)
	}
	return row, true
}

// known is a share at a time. A change is a jump: up to it the share stays.
func known(r *scenario.IncidentResult, share []float64, at float64) float64 {
	i, exact := slices.BinarySearch(r.Times, at)
	if !exact && i > 0 && i < len(r.Times) && slices.ContainsFunc(r.Changes, func(c scenario.ChangeResult) bool { return c.At == r.Times[i] }) {
		return share[i-1]
	}
	return interpolate(r.Times, share, at)
}

// hourTicks are round hours on an axis of seconds.
type hourTicks struct{}

func (hourTicks) Ticks(low, high float64) (ticks []plot.Tick) {
	step := 60.0
	for _, s := range []float64{300, 900, 3600, 2 * 3600, 6 * 3600, 86400, 7 * 86400} {
		if (high-low)/step > 10 {
			step = s
		}
	}
	for at := 0.0; at <= high; at += step {
		if at >= low {
			ticks = append(ticks, plot.Tick{Value: at, Label: span(at)})
		}
	}
	return ticks
}

// incidentChart is who knows what of incident k over time, with bands over the seeds.
func incidentChart(s *Series, k int) (template.HTML, error) {
	p := newPlot("time since the beginning", "of those concerned")
	p.X.Tick.Marker, p.Y.Tick.Marker = hourTicks{}, percentTicks{}
	first := s.Results[0].Incidents[k].Times
	if len(first) == 0 {
		return "", nil
	}
	p.X.Min, p.X.Max, p.Y.Min, p.Y.Max = first[0], first[len(first)-1], 0, 1
	for i, of := range []func(scenario.IncidentResult) []float64{
		func(r scenario.IncidentResult) []float64 { return r.Latest },
		func(r scenario.IncidentResult) []float64 { return r.Outdated },
		func(r scenario.IncidentResult) []float64 { return r.Unaware },
	} {
		var mean, low, high plotter.XYs
		for x := range 200 {
			at := p.X.Min + (p.X.Max-p.X.Min)*float64(x)/199
			b := s.Over(func(r *scenario.Result) float64 {
				if len(r.Incidents) <= k || len(r.Incidents[k].Times) == 0 {
					return 0
				}
				return known(&r.Incidents[k], of(r.Incidents[k]), at)
			})
			mean, low, high = append(mean, plotter.XY{X: at, Y: b.Mean}), append(low, plotter.XY{X: at, Y: b.Low}), append(high, plotter.XY{X: at, Y: b.High})
		}
		if err := addBand(p, mean, low, high, i); err != nil {
			return "", err
		}
	}
	return svg(p, chartWidth, chartHeight)
}

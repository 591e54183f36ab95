package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

//go:embed page.html
var pageHTML string

var page = template.Must(template.New("page").Parse(pageHTML))

// Write writes the page for studies.
func Write(w io.Writer, studies []Study) error {
	view := struct {
		Runs    int
		Studies []studyView
	}{}
	for i := range studies {
		v, err := newStudyView(&studies[i])
		if err != nil {
			return fmt.Errorf("%s: %w", studies[i].Name, err)
		}
		view.Studies = append(view.Studies, v)
		for _, s := range studies[i].Series {
			view.Runs += len(s.Results)
		}
	}
	return page.Execute(w, view)
}

type studyView struct {
	Name, Title, About         string
	MarkNames                  []string
	Coverage, Latency, Traffic template.HTML
	Rows                       []row
	Groups                     []groupRow
	Maps                       []mapView
	MapSize                    string
	Unreached                  []reason
	Attack                     []attackRow
	Radio                      bool
}

// row is one series in the tables.
type row struct {
	Colour                                        string // of its lines and bars
	Label                                         string
	Seeds                                         int
	Marks, Times, Sent                            []string
	End, Copies, Lost, Contacts                   string
	Airtime, Collided                             string
	Devices, Audience, CPU, Memory, Events, Speed string
}

type groupRow struct {
	Name, Sent string
	Devices    int
	Marks      []string
}

type mapView struct {
	Picture        template.HTML
	At             string
	Reached, Total int32
}

type reason struct{ Reason, Count string }

// uncounted stands where an engine does not count something.
const uncounted = "–"

type attackRow struct {
	Label string
	scenario.Attack
}

func newStudyView(s *Study) (v studyView, err error) {
	v = studyView{Name: s.Name, Title: s.Title, About: s.About}
	first := s.Series[0].Results[0]
	for _, m := range first.Marks {
		v.MarkNames = append(v.MarkNames, span(m))
	}
	for _, draw := range []struct {
		into *template.HTML
		of   func(*Study) (template.HTML, error)
	}{{&v.Coverage, coverageChart}, {&v.Latency, latencyChart}, {&v.Traffic, trafficChart}} {
		if *draw.into, err = draw.of(s); err != nil {
			return v, err
		}
	}
	for i := range s.Series {
		v.Rows = append(v.Rows, newRow(&s.Series[i]))
		v.Rows[i].Colour = hex(colour(i))
		r := s.Series[i].Results[0]
		v.Radio = v.Radio || r.Traffic.Airtime > 0
		if r.Attack.Devices > 0 {
			v.Attack = append(v.Attack, attackRow{s.Series[i].Label, r.Attack})
		}
	}
	v.Groups, v.Maps, v.Unreached = groupRows(first), maps(first), reasons(&s.Series[0])
	if len(first.Frames) > 0 {
		size := first.Frames[0].Size
		v.MapSize = fmt.Sprintf("The whole is %.1f by %.1f km", size[0]/1000, size[1]/1000)
	}
	return v, nil
}

func newRow(s *Series) row {
	first := s.Results[0]
	r := row{Label: s.Label, Seeds: len(s.Results), Devices: count(float64(first.Devices)), Audience: count(float64(first.Audience))}
	for i := range first.Marks {
		r.Marks = append(r.Marks, percent(s.band(func(r *scenario.Result) float64 { return coverage(r, i) })))
	}
	r.End = percent(s.band(func(r *scenario.Result) float64 {
		list, share := warnings(r), 0.0
		for _, a := range list {
			share += float64(a.Reached) / math.Max(1, float64(a.Concerned)) / float64(len(list))
		}
		return share
	}))
	for _, of := range append(slices.Clone(quantiles), func(a scenario.AlertResult) float64 { return a.Max }) {
		r.Times = append(r.Times, times(s.band(func(r *scenario.Result) float64 { return quantile(r, of) })))
	}
	mean := func(of func(*scenario.Result) float64) float64 { return s.band(of).Mean }
	for i := range 4 {
		r.Sent = append(r.Sent, volume(mean(func(r *scenario.Result) float64 { return r.Traffic.PerDevice[i] })))
	}
	r.Copies = fmt.Sprintf("%.2f", mean(func(r *scenario.Result) float64 { return r.Traffic.PerCopy }))
	r.Lost = count(mean(func(r *scenario.Result) float64 { return float64(r.Traffic.Lost) }))
	if r.Contacts = uncounted; first.Traffic.Contacts != nil {
		r.Contacts = count(mean(func(r *scenario.Result) float64 { return float64(*r.Traffic.Contacts) }))
	}
	r.Airtime = span(mean(func(r *scenario.Result) float64 { return r.Traffic.Airtime }))
	r.Collided = count(mean(func(r *scenario.Result) float64 { return float64(r.Traffic.Collided) }))
	r.CPU = span(mean(func(r *scenario.Result) float64 { return r.Cost.CPU }))
	r.Memory = volume(mean(func(r *scenario.Result) float64 { return r.Cost.Memory }))
	r.Events = count(mean(func(r *scenario.Result) float64 { return float64(r.Cost.Events) }))
	r.Speed = count(mean(func(r *scenario.Result) float64 { return r.Cost.PerSecond }))
	return r
}

func groupRows(r *scenario.Result) (rows []groupRow) {
	for _, g := range r.Groups {
		row := groupRow{Name: g.Name, Devices: g.Devices, Sent: volume(g.Bytes)}
		for _, m := range g.AtMarks {
			row.Marks = append(row.Marks, fmt.Sprintf("%.1f %%", 100*m))
		}
		rows = append(rows, row)
	}
	return rows
}

func maps(r *scenario.Result) (views []mapView) {
	if len(r.Alerts) == 0 {
		return nil
	}
	for i := range r.Frames {
		f := &r.Frames[i]
		v := mapView{Picture: mapPicture(f), At: span(f.At - r.Alerts[0].At)}
		for i := range f.Total {
			v.Total, v.Reached = v.Total+f.Total[i], v.Reached+f.Reached[i]
		}
		views = append(views, v)
	}
	return views
}

// reasons sums up why devices were not reached.
func reasons(s *Series) (list []reason) {
	sum := map[string]float64{}
	for _, r := range s.Results {
		for _, a := range warnings(r) {
			for why, n := range a.Unreached {
				sum[why] += float64(n) / float64(len(s.Results))
			}
			sum["late: over by their clock"] += float64(a.Late) / float64(len(s.Results))
		}
	}
	for why, n := range sum {
		if n > 0 {
			list = append(list, reason{why, count(n)})
		}
	}
	slices.SortFunc(list, func(a, b reason) int { return strings.Compare(a.Reason, b.Reason) })
	return list
}

func percent(b Band) string {
	text := fmt.Sprintf("%.1f %%", 100*b.Mean)
	if b.High-b.Low > 0.0005 {
		text += fmt.Sprintf(" (%.1f to %.1f)", 100*b.Low, 100*b.High)
	}
	return text
}

func times(b Band) string {
	if b.Low < 0 {
		if b.High < 0 {
			return "never"
		}
		return "not in every seed"
	}
	return span(b.Mean)
}

// span writes seconds as people say them.
func span(s float64) string {
	d := time.Duration(s * float64(time.Second))
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.3g s", s)
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", s)
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	}
	return fmt.Sprintf("%.1f h", d.Hours())
}

func volume(n float64) string {
	for _, unit := range []string{"B", "kB", "MB", "GB"} {
		if n < 1000 || unit == "GB" {
			return fmt.Sprintf("%.3g %s", n, unit)
		}
		n /= 1000
	}
	return ""
}

func count(n float64) string {
	text := fmt.Sprintf("%.0f", n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + " " + text[i:]
	}
	return text
}

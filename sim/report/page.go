package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"maps"
	"slices"

	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

//go:embed page.html
var pageHTML string

var page = template.Must(template.New("page").Parse(pageHTML))

// Write writes the page for studies. omitted says what could not be read.
func Write(w io.Writer, studies []Study, omitted []string) error {
	view := struct {
		Runs    int
		Omitted []string
		Studies []studyView
		Several bool
	}{Omitted: omitted}
	for i := range studies {
		v, err := newStudyView(&studies[i], i)
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

// uncounted stands where an engine does not count something.
const uncounted = "–"

type studyView struct {
	ID                         string // within the page
	Name, Title, About, Source string
	Edition, Program           string
	Several                    bool
	Short                      []string
	Base                       string // with what Changes are compared
	Changes                    []change
	Unlike                     []string // not compared: other marks
	MarkNames, BaseMarkNames   []string // of all series; of the first
	Coverage, Latency, Traffic template.HTML
	Rows                       []row
	Parts                      []partRow
	Maps                       []mapView
	MapSize                    string
	MapColours                 []string
	Reasons                    []string
	Concerned                  bool          // any warning anybody
	Loss, Cost                 template.HTML // who was not reached; what attackers sent
	Attack                     []attackRow
	Fidelity                   []fidelityView
	Incidents                  []incidentView
	Models, Real, Radio        bool
}

// row is one series in the tables.
type row struct {
	Key                          template.HTML // of its lines
	Label                        string
	Seeds                        int
	Marks, Times, Sent           []string
	End, Copies, Lost, Contacts  string
	Airtime, Collided            string
	Devices, CPU, Memory, Events string
	Unreached                    []string // by studyView.Reasons
}

// partRow is the people of a place, or a group, in the first series.
type partRow struct {
	Name, Sent, Devices string
	Place               bool
	Marks               []string
}

type mapView struct {
	Picture        template.HTML
	At             string
	Reached, Total int32
}

type attackRow struct {
	Label, Devices, Sent, Accepted, Refused, Checks, CutOff, Bytes string
}

type fidelityView struct {
	agreement
	Picture template.HTML
	Keys    []row
}

func newStudyView(s *Study, number int) (v studyView, err error) {
	base := &s.Series[0]
	first := base.Results[0]
	v = studyView{ID: fmt.Sprintf("study-%d", number+1), Name: s.Name, Title: s.Title, About: s.About, Source: s.Source, Edition: s.Edition,
		Program: s.Program, Several: s.Several, Short: short(s), Reasons: reasons(s), Maps: frames(first)}
	v.Changes, v.Base, v.Unlike = changes(s)
	marks := Marks(s.results())
	v.Concerned = slices.ContainsFunc(s.results(), func(r *scenario.Result) bool {
		return slices.ContainsFunc(warnings(r), func(a scenario.AlertResult) bool { return a.Concerned > 0 })
	})
	v.MarkNames, v.BaseMarkNames = spans(marks), spans(first.Marks)
	for _, draw := range []struct {
		into *template.HTML
		of   func([]*Series) (template.HTML, error)
	}{{&v.Coverage, coverageChart}, {&v.Latency, latencyChart}, {&v.Traffic, trafficChart}} {
		if *draw.into, err = draw.of(pointers(s)); err != nil {
			return v, err
		}
	}
	for i := range s.Series {
		t := &s.Series[i]
		v.Rows = append(v.Rows, newRow(t, i, marks, v.Reasons))
		v.Radio = v.Radio || t.Results[0].Traffic.Airtime > 0
		v.Models, v.Real = v.Models || t.Engine == "model", v.Real || t.Engine == "real"
		if t.Results[0].Attack.Devices > 0 {
			v.Attack = append(v.Attack, newAttackRow(t))
		}
	}
	if len(v.Reasons) > 0 {
		if v.Loss, err = lossChart(pointers(s), v.Reasons); err != nil {
			return v, err
		}
	}
	if len(v.Attack) > 0 {
		if v.Cost, err = attackChart(pointers(s)); err != nil {
			return v, err
		}
	}
	if places := base.Parts(ByPlace); len(places) > 1 {
		v.Parts = partRows(places, first.Marks, true)
	}
	v.Parts = append(v.Parts, partRows(base.Parts(ByGroup), first.Marks, false)...)
	for _, a := range agreements(s) {
		f := fidelityView{agreement: a, Keys: []row{{Key: legend(0), Label: "model"}, {Key: legend(1), Label: "real devices"}}}
		if f.Picture, err = coverageChart([]*Series{a.model, a.real}); err != nil {
			return v, err
		}
		v.Fidelity = append(v.Fidelity, f)
	}
	if v.Incidents, err = incidents(s); err != nil {
		return v, err
	}
	if len(first.Frames) > 0 {
		size := first.Frames[0].Size
		v.MapSize = fmt.Sprintf("The whole is %.1f by %.1f km", size[0]/1000, size[1]/1000)
		for k := range 5 {
			v.MapColours = append(v.MapColours, mix(float64(k)/4))
		}
	}
	return v, nil
}

func newRow(s *Series, number int, marks []float64, why []string) row {
	first := s.Results[0]
	r := row{Key: legend(number), Label: s.Label, Seeds: len(s.Results), Devices: count(float64(first.Devices))}
	r.Marks = At(marks, first.Marks, percents(s.AtMarks()), uncounted)
	r.End = percent(s.Over(atEnd))
	for _, of := range append(slices.Clone(quantiles), func(a scenario.AlertResult) float64 { return a.Max }) {
		r.Times = append(r.Times, times(s.Over(func(r *scenario.Result) float64 { return quantile(r, of) })))
	}
	mean := func(of func(*scenario.Result) float64) float64 { return s.Over(of).Mean }
	for i := range 4 {
		r.Sent = append(r.Sent, volume(mean(func(r *scenario.Result) float64 { return r.Traffic.PerDevice[i] })))
	}
	for _, reason := range why {
		r.Unreached = append(r.Unreached, rare(mean(func(r *scenario.Result) float64 { return unreached(r)[reason] })))
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
	return r
}

func newAttackRow(s *Series) attackRow {
	mean := func(of func(scenario.Attack) float64) float64 {
		return s.Over(func(r *scenario.Result) float64 { return of(r.Attack) }).Mean
	}
	whole := func(of func(scenario.Attack) uint64) string {
		return count(mean(func(a scenario.Attack) float64 { return float64(of(a)) }))
	}
	a := attackRow{Label: s.Label, Checks: uncounted,
		Devices:  count(mean(func(a scenario.Attack) float64 { return float64(a.Devices) })),
		Sent:     whole(func(a scenario.Attack) uint64 { return a.Sent }),
		Accepted: whole(func(a scenario.Attack) uint64 { return a.Accepted }),
		Refused:  whole(func(a scenario.Attack) uint64 { return a.Rejected }),
		CutOff:   whole(func(a scenario.Attack) uint64 { return a.CutOff }),
		Bytes:    volume(mean(func(a scenario.Attack) float64 { return a.Bytes })),
	}
	if s.Results[0].Attack.Checks != nil {
		a.Checks = whole(func(a scenario.Attack) uint64 { return *a.Checks })
	}
	return a
}

func partRows(parts []Part, marks []float64, place bool) (rows []partRow) {
	for _, p := range parts {
		rows = append(rows, partRow{Name: p.Name, Place: place, Devices: count(float64(p.Devices)), Sent: volume(p.Bytes.Mean),
			Marks: At(marks, marks, percents(p.AtMarks), uncounted)})
	}
	return rows
}

func frames(r *scenario.Result) (views []mapView) {
	if len(r.Alerts) == 0 {
		return nil
	}
	for i := range r.Frames {
		f := &r.Frames[i]
		v := mapView{Picture: mapPicture(f), At: "after " + span(f.At-r.Alerts[r.Mapped].At)}
		if i == 0 {
			v.At = "when it is issued"
		}
		for i := range f.Total {
			v.Total, v.Reached = v.Total+f.Total[i], v.Reached+f.Reached[i]
		}
		views = append(views, v)
	}
	return views
}

// Reasons beside those that a result gives: of those whom an alert reached when it was
// over for them, and of those of whom the result says nothing.
const (
	late       = "too late: over by their clock"
	unexamined = "not examined"
)

// unreached counts why devices were not reached, over a result's warnings.
func unreached(r *scenario.Result) map[string]float64 {
	sum := map[string]float64{}
	for _, a := range warnings(r) {
		for why, n := range a.Unreached {
			sum[why] += float64(n)
		}
		sum[late] += float64(a.Late)
		if len(a.Unreached) == 0 {
			sum[unexamined] += float64(max(0, a.Concerned-a.Reached-a.Late))
		}
	}
	return sum
}

// reasons are all that occur in a study.
func reasons(s *Study) []string {
	seen := map[string]bool{}
	for _, t := range s.Series {
		for _, r := range t.Results {
			for why, n := range unreached(r) {
				if n > 0 {
					seen[why] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

// rare is a mean number of devices.
func rare(n float64) string {
	if n > 0 && n < 10 {
		return fmt.Sprintf("%.1f", n)
	}
	return count(n)
}

// legend is a piece of the line of series number i.
func legend(i int) template.HTML {
	dashes := []string{"", ` stroke-dasharray="6 3"`, ` stroke-dasharray="2 2"`}
	return template.HTML(fmt.Sprintf(`<svg viewBox="0 0 24 8" aria-hidden="true"><path d="M0 4h24" stroke="%s" stroke-width="4"%s/></svg>`, hex(colour(i)), dashes[i/len(palette)%len(dashes)]))
}

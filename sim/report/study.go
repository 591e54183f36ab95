package report

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

// Study is the runs of one edition of a scenario by one version of the program.
type Study struct {
	Name, Title, About string
	Source             string // the scenario's text, or nothing
	Edition, Program   string
	Several            bool // there are other studies of a scenario of that name
	Series             []Series
	variants           []string // of the scenario, in its order
}

// results are all of its series'.
func (s *Study) results() (all []*scenario.Result) {
	for i := range s.Series {
		all = append(all, s.Series[i].Results...)
	}
	return all
}

// Series is the runs of one variant by one engine, one for each seed.
type Series struct {
	Label           string // the variant, and the engine if the study has both
	Variant, Engine string
	Results         []*scenario.Result
}

// asItStands is the variant of which nothing was replaced.
const asItStands = "as it stands"

// Collect sorts results into studies, in a fixed order. A run that is there twice is
// taken once.
func Collect(results []*scenario.Result) []Study {
	type key struct{ scenario, edition, program string }
	studies := map[key]*Study{}
	for _, r := range results {
		k := key{r.Scenario, r.Edition, r.Program}
		s := studies[k]
		if s == nil {
			s = &Study{Name: r.Scenario, Title: r.Title, Source: r.Source, Edition: r.Edition, Program: r.Program}
			if parsed, err := scenario.Parse([]byte(r.Source)); err == nil {
				s.About = parsed.About
				for _, a := range parsed.Variants {
					s.variants = append(s.variants, a.Name)
				}
			}
			studies[k] = s
		}
		s.add(r)
	}
	var list []Study
	names := map[string]int{}
	for _, s := range studies {
		names[s.Name]++
		s.arrange()
		list = append(list, *s)
	}
	slices.SortFunc(list, func(a, b Study) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.Program, b.Program), strings.Compare(a.Edition, b.Edition))
	})
	for i := range list {
		list[i].Several = names[list[i].Name] > 1
	}
	return list
}

// add puts a result into the series to which it belongs.
func (s *Study) add(r *scenario.Result) {
	i := slices.IndexFunc(s.Series, func(t Series) bool { return t.Variant == r.Variant && t.Engine == r.Engine })
	if i < 0 {
		i = len(s.Series)
		s.Series = append(s.Series, Series{Variant: r.Variant, Engine: r.Engine})
	}
	t := &s.Series[i]
	if !slices.ContainsFunc(t.Results, func(other *scenario.Result) bool { return other.Seed == r.Seed }) {
		t.Results = append(t.Results, r)
	}
}

// arrange orders and names the series: the scenario as it stands comes first, then
// its variants in its order.
func (s *Study) arrange() {
	engines := map[string]bool{}
	for _, t := range s.Series {
		engines[t.Engine] = true
		slices.SortFunc(t.Results, func(a, b *scenario.Result) int { return cmp.Compare(a.Seed, b.Seed) })
	}
	slices.SortFunc(s.Series, func(a, b Series) int {
		return cmp.Or(cmp.Compare(s.rank(a.Variant), s.rank(b.Variant)), natural(a.Variant, b.Variant), strings.Compare(a.Engine, b.Engine))
	})
	for i := range s.Series {
		t := &s.Series[i]
		t.Label = cmp.Or(t.Variant, asItStands)
		if len(engines) > 1 {
			t.Label += ", " + t.Engine
		}
	}
}

// rank is where a variant stands in the scenario, whatever a sweep adds to its name.
func (s *Study) rank(name string) int {
	for i, v := range s.variants {
		if name == v || strings.HasPrefix(name, v+" ") {
			return i
		}
	}
	return -1
}

// natural compares texts so that 5% comes before 10%.
func natural(a, b string) int {
	for a != "" && b != "" {
		x, y := digits(a), digits(b)
		if x > 0 && y > 0 {
			if c := cmp.Or(cmp.Compare(len(strings.TrimLeft(a[:x], "0")), len(strings.TrimLeft(b[:y], "0"))), strings.Compare(a[:x], b[:y])); c != 0 {
				return c
			}
			a, b = a[x:], b[y:]
			continue
		}
		if a[0] != b[0] {
			return cmp.Compare(a[0], b[0])
		}
		a, b = a[1:], b[1:]
	}
	return cmp.Compare(len(a), len(b))
}

func digits(s string) (n int) {
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

// Band is a mean with the least and the most of several seeds.
type Band struct{ Mean, Low, High float64 }

// apart reports whether two bands do not overlap.
func (b Band) apart(c Band) bool { return b.High < c.Low || c.High < b.Low }

// Over sums up one number of each result. Negative numbers stand for "never".
func (s *Series) Over(of func(*scenario.Result) float64) Band {
	b := Band{Low: math.Inf(1), High: math.Inf(-1)}
	for _, r := range s.Results {
		v := of(r)
		b.Mean += v / float64(len(s.Results))
		b.Low, b.High = math.Min(b.Low, v), math.Max(b.High, v)
	}
	return b
}

// AtMarks are the shares reached at the marks.
func (s *Series) AtMarks() (list []Band) {
	for i := range s.Results[0].Marks {
		list = append(list, s.Over(func(r *scenario.Result) float64 { return coverage(r, i) }))
	}
	return list
}

// Marks are all ages at which any of some results tells its coverage, in seconds.
func Marks(results []*scenario.Result) (ages []float64) {
	for _, r := range results {
		ages = append(ages, r.Marks...)
	}
	slices.Sort(ages)
	return slices.Compact(ages)
}

// At are numbers at the marks of a series, as text, by the ages of a table: where the
// series has no mark of an age, absent stands.
func At(ages, marks []float64, text []string, absent string) (cells []string) {
	for _, age := range ages {
		cell := absent
		if i := slices.Index(marks, age); i >= 0 && i < len(text) {
			cell = text[i]
		}
		cells = append(cells, cell)
	}
	return cells
}

// Part is the people of one place, or of one group.
type Part struct {
	Name    string
	Devices int
	AtMarks []Band // of those whom the warnings concern; nil: they concern none of them
	Bytes   Band   // sent by a device
}

// Parts sums the groups of a series up: by a name that of gives each, or leaves
// out with an empty one.
func (s *Series) Parts(of func(scenario.GroupResult) string) (list []Part) {
	for _, g := range s.Results[0].Groups {
		name := of(g)
		if name == "" || slices.ContainsFunc(list, func(p Part) bool { return p.Name == name }) {
			continue
		}
		total := func(r *scenario.Result, value func(scenario.GroupResult) float64) (sum float64) {
			for _, g := range r.Groups {
				if of(g) == name {
					sum += value(g)
				}
			}
			return sum
		}
		concerned := func(r *scenario.Result) float64 {
			return total(r, func(g scenario.GroupResult) float64 { return float64(g.Concerned) })
		}
		p := Part{Name: name, Bytes: s.Over(func(r *scenario.Result) float64 {
			return total(r, func(g scenario.GroupResult) float64 { return g.Bytes * float64(g.Devices) }) /
				math.Max(1, total(r, func(g scenario.GroupResult) float64 { return float64(g.Devices) }))
		})}
		for _, g := range s.Results[0].Groups {
			if of(g) == name {
				p.Devices += g.Devices
			}
		}
		warned := Series{Results: slices.DeleteFunc(slices.Clone(s.Results), func(r *scenario.Result) bool { return concerned(r) == 0 })}
		for i := range s.Results[0].Marks {
			if len(warned.Results) > 0 {
				p.AtMarks = append(p.AtMarks, warned.Over(func(r *scenario.Result) float64 {
					return total(r, func(g scenario.GroupResult) float64 { return g.AtMarks[i] * float64(g.Concerned) }) / concerned(r)
				}))
			}
		}
		if p.Devices > 0 {
			list = append(list, p)
		}
	}
	return list
}

// ByGroup names a group by itself; ByPlace one of people by its place, others not.
func ByGroup(g scenario.GroupResult) string { return g.Name }

// ByPlace names a group of people by its place, others not at all.
func ByPlace(g scenario.GroupResult) string {
	if g.Role == "station" || g.Role == "mule" {
		return ""
	}
	return g.Place
}

// warnings are the alerts of a result that are no exercises, if there are any, and of
// these such as concern anybody, if there are any.
func warnings(r *scenario.Result) []scenario.AlertResult {
	list := r.Alerts
	for _, without := range []func(scenario.AlertResult) bool{
		func(a scenario.AlertResult) bool { return a.Drill },
		func(a scenario.AlertResult) bool { return a.Concerned == 0 },
	} {
		if fewer := slices.DeleteFunc(slices.Clone(list), without); len(fewer) > 0 {
			list = fewer
		}
	}
	return list
}

// coverage is the mean share of those concerned at mark number i, over the
// warnings of a result.
func coverage(r *scenario.Result, i int) (share float64) {
	list := warnings(r)
	for _, a := range list {
		share += a.AtMarks[i] / float64(len(list))
	}
	return share
}

// atEnd is likewise the share at the end.
func atEnd(r *scenario.Result) (share float64) {
	list := warnings(r)
	for _, a := range list {
		share += float64(a.Reached) / math.Max(1, float64(a.Concerned)) / float64(len(list))
	}
	return share
}

// quantile is the mean over the warnings of a result, or -1 if any was not
// reached so far.
func quantile(r *scenario.Result, of func(scenario.AlertResult) float64) (v float64) {
	list := warnings(r)
	for _, a := range list {
		if q := of(a); q < 0 {
			return -1
		} else {
			v += q / float64(len(list))
		}
	}
	return v
}

// curve is the mean coverage of a result's warnings at an age, in seconds.
func curve(r *scenario.Result, age float64) (share float64) {
	list := warnings(r)
	for _, a := range list {
		share += interpolate(a.Ages, a.Curve, age) / float64(len(list))
	}
	return share
}

// interpolate is the value at x of the line through points whose x are in order.
func interpolate(xs, ys []float64, x float64) float64 {
	i, _ := slices.BinarySearch(xs, x)
	switch {
	case i == len(xs):
		return ys[i-1]
	case i == 0:
		return ys[0]
	}
	return ys[i-1] + (ys[i]-ys[i-1])*(x-xs[i-1])/(xs[i]-xs[i-1])
}

// Summary is a result in a few numbers: means over its warnings, ages in seconds,
// -1 where one was not reached so far.
type Summary struct {
	AtMarks       []float64
	P50, P90, P99 float64
}

// Sum sums up a result.
func Sum(r *scenario.Result) Summary {
	s := Summary{P50: quantile(r, quantiles[0]), P90: quantile(r, quantiles[1]), P99: quantile(r, quantiles[2])}
	for i := range r.Marks {
		s.AtMarks = append(s.AtMarks, coverage(r, i))
	}
	return s
}

var quantiles = []func(scenario.AlertResult) float64{
	func(a scenario.AlertResult) float64 { return a.P50 },
	func(a scenario.AlertResult) float64 { return a.P90 },
	func(a scenario.AlertResult) float64 { return a.P99 },
}

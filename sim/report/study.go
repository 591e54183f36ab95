package report

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

// Study is the runs of one scenario.
type Study struct {
	Name, Title, About string
	Series             []Series
}

// Series is the runs of one variant by one engine, one for each seed.
type Series struct {
	Label   string
	Results []*scenario.Result
}

// Collect sorts results into studies, in a fixed order. about gives the words that
// explain a scenario, or nothing.
func Collect(results []*scenario.Result, about func(name string) string) []Study {
	type key struct{ scenario, label string }
	groups := map[key][]*scenario.Result{}
	studies := map[string]*Study{}
	for _, r := range results {
		k := key{r.Scenario, label(r)}
		groups[k] = append(groups[k], r)
		studies[r.Scenario] = &Study{Name: r.Scenario, Title: r.Title, About: about(r.Scenario)}
	}
	for k, rs := range groups {
		slices.SortFunc(rs, func(a, b *scenario.Result) int { return cmp.Compare(a.Seed, b.Seed) })
		s := studies[k.scenario]
		s.Series = append(s.Series, Series{k.label, rs})
	}
	var list []Study
	for _, s := range studies {
		slices.SortFunc(s.Series, func(a, b Series) int { return natural(a.Label, b.Label) })
		list = append(list, *s)
	}
	slices.SortFunc(list, func(a, b Study) int { return strings.Compare(a.Name, b.Name) })
	return list
}

// label names a series: the engine, and what its variant sets.
func label(r *scenario.Result) string {
	v := scenario.Variant{Settings: r.Settings}
	return strings.TrimSpace(r.Engine + " " + v.Name())
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

// band sums up one number of each result. Negative numbers stand for "never".
func (s *Series) band(of func(*scenario.Result) float64) Band {
	b := Band{Low: math.Inf(1), High: math.Inf(-1)}
	for _, r := range s.Results {
		v := of(r)
		b.Mean += v / float64(len(s.Results))
		b.Low, b.High = math.Min(b.Low, v), math.Max(b.High, v)
	}
	return b
}

// warnings are the alerts of a result that are no exercises.
func warnings(r *scenario.Result) (list []scenario.AlertResult) {
	for _, a := range r.Alerts {
		if !a.Drill {
			list = append(list, a)
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

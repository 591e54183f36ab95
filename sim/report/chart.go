package report

import (
	"bytes"
	"cmp"
	"fmt"
	"html/template"
	"image/color"
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

const (
	chartWidth  = 16 * vg.Centimeter
	chartHeight = 8 * vg.Centimeter
	curvePoints = 80
)

// palette is Okabe and Ito's, which people with any colour vision can tell apart.
var palette = []color.RGBA{{0, 114, 178, 255}, {213, 94, 0, 255}, {0, 158, 115, 255}, {204, 121, 167, 255}, {230, 159, 0, 255}, {86, 180, 233, 255}, {0, 0, 0, 255}}

func colour(i int) color.RGBA { return palette[i%len(palette)] }

func pale(c color.RGBA) color.NRGBA { return color.NRGBA{c.R, c.G, c.B, 50} }

// hex is a colour for a page.
func hex(c color.RGBA) string { return fmt.Sprintf("#%02x%02x%02x", c.R, c.G, c.B) }

// svg draws a plot for a page.
func svg(p *plot.Plot, width, height vg.Length) (template.HTML, error) {
	c := vgsvg.New(width, height)
	p.Draw(draw.New(c))
	var b bytes.Buffer
	if _, err := c.WriteTo(&b); err != nil {
		return "", err
	}
	// Inside a page the XML head is out of place. The drawing has no text of ours
	// but labels, which the library escapes.
	text := b.Bytes()
	if i := bytes.Index(text, []byte("<svg")); i >= 0 {
		text = text[i:]
	}
	label := fmt.Sprintf(`<svg role="img" aria-label="%s" `, template.HTMLEscapeString(p.Y.Label.Text+", by "+cmp.Or(p.X.Label.Text, "quantile")))
	text = bytes.Replace(text, []byte("<svg "), []byte(label), 1)
	text = bytes.ReplaceAll(text, []byte("font-family:Liberation Sans"), []byte("font-family:Liberation Sans,Arial,sans-serif"))
	return template.HTML(text), nil
}

func newPlot(x, y string) *plot.Plot {
	p := plot.New()
	p.X.Label.Text, p.Y.Label.Text = x, y
	for _, f := range []*font.Font{&p.X.Label.TextStyle.Font, &p.Y.Label.TextStyle.Font, &p.X.Tick.Label.Font, &p.Y.Tick.Label.Font} {
		f.Variant = "Sans"
	}
	p.Add(plotter.NewGrid())
	return p
}

// ageTicks are round ages on a logarithmic axis of seconds.
type ageTicks struct{}

func (ageTicks) Ticks(low, high float64) (ticks []plot.Tick) {
	for _, t := range []struct {
		at   float64
		name string
	}{{0.001, "1 ms"}, {0.01, "10 ms"}, {0.1, "0.1 s"}, {1, "1 s"}, {10, "10 s"}, {60, "1 min"}, {300, "5 min"}, {900, "15 min"}, {3600, "1 h"}, {6 * 3600, "6 h"}, {86400, "1 d"}, {7 * 86400, "7 d"}} {
		if t.at >= low*0.99 && t.at <= high*1.01 {
			ticks = append(ticks, plot.Tick{Value: t.at, Label: t.name})
		}
	}
	return ticks
}

// percentTicks are shares as people say them.
type percentTicks struct{}

func (percentTicks) Ticks(_, high float64) (ticks []plot.Tick) {
	step := 0.25
	for high < 2*step {
		step /= 5
	}
	for at := 0.0; at <= high+1e-9; at += step {
		ticks = append(ticks, plot.Tick{Value: at, Label: fmt.Sprintf("%.3g %%", 100*at)})
	}
	return ticks
}

// ages are points of a logarithmic axis on which the curves of some series have
// their part, up to the oldest warning.
func ages(list []*Series) []float64 {
	most, first := 1.0, math.Inf(1)
	for _, s := range list {
		most, first = math.Max(most, oldest(s.Results)), math.Min(first, s.Results[0].Marks[0])
	}
	low := math.Max(0.001, math.Min(first/100, most/100))
	axis := make([]float64, curvePoints)
	for k := range axis {
		axis[k] = low * math.Pow(most/low, float64(k)/(curvePoints-1))
	}
	return axis
}

func pointers(s *Study) (list []*Series) {
	for i := range s.Series {
		list = append(list, &s.Series[i])
	}
	return list
}

// coverageChart is the share that has a warning by its age: a line for each
// series, a band from the worst to the best seed.
func coverageChart(list []*Series) (template.HTML, error) {
	p := newPlot("time since the warning was issued", "have it, of those concerned")
	p.X.Scale, p.X.Tick.Marker, p.Y.Tick.Marker = plot.LogScale{}, ageTicks{}, percentTicks{}
	axis := ages(list)
	p.Y.Min, p.Y.Max, p.X.Min, p.X.Max = 0, 1, axis[0], axis[len(axis)-1]
	for i, s := range list {
		var mean, low, high plotter.XYs
		for _, age := range axis {
			b := s.Over(func(r *scenario.Result) float64 { return curve(r, age) })
			mean, low, high = append(mean, plotter.XY{X: age, Y: b.Mean}), append(low, plotter.XY{X: age, Y: b.Low}), append(high, plotter.XY{X: age, Y: b.High})
		}
		if err := addBand(p, mean, low, high, i); err != nil {
			return "", err
		}
	}
	return svg(p, chartWidth, chartHeight)
}

// latencyChart is the distribution of how long people waited: what share of those
// concerned got the warning in each of some spans, each a third longer than the last.
func latencyChart(list []*Series) (template.HTML, error) {
	p := newPlot("time since the warning was issued", "got it in that time")
	p.X.Scale, p.X.Tick.Marker, p.Y.Tick.Marker = plot.LogScale{}, ageTicks{}, percentTicks{}
	axis := ages(list)
	p.Y.Min, p.Y.Max, p.X.Min, p.X.Max = 0, 0.05, axis[0], axis[len(axis)-1]
	for i, s := range list {
		steps, before := plotter.XYs{}, 0.0
		for k := 0; k+latencyBin < len(axis); k += latencyBin {
			has := s.Over(func(r *scenario.Result) float64 { return curve(r, axis[k+latencyBin]) }).Mean
			got := math.Max(0, has-before)
			steps = append(steps, plotter.XY{X: axis[k], Y: got}, plotter.XY{X: axis[k+latencyBin], Y: got})
			before, p.Y.Max = has, math.Max(p.Y.Max, got)
		}
		line, err := plotter.NewLine(steps)
		if err != nil {
			return "", err
		}
		line.LineStyle = style(i)
		p.Add(line)
	}
	return svg(p, chartWidth, chartHeight)
}

// latencyBin is how many points of the axis one span of the distribution takes.
const latencyBin = 3

// style is the line of series number i: colours first, then dashes too.
func style(i int) draw.LineStyle {
	dashes := [][]vg.Length{nil, {vg.Points(6), vg.Points(3)}, {vg.Points(2), vg.Points(2)}}
	return draw.LineStyle{Color: colour(i), Width: vg.Points(1.5), Dashes: dashes[i/len(palette)%len(dashes)]}
}

func addBand(p *plot.Plot, mean, low, high plotter.XYs, series int) error {
	outline := append(plotter.XYs{}, low...)
	for k := range high {
		outline = append(outline, high[len(high)-1-k])
	}
	area, err := plotter.NewPolygon(outline)
	if err != nil {
		return err
	}
	area.Color, area.LineStyle.Width = pale(colour(series)), 0
	line, err := plotter.NewLine(mean)
	if err != nil {
		return err
	}
	line.LineStyle = style(series)
	p.Add(area, line)
	return nil
}

// bars draws a group of bars for each series.
func bars(y string, names []string, values [][]float64) (template.HTML, error) {
	p := newPlot("", y)
	p.Y.Min = 0
	width := vg.Points(math.Max(4, 180/float64(len(names)*len(values)+1)))
	for i, v := range values {
		b, err := plotter.NewBarChart(plotter.Values(v), width)
		if err != nil {
			return "", err
		}
		b.Color, b.LineStyle.Width = colour(i), 0
		if i >= len(palette) { // a colour that was there already
			b.Color, b.LineStyle.Width, b.LineStyle.Color = pale(colour(i)), vg.Points(1), colour(i)
		}
		b.Offset = width * vg.Length(float64(i)-float64(len(values)-1)/2)
		p.Add(b)
	}
	p.NominalX(names...)
	p.X.Min, p.X.Max = -0.6, float64(len(names))-0.4
	p.Y.Max *= 1.05
	return svg(p, chartWidth, chartHeight)
}

// trafficChart is what devices sent.
func trafficChart(list []*Series) (template.HTML, error) {
	var values [][]float64
	for _, s := range list {
		v := []float64{}
		for k := range 3 {
			v = append(v, s.Over(func(r *scenario.Result) float64 { return r.Traffic.PerDevice[k] / 1000 }).Mean)
		}
		values = append(values, v)
	}
	return bars("kB sent by a device", []string{"mean", "median", "99 of 100 at most"}, values)
}

// briefly are reasons in a few letters, for the foot of a chart.
var briefly = map[string]string{"no link works": "no link", "nobody in reach": "alone", "only others without it in reach": "others lack it too", late: "too late"}

// lossChart is how many devices of each series were not reached, by reason.
func lossChart(list []*Series, why []string) (template.HTML, error) {
	var names []string
	for _, reason := range why {
		names = append(names, cmp.Or(briefly[reason], reason))
	}
	var values [][]float64
	for _, s := range list {
		v := []float64{}
		for _, reason := range why {
			v = append(v, s.Over(func(r *scenario.Result) float64 { return unreached(r)[reason] }).Mean)
		}
		values = append(values, v)
	}
	return bars("devices not reached", names, values)
}

// attackChart is what attackers of each series sent, and what became of it.
func attackChart(list []*Series) (template.HTML, error) {
	var values [][]float64
	for _, s := range list {
		v := []float64{}
		for _, of := range []func(scenario.Attack) float64{
			func(a scenario.Attack) float64 { return float64(a.Sent) },
			func(a scenario.Attack) float64 { return float64(a.Rejected) },
			func(a scenario.Attack) float64 { return float64(a.Accepted) },
			func(a scenario.Attack) float64 { return float64(a.CutOff) },
		} {
			v = append(v, s.Over(func(r *scenario.Result) float64 { return of(r.Attack) }).Mean)
		}
		values = append(values, v)
	}
	return bars("messages of attackers", []string{"sent", "refused", "accepted", "times cut off"}, values)
}

// mapPicture is one frame of the map: a square for each cell with people in it,
// pale where nobody has the warning, dark where all do. Cells side by side that are
// alike are one rectangle.
func mapPicture(f *scenario.MapFrame) template.HTML {
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg viewBox="0 0 %d %d" shape-rendering="crispEdges" role="img" aria-label="map">`, f.Columns, f.Rows)
	for i := 0; i < len(f.Total); {
		x, y, n := i%f.Columns, f.Rows-1-i/f.Columns, 1 // north is up
		c := shade(f, i)
		for ; x+n < f.Columns && shade(f, i+n) == c; n++ {
		}
		if i += n; c != "" {
			fmt.Fprintf(&b, `<path fill="%s" d="M%d %dh%dv1h-%dz"/>`, c, x, y, n, n)
		}
	}
	b.WriteString("</svg>")
	return template.HTML(b.String())
}

// shade is the colour of a cell; empty: nobody is there.
func shade(f *scenario.MapFrame, i int) string {
	if f.Total[i] == 0 {
		return ""
	}
	return mix(math.Round(8*float64(f.Reached[i])/float64(f.Total[i])) / 8)
}

// mix goes from a pale orange to the blue of the charts.
func mix(share float64) string {
	c := func(from, to float64) int { return int(from + (to-from)*share) }
	return fmt.Sprintf("#%02x%02x%02x", c(250, 0), c(190, 80), c(120, 160))
}

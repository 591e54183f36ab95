package report

import (
	"bytes"
	"fmt"
	"html/template"
	"image/color"
	"math"

	"gonum.org/v1/plot"
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
	return template.HTML(text), nil
}

func newPlot(title, x, y string) *plot.Plot {
	p := plot.New()
	p.Title.Text, p.X.Label.Text, p.Y.Label.Text = title, x, y
	p.Add(plotter.NewGrid())
	return p
}

// ageTicks are round ages on a logarithmic axis of seconds.
type ageTicks struct{}

func (ageTicks) Ticks(low, high float64) (ticks []plot.Tick) {
	for _, t := range []struct {
		at   float64
		name string
	}{{0.01, "10 ms"}, {0.1, "100 ms"}, {1, "1 s"}, {10, "10 s"}, {60, "1 min"}, {600, "10 min"}, {3600, "1 h"}, {6 * 3600, "6 h"}, {86400, "1 d"}, {7 * 86400, "7 d"}} {
		if t.at >= low*0.99 && t.at <= high*1.01 {
			ticks = append(ticks, plot.Tick{Value: t.at, Label: t.name})
		}
	}
	return ticks
}

// coverageChart is the share that has a warning by its age: a line for each
// series, a band from the worst to the best seed.
func coverageChart(s *Study) (template.HTML, error) {
	p := newPlot("Who has the warning, by its age", "age of the warning", "share of those concerned")
	p.X.Scale, p.X.Tick.Marker = plot.LogScale{}, ageTicks{}
	p.Y.Min, p.Y.Max = 0, 1
	most := 1.0
	for _, series := range s.Series {
		for _, r := range series.Results {
			for _, a := range warnings(r) {
				most = math.Max(most, a.Ages[len(a.Ages)-1])
			}
		}
	}
	for i := range s.Series {
		var mean, low, high plotter.XYs
		for k := range curvePoints {
			age := 0.01 * math.Pow(most/0.01, float64(k)/(curvePoints-1))
			b := s.Series[i].band(func(r *scenario.Result) float64 { return curve(r, age) })
			mean, low, high = append(mean, plotter.XY{X: age, Y: b.Mean}), append(low, plotter.XY{X: age, Y: b.Low}), append(high, plotter.XY{X: age, Y: b.High})
		}
		if err := addBand(p, mean, low, high, colour(i)); err != nil {
			return "", err
		}
	}
	return svg(p, chartWidth, chartHeight)
}

func addBand(p *plot.Plot, mean, low, high plotter.XYs, c color.RGBA) error {
	outline := append(plotter.XYs{}, low...)
	for k := range high {
		outline = append(outline, high[len(high)-1-k])
	}
	area, err := plotter.NewPolygon(outline)
	if err != nil {
		return err
	}
	area.Color, area.LineStyle.Width = pale(c), 0
	line, err := plotter.NewLine(mean)
	if err != nil {
		return err
	}
	line.Color, line.Width = c, vg.Points(1.5)
	p.Add(area, line)
	return nil
}

// bars draws a group of bars for each series.
func bars(title, y string, names []string, values [][]float64) (template.HTML, error) {
	p := newPlot(title, "", y)
	p.Y.Min = 0
	width := vg.Points(math.Max(4, 180/float64(len(names)*len(values)+1)))
	for i, v := range values {
		b, err := plotter.NewBarChart(plotter.Values(v), width)
		if err != nil {
			return "", err
		}
		b.Color, b.LineStyle.Width = colour(i), 0
		b.Offset = width * vg.Length(float64(i)-float64(len(values)-1)/2)
		p.Add(b)
	}
	p.NominalX(names...)
	p.X.Min, p.X.Max = -0.6, float64(len(names))-0.4
	return svg(p, chartWidth, chartHeight)
}

// latencyChart is how long the slowest of half, nine tenths and 99 of 100 waited.
func latencyChart(s *Study) (template.HTML, error) {
	var values [][]float64
	for i := range s.Series {
		v := []float64{}
		for _, of := range quantiles {
			b := s.Series[i].band(func(r *scenario.Result) float64 { return quantile(r, of) })
			if b.Low < 0 {
				b.Mean = 0
			}
			v = append(v, b.Mean)
		}
		values = append(values, v)
	}
	return bars("How long it took (0: not in every seed)", "seconds", []string{"half", "90 %", "99 %"}, values)
}

var quantiles = []func(scenario.AlertResult) float64{
	func(a scenario.AlertResult) float64 { return a.P50 },
	func(a scenario.AlertResult) float64 { return a.P90 },
	func(a scenario.AlertResult) float64 { return a.P99 },
}

// trafficChart is what devices sent.
func trafficChart(s *Study) (template.HTML, error) {
	var values [][]float64
	for i := range s.Series {
		v := []float64{}
		for k := range 3 {
			v = append(v, s.Series[i].band(func(r *scenario.Result) float64 { return r.Traffic.PerDevice[k] / 1000 }).Mean)
		}
		values = append(values, v)
	}
	return bars("What a device sent", "kB", []string{"mean", "half of them", "99 %"}, values)
}

// mapPicture is one frame of the map: a square for each cell with people in it,
// pale where nobody has the warning, dark where all do.
func mapPicture(f *scenario.MapFrame) template.HTML {
	var b bytes.Buffer
	cell := 6
	fmt.Fprintf(&b, `<svg viewBox="0 0 %d %d" role="img" aria-label="map">`, f.Columns*cell, f.Rows*cell)
	for i, total := range f.Total {
		if total == 0 {
			continue
		}
		share := float64(f.Reached[i]) / float64(total)
		x, y := i%f.Columns, f.Rows-1-i/f.Columns // north is up
		// From a pale orange to the blue of the charts, by way of grey.
		c := func(from, to float64) int { return int(from + (to-from)*share) }
		fmt.Fprintf(&b, `<rect x="%d" y="%d" width="%d" height="%d" fill="#%02x%02x%02x"><title>%d of %d</title></rect>`,
			x*cell, y*cell, cell, cell, c(250, 0), c(215, 80), c(180, 150), f.Reached[i], total)
	}
	b.WriteString("</svg>")
	return template.HTML(b.String())
}

package brief

import "testing"

// The metric message-B is what goes on the air; signed-B is what it stands for.

func BenchmarkWrite(b *testing.B) {
	w := newWorld(b)
	e := w.sign(b, templated(b, w, "hochwasser"), false, 2)
	size := 0
	for b.Loop() {
		m, err := Write(e, w.shelf, Options{})
		if err != nil {
			b.Fatal(err)
		}
		size = len(m)
	}
	b.ReportMetric(float64(size), "message-B")
	b.ReportMetric(float64(len(e.Encode())), "signed-B")
}

func BenchmarkExpand(b *testing.B) {
	w := newWorld(b)
	for name, parts := range map[string]bool{"coded": false, "template": true} {
		c := coded(w)
		if parts {
			c = templated(b, w, "hochwasser")
		}
		m, err := Write(w.sign(b, c, parts, 1), w.shelf, Options{Parts: parts})
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := Expand(m, w.shelf); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(len(m)), "message-B")
		})
	}
}

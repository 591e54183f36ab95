package report

import (
	"fmt"
	"time"
)

func percent(b Band) string {
	text := fmt.Sprintf("%.1f %%", 100*b.Mean)
	if b.High-b.Low > 0.0005 {
		text += fmt.Sprintf(" (%.1f to %.1f)", 100*b.Low, 100*b.High)
	}
	return text
}

func percents(list []Band) (text []string) {
	for _, b := range list {
		text = append(text, percent(b))
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
		return fmt.Sprintf("%.2g s", s)
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", s)
	case d < 2*time.Hour:
		return fmt.Sprintf("%.0f min", d.Minutes())
	}
	return fmt.Sprintf("%.3g h", d.Hours())
}

func spans(list []float64) (text []string) {
	for _, s := range list {
		text = append(text, span(s))
	}
	return text
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

package scenario

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// Quantities are written with their unit, so that nobody has to remember it.
type (
	// Duration is written as 90s, 15m, 24h or 2d.
	Duration time.Duration
	// Span is a Duration that may be negative and go over years: -3h, 10y.
	Span time.Duration
	// Share is written as 5% or 0.05.
	Share float64
	// Metres are written as 50m or 2km.
	Metres float64
	// Speed is written as 1.5m/s or 50km/h.
	Speed float64 // metres a second
	// Rate is written as 250kB/s or 20Mbit/s.
	Rate float64 // bytes a second
	// Bytes are written as 700B, 2kB or 1MB.
	Bytes float64
	// Volume is written as Bytes, or as 2GB, of stores and quotas.
	Volume float64
)

// unit is what a quantity may be written in and how much that is.
type unit struct {
	name string
	is   float64
}

var (
	durations = []unit{{"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}, {"d", 86400e9}, {"y", 365 * 86400e9}}
	metres    = []unit{{"km", 1000}, {"m", 1}}
	speeds    = []unit{{"km/h", 1 / 3.6}, {"m/s", 1}}
	rates     = []unit{{"Mbit/s", 1e6 / 8}, {"kbit/s", 1e3 / 8}, {"bit/s", 1.0 / 8}, {"MB/s", 1e6}, {"kB/s", 1e3}, {"B/s", 1}}
	sizes     = []unit{{"MB", 1e6}, {"kB", 1e3}, {"B", 1}}
	volumes   = []unit{{"GB", 1e9}, {"MB", 1e6}, {"kB", 1e3}, {"B", 1}}
	shares    = []unit{{"%", 0.01}, {"", 1}}
)

// UnmarshalYAML implements yaml.Unmarshaler.
func (d *Duration) UnmarshalYAML(n *yaml.Node) error {
	f, err := measure(n, durations, 0, 10*365*86400e9)
	*d = Duration(f)
	return err
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (d *Span) UnmarshalYAML(n *yaml.Node) error {
	f, err := measure(n, durations, -100*365*86400e9, 100*365*86400e9)
	*d = Span(f)
	return err
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (s *Share) UnmarshalYAML(n *yaml.Node) error {
	f, err := measure(n, shares, 0, 1)
	*s = Share(f)
	return err
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (m *Metres) UnmarshalYAML(n *yaml.Node) error {
	f, err := measure(n, metres, -1e7, 1e7)
	*m = Metres(f)
	return err
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (s *Speed) UnmarshalYAML(n *yaml.Node) error {
	f, err := measure(n, speeds, 0, 300)
	*s = Speed(f)
	return err
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (r *Rate) UnmarshalYAML(n *yaml.Node) error {
	f, err := measure(n, rates, 0, 1e12)
	*r = Rate(f)
	return err
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (b *Bytes) UnmarshalYAML(n *yaml.Node) error {
	f, err := measure(n, sizes, 0, 64e3)
	*b = Bytes(f)
	return err
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (v *Volume) UnmarshalYAML(n *yaml.Node) error {
	f, err := measure(n, volumes, 0, 4e9)
	*v = Volume(f)
	return err
}

// measure reads a number with one of the units. 0 needs none.
func measure(n *yaml.Node, units []unit, low, high float64) (float64, error) {
	text := strings.TrimSpace(n.Value)
	var names []string
	for _, u := range units {
		number, cut := strings.CutSuffix(text, u.name)
		if u.name != "" {
			names = append(names, u.name)
		}
		if !cut {
			continue
		}
		f, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil {
			continue // as m of ms, or s of m/s
		}
		if f *= u.is; math.IsNaN(f) || f < low || f > high {
			return 0, &Error{Line: n.Line, Column: n.Column, Message: fmt.Sprintf("%q is out of bounds", text), node: n}
		}
		return f, nil
	}
	if text == "0" {
		return 0, nil
	}
	return 0, &Error{Line: n.Line, Column: n.Column, Message: fmt.Sprintf("%q: want a number with a unit (%s)", text, strings.Join(names, ", ")), node: n}
}

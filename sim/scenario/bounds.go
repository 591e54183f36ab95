package scenario

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// MaxDuration bounds a scenario: the engines count milliseconds in 32 bits.
const MaxDuration = Duration(40 * 24 * time.Hour)

// MaxDevices bounds those of a scenario, adversaries' included: the model takes some
// hundreds of bytes for each before anything is played.
const MaxDevices = 20_000_000

// bounds holds values to what can be played, and told.
func (c *checker) bounds() {
	c.within("duration", c.s.Duration > 0, "want more than 0")
	c.within("duration", c.s.Duration <= MaxDuration, "want at most 40d")
	c.devices()
	for name, l := range c.s.Links {
		if l.Range < 0 {
			c.fail("want 0, for infrastructure, or more", "links", name, "range")
		}
		if l.Airtime != "" && l.Range == 0 {
			c.fail("want range beside airtime: a radio does not reach everybody", "links", name)
		}
	}
	for i, o := range c.s.Outages {
		if o.At >= c.s.Duration {
			c.fail("begins after the end of the scenario", "outages", strconv.Itoa(i), "at")
		} else if o.Until <= o.At {
			c.fail("ends before it begins", "outages", strconv.Itoa(i))
		}
	}
	first := c.s.Duration
	for i, a := range c.s.Alerts {
		first = min(first, a.At)
		if g := c.s.group(a.From); g != nil && g.Devices() == 0 {
			c.fail(fmt.Sprintf("group %q has no device", a.From), "alerts", strconv.Itoa(i), "from")
		}
	}
	for i, m := range c.s.Marks {
		switch {
		case m <= 0:
			c.fail("want more than 0", "marks", strconv.Itoa(i))
		case i > 0 && m <= c.s.Marks[i-1]:
			c.fail("want the shorter age first", "marks", strconv.Itoa(i))
		case first < c.s.Duration && m > c.s.Duration-first:
			c.fail(fmt.Sprintf("no alert gets so old before the end of the scenario, at %s", time.Duration(c.s.Duration)), "marks", strconv.Itoa(i))
		}
	}
	for i := range c.s.Variants {
		if name := c.s.Variants[i].Name; slices.IndexFunc(c.s.Variants, func(a Alternative) bool { return a.Name == name }) < i {
			c.fail(fmt.Sprintf("%q is there twice", name), "variants", strconv.Itoa(i), "name")
		}
	}
}

// devices bounds how many there are, and blames the entry with the most.
func (c *checker) devices() {
	most, path := -1, []string(nil)
	for i := range c.s.Groups {
		if n := c.s.Groups[i].Devices(); n > most {
			most, path = n, []string{"groups", strconv.Itoa(i), "count"}
		}
	}
	for i := range c.s.Adversaries {
		if n := c.s.Adversaries[i].Devices(); n > most {
			most, path = n, []string{"adversaries", strconv.Itoa(i), "count"}
		}
	}
	if total := c.s.Devices(); total > MaxDevices {
		c.fail(fmt.Sprintf("%d devices with all others, adversaries' included; at most %d", total, MaxDevices), path...)
	}
}

// Devices counts the devices of all groups and adversaries.
func (s *Scenario) Devices() (n int) {
	for i := range s.Groups {
		n += s.Groups[i].Devices()
	}
	for i := range s.Adversaries {
		n += s.Adversaries[i].Devices()
	}
	return n
}

// Devices counts those of the group that run the program.
func (g *Group) Devices() int { return int(math.Round(float64(g.Count) * float64(*g.Adoption))) }

// Devices counts the adversary's: each identity of a Sybil is one.
func (a *Adversary) Devices() int { return a.Count * max(1, a.Per) }

// usualMarks are the default ones that an alert gets as old as, or the oldest age.
func (s *Scenario) usualMarks() (marks []Duration) {
	oldest := Duration(0) // that an alert gets
	for _, a := range s.Alerts {
		oldest = max(oldest, s.Duration-a.At)
	}
	for _, m := range DefaultMarks {
		if m <= oldest {
			marks = append(marks, m)
		}
	}
	if len(marks) == 0 {
		return []Duration{max(oldest, 1)}
	}
	return marks
}

// group is the group of a name, or nil.
func (s *Scenario) group(name string) *Group {
	for i := range s.Groups {
		if s.Groups[i].Name == name {
			return &s.Groups[i]
		}
	}
	return nil
}

package scenario

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// check holds the values to each other: names that are used have to be there, and
// times have to lie within the scenario.
func (s *Scenario) check(n *yaml.Node) (errs []error) {
	c := checker{s: s, root: n, places: map[string]bool{}, groups: map[string]bool{}, alerts: map[string]bool{}}
	c.bounds()
	c.times()
	for i, p := range s.Places {
		c.unique(c.places, p.Name, "places", strconv.Itoa(i), "name")
		if p.Kind == "plane" && (p.Size[0] <= 0 || p.Size[1] <= 0) {
			c.fail("want two lengths above 0", "places", strconv.Itoa(i), "size")
		}
	}
	for i := range s.Groups {
		c.group(i, &s.Groups[i])
	}
	for i, o := range s.Outages {
		c.place(o.Place, "outages", strconv.Itoa(i), "place")
		if link, is := strings.CutPrefix(o.What, "link:"); is {
			c.link(link, "outages", strconv.Itoa(i), "what")
		}
	}
	for i, a := range s.Alerts {
		c.place(a.Place, "alerts", strconv.Itoa(i), "place")
		if !c.groups[a.From] {
			c.fail(fmt.Sprintf("no group %q", a.From), "alerts", strconv.Itoa(i), "from")
		}
		if a.At >= s.Duration {
			c.fail("is issued after the end of the scenario", "alerts", strconv.Itoa(i), "at")
		}
		if a.Count > 1 && a.Every == 0 {
			c.fail("want every beside count", "alerts", strconv.Itoa(i))
		}
		if a.Name != "" {
			c.unique(c.alerts, a.Name, "alerts", strconv.Itoa(i), "name")
		}
	}
	for i := range s.Alerts {
		c.followUp(i, &s.Alerts[i])
	}
	authorities := map[string]bool{}
	for i, a := range s.Authorities {
		c.unique(authorities, a.Path, "authorities", strconv.Itoa(i), "path")
	}
	for i, a := range s.Adversaries {
		c.place(a.At, "adversaries", strconv.Itoa(i), "at")
		for j, l := range a.Links {
			c.link(l, "adversaries", strconv.Itoa(i), "links", strconv.Itoa(j))
		}
	}
	for path := range s.Sweep {
		if steps := strings.Split(path, "."); steps[0] == "sweep" || find(n, steps[:1]) == n {
			c.fail("names nothing in this scenario", "sweep", path)
		}
	}
	return c.errs
}

type checker struct {
	s                      *Scenario
	root                   *yaml.Node
	places, groups, alerts map[string]bool
	errs                   []error
}

func (c *checker) fail(text string, path ...string) {
	c.errs = append(c.errs, at(c.root, text, path...))
}

func (c *checker) within(field string, good bool, text string) {
	if !good {
		c.fail(text, field)
	}
}

func (c *checker) unique(seen map[string]bool, name string, path ...string) {
	if seen[name] {
		c.fail(fmt.Sprintf("%q is there twice", name), path...)
	}
	seen[name] = true
}

func (c *checker) place(name string, path ...string) {
	if name != "" && !c.places[name] {
		c.fail(fmt.Sprintf("no place %q", name), path...)
	}
}

func (c *checker) link(name string, path ...string) {
	if _, ok := c.s.Links[name]; !ok {
		c.fail(fmt.Sprintf("no link %q", name), path...)
	}
}

func (c *checker) group(i int, g *Group) {
	at := func(field ...string) []string { return append([]string{"groups", strconv.Itoa(i)}, field...) }
	c.unique(c.groups, g.Name, at("name")...)
	c.place(g.At, at("at")...)
	for j, l := range g.Links {
		c.link(l, at("links", strconv.Itoa(j))...)
	}
	m := g.Movement
	if slices.Contains([]string{"waypoint", "streets", "route"}, m.Model) && (m.Speed[0] <= 0 || m.Speed[1] < m.Speed[0]) {
		c.fail("want two speeds above 0, the lower first", at("movement", "speed")...)
	}
	if m.Pause[1] < m.Pause[0] {
		c.fail("want the shorter pause first", at("movement", "pause")...)
	}
	switch m.Model {
	case "trace":
		if m.File == "" {
			c.fail("want the file of a contact log", at("movement")...)
		}
	case "streets":
		if p := c.s.Place(g.At); p != nil && p.Kind != "streets" {
			c.fail(fmt.Sprintf("place %q has no streets", g.At), at("movement", "model")...)
		}
	case "route":
		if len(m.Route) < 2 {
			c.fail("want at least two places", at("movement", "route")...)
		}
		for j, p := range m.Route {
			c.place(p, at("movement", "route", strconv.Itoa(j))...)
		}
	}
	if *g.Awake < 1 && g.Turn == 0 {
		c.fail("want turn beside awake", at("awake")...)
	}
	if (g.Leave == 0) != (g.Return == 0) {
		c.fail("want leave and return together", at()...)
	}
	if g.Layout == "clustered" && g.Per == 0 {
		c.fail("want per beside a clustered layout", at("layout")...)
	}
}

// Place is the place of a name, or nil.
func (s *Scenario) Place(name string) *Place {
	for i := range s.Places {
		if s.Places[i].Name == name {
			return &s.Places[i]
		}
	}
	return nil
}

// Files are the files that the scenario names, each once.
func (s *Scenario) Files() (names []string) {
	add := func(name string) {
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	for _, p := range s.Places {
		add(p.File)
	}
	for _, g := range s.Groups {
		add(g.Movement.File)
	}
	for _, a := range s.Alerts {
		add(a.File)
	}
	return names
}

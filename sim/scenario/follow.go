package scenario

import (
	"fmt"
	"slices"
	"strconv"
)

// Alert is the entry of the scenario with a name, or -1.
func (s *Scenario) Alert(name string) int {
	return slices.IndexFunc(s.Alerts, func(a Alert) bool { return a.Name == name })
}

// Paired reports whether each of a series follows up its counterpart in another
// one, and not all of it.
func (a *Alert) Paired(t *Alert) bool { return a.Count > 1 && a.Count == t.Count }

// followUp holds an alert to those that it follows up: they are there, and were
// issued before it.
func (c *checker) followUp(i int, a *Alert) {
	at := func(field ...string) []string { return append([]string{"alerts", strconv.Itoa(i)}, field...) }
	if a.Confirmed > 0 && a.Signatures != 1 {
		c.fail("want signatures: 1 beside confirmed", at("confirmed")...)
	}
	switch {
	case a.File != "" && a.Kind != "":
		c.fail("the document says it", at("kind")...)
	case a.Kind == "alert" && len(a.Follows) > 0:
		c.fail("want kind: update, all-clear or withdrawal beside follows", at("follows")...)
	case a.File == "" && a.Kind != "alert" && len(a.Follows) == 0:
		c.fail("want follows beside this kind", at("kind")...)
	}
	named := 0
	for j, name := range a.Follows {
		k := c.s.Alert(name)
		if k < 0 {
			c.fail(fmt.Sprintf("no alert %q", name), at("follows", strconv.Itoa(j))...)
			continue
		}
		t, before := &c.s.Alerts[k], false
		last := Duration(t.Count-1) * t.Every
		if a.Paired(t) {
			named++
			before = t.At < a.At && t.At+last < a.At+Duration(a.Count-1)*a.Every
		} else {
			named += t.Count
			before = t.At+last < a.At
		}
		if !before {
			c.fail(fmt.Sprintf("%q is not issued before", name), at("follows", strconv.Itoa(j))...)
		}
	}
	if named > MaxFollows {
		c.fail(fmt.Sprintf("%d alerts, at most %d", named, MaxFollows), at("follows")...)
	}
}

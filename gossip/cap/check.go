package cap

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// report collects problems up to MaxProblems.
type report struct {
	root     *node // to find lines; may be nil
	problems []Problem
	more     int   // problems beyond MaxProblems
	worst    Level // among them
}

// add notes a problem; the message is only formatted if it is kept.
func (r *report) add(path string, line int, rule, format string, args ...any) {
	level := ruleLevels[rule]
	if len(r.problems) >= MaxProblems {
		r.more++
		if r.worst == "" || level == LevelError || level == LevelWarning && r.worst == LevelInfo {
			r.worst = level
		}
		return
	}
	r.problems = append(r.problems, Problem{
		Path: path, Line: line, Rule: rule, Severity: level, Message: fmt.Sprintf(format, args...),
	})
}

// full tells that a path need not be built any more.
func (r *report) full() bool { return len(r.problems) >= MaxProblems }

// list returns the problems in the order of the document.
func (r *report) list() []Problem {
	slices.SortStableFunc(r.problems, func(a, b Problem) int { return a.Line - b.Line })
	if r.more > 0 {
		return append(r.problems, Problem{Path: "/", Rule: "limit-problems", Severity: r.worst,
			Message: fmt.Sprintf("%d more problems are not listed", r.more)})
	}
	return r.problems
}

// at reports a schema problem of a node.
func (r *report) at(n *node, rule, format string, args ...any) {
	path := "/"
	if !r.full() {
		path = n.path()
	}
	r.add(path, n.line, rule, format, args...)
}

// path spells where a node stands, with an index where its name may repeat.
func (n *node) path() string {
	if n.parent == nil {
		return "/" + excerpt(n.name)
	}
	index, count := 0, 0
	for _, k := range n.parent.kids {
		if k.name == n.name {
			count++
		}
		if k == n {
			index = count
		}
	}
	step := "/" + excerpt(n.name)
	if count > 1 || repeatableNames[n.name] {
		step += "[" + strconv.Itoa(index) + "]"
	}
	return n.parent.path() + step
}

// repeatableNames are the elements of CAP that may stand several times.
var repeatableNames = func() map[string]bool {
	names := map[string]bool{}
	for _, model := range [][]element{alertElements, infoElements, resourceElements, areaElements} {
		for _, e := range model {
			if e.repeatable() {
				names[e.name] = true
			}
		}
	}
	return names
}()

// checker holds a document against the schema of one version.
type checker struct {
	*report
	column int
	space  string
}

// sequence checks the children of n against a content model: order,
// cardinality, and each child in turn.
func (c *checker) sequence(n *node, model []element) {
	if trim(n.text) != "" {
		c.at(n, "schema-text", "text %q between the elements is dropped", excerpt(trim(n.text)))
	}
	counts := make([]int, len(model))
	last := 0
	for _, kid := range n.kids {
		i := find(model, kid.name)
		if kid.space == xmlnsSig {
			c.signature(kid, n)
			last = len(model)
			continue
		}
		if i < 0 || !isCAP(kid.space) && kid.space != "" {
			c.at(kid, "schema-element", "element is not part of CAP here and is dropped")
			continue
		}
		if kid.space != c.space {
			c.at(kid, "schema-namespace", "element has namespace %q instead of %q", excerpt(kid.space), c.space)
		}
		if i < last {
			c.at(kid, "schema-order", "element must stand %s", place(model, i, n.name))
		}
		last = max(last, i)
		counts[i]++
		c.child(kid, &model[i], counts[i])
	}
	for i, e := range model {
		if counts[i] == 0 && strings.ContainsRune("1+", rune(e.occurrence[c.column])) {
			c.at(n, "schema-missing", "required element %s is missing", e.name)
		}
	}
}

func place(model []element, i int, parent string) string {
	if i+1 == len(model) {
		return "last in " + parent + ", before signatures"
	}
	return "before " + model[i+1].name
}

// signature checks an element of the signature namespace: CAP 1.2 allows them
// at the end of alert, the schemas of 1.0 and 1.1 nowhere.
func (c *checker) signature(n, parent *node) {
	switch {
	case parent.parent != nil || parent.name != "alert":
		c.at(n, "schema-element", "a signature may only stand at the end of alert and is dropped")
	case c.column != columns[V12]:
		c.at(n, "schema-version", "the schema of this CAP version has no signature; it is kept")
	}
}

// child checks one element that the model knows.
func (c *checker) child(n *node, e *element, count int) {
	switch occurrence := e.occurrence[c.column]; {
	case occurrence == '-':
		c.at(n, "schema-version", "this CAP version has no element %s; it is kept", e.name)
	case count > 1 && (occurrence == '1' || occurrence == '?'):
		c.at(n, "schema-repeated", "element may stand only once; the first counts")
	}
	c.attributes(n)
	switch {
	case e.kind == complex, e.kind == named && c.column != columns[V10]:
		c.sequence(n, e.content)
		return
	case len(n.kids) > 0:
		c.at(n, "schema-content", "no elements are allowed here; their text is kept")
	}
	if rule, want := lexical(e, c.column, n.allText()); rule != "" {
		c.at(n, rule, "%q is wrong: want %s", excerpt(n.allText()), want)
	}
}

// attributes reports the attributes other than namespaces and schema
// locations: CAP has none.
func (c *checker) attributes(n *node) {
	for _, a := range n.attrs {
		if a.Space != xmlnsXSI || a.Local != "schemaLocation" && a.Local != "noNamespaceSchemaLocation" {
			c.at(n, "schema-attribute", "attribute %q is not part of CAP and is dropped", excerpt(a.Local))
		}
	}
}

// allText returns the character data of an element and of what it wrongly
// contains, in the order of the document.
func (n *node) allText() string {
	if len(n.kids) == 0 {
		return n.text
	}
	var b strings.Builder
	done := 0
	for _, k := range n.kids {
		b.WriteString(n.text[done:k.at] + " " + k.allText() + " ")
		done = k.at
	}
	b.WriteString(n.text[done:])
	return b.String()
}

func isCAP(space string) bool {
	for _, s := range namespaces {
		if space == s {
			return true
		}
	}
	return false
}

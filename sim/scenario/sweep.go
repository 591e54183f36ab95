package scenario

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxVariants bounds the combinations of a sweep.
const maxVariants = 10_000

// Setting is one value that a variant gives to a path.
type Setting struct{ Path, Value string }

// Variant is a scenario with one combination of a sweep's values.
type Variant struct {
	Settings []Setting // in the order of their paths; empty: there is no sweep
	Scenario *Scenario
}

// Name is the settings as in "adoption=5%".
func (v *Variant) Name() string {
	var parts []string
	for _, s := range v.Settings {
		parts = append(parts, s.Path[strings.LastIndex(s.Path, ".")+1:]+"="+s.Value)
	}
	return strings.Join(parts, " ")
}

// Variants reads a scenario and returns it once for each combination of its
// sweep's values, in a fixed order; further settings, as of a command line,
// replace a sweep of the same path.
func Variants(text []byte, further ...Setting) ([]Variant, error) {
	base, err := Parse(text)
	if err != nil {
		return nil, err
	}
	sweep := map[string][]string{}
	for path, values := range base.Sweep {
		for _, v := range values {
			sweep[path] = append(sweep[path], fmt.Sprint(v))
		}
	}
	for _, s := range further {
		sweep[s.Path] = []string{s.Value}
	}
	paths := []string{}
	for path := range sweep {
		paths = append(paths, path)
	}
	slices.Sort(paths)
	combinations := [][]Setting{nil}
	for _, path := range paths {
		var more [][]Setting
		for _, c := range combinations {
			for _, v := range sweep[path] {
				more = append(more, append(slices.Clone(c), Setting{path, v}))
			}
		}
		if combinations = more; len(combinations) > maxVariants {
			return nil, fmt.Errorf("the sweep has more than %d combinations", maxVariants)
		}
	}
	var all []Variant
	for _, settings := range combinations {
		s, err := With(text, settings)
		if err != nil {
			return nil, err
		}
		all = append(all, Variant{settings, s})
	}
	return all, nil
}

// With reads a scenario with some of its values replaced; its sweep is not played.
func With(text []byte, settings []Setting) (*Scenario, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return nil, err
	}
	doc := root.Content[0]
	for _, s := range settings {
		if err := set(doc, s); err != nil {
			return nil, err
		}
	}
	parsed, err := parse(doc)
	if err != nil {
		return nil, fmt.Errorf("with %v: %w", settings, err)
	}
	return parsed, nil
}

// set replaces a value, or adds it where everything above it is there.
func set(doc *yaml.Node, s Setting) error {
	steps := strings.Split(s.Path, ".")
	last := len(steps) - 1
	n := doc
	for _, step := range steps[:last] {
		if n = child(n, step); n == nil {
			return fmt.Errorf("%s: there is no %q in the scenario", s.Path, step)
		}
	}
	value := &yaml.Node{}
	if err := yaml.Unmarshal([]byte(s.Value), value); err != nil || len(value.Content) != 1 {
		return fmt.Errorf("%s: %q is no value", s.Path, s.Value)
	}
	if old := child(n, steps[last]); old != nil {
		line, column := old.Line, old.Column
		*old = *value.Content[0]
		old.Line, old.Column = line, column
		return nil
	}
	if n.Kind != yaml.MappingNode {
		return fmt.Errorf("%s: there is no %q in the scenario", s.Path, steps[last])
	}
	n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: steps[last], Line: n.Line, Column: n.Column}, value.Content[0])
	return nil
}

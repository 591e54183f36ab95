package scenario

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// maxVariants bounds what one scenario asks to play, for each of its seeds.
const maxVariants = 10_000

// Setting is one value that a variant gives to a path.
type Setting struct {
	Path  string `json:"path"`
	Value string `json:"value"` // as in a scenario
}

// String is the setting as in "walkers.adoption=5%".
func (s Setting) String() string {
	for _, kind := range []string{"groups.", "links.", "places."} {
		s.Path = strings.TrimPrefix(s.Path, kind)
	}
	return strings.TrimPrefix(s.Path, "*.") + "=" + strings.ReplaceAll(s.Value, `"`, "")
}

// Variant is a scenario with some of its values replaced.
type Variant struct {
	// Name is that of the scenario's variant, or the settings as in
	// "walkers.adoption=5%", or both. Empty: the scenario as it stands.
	Name     string
	Settings []Setting // in the order in which they are made
	Scenario *Scenario
}

// Variants reads a scenario and returns all that it asks to play: as it stands and
// with each of its variants, and that for each combination of its sweep's values,
// in a fixed order. Further settings, as of a command line, come last; they replace
// a sweep of the same path. The error joins the first one of each variant.
func Variants(text []byte, further ...Setting) ([]Variant, error) {
	base, err := Parse(text)
	if err != nil {
		return nil, err
	}
	combinations, err := base.combinations(further)
	if err != nil {
		return nil, err
	}
	var all []Variant
	var errs []error
	for i := -1; i < len(base.Variants); i++ {
		title, before := "", []Setting(nil)
		if i >= 0 {
			title, before = base.Variants[i].Name, base.Variants[i].settings()
		}
		for _, swept := range combinations {
			v, err := newVariant(text, title, before, swept)
			if err != nil {
				errs = append(errs, base.blame(text, i, err))
				break
			}
			all = append(all, v)
		}
		if i < 0 && len(errs) > 0 {
			break // which would be said again of each variant
		}
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	return all, nil
}

// blame gives an error about a path its place, if it is in variant i or in the sweep.
func (s *Scenario) blame(text []byte, i int, err error) error {
	var bad *pathError
	doc, unread := document(text)
	if !errors.As(err, &bad) || unread != nil {
		return err
	}
	if i >= 0 {
		if _, is := s.Variants[i].Set[bad.path]; is {
			return at(doc, bad.text, "variants", strconv.Itoa(i), "set", bad.path)
		}
	}
	if _, is := s.Sweep[bad.path]; is {
		return at(doc, bad.text, "sweep", bad.path)
	}
	return err
}

// pathError is a setting whose path leads nowhere.
type pathError struct{ path, text string }

func (e *pathError) Error() string { return e.path + ": " + e.text }

// One reads a scenario with settings, as of a command line. Neither its variants nor
// its sweep are played.
func One(text []byte, settings []Setting) (Variant, error) {
	return newVariant(text, "", nil, settings)
}

func newVariant(text []byte, title string, before, swept []Setting) (v Variant, err error) {
	v = Variant{Name: title, Settings: slices.Concat(before, swept)}
	for _, s := range swept {
		v.Name = strings.TrimSpace(v.Name + " " + s.String())
	}
	if v.Scenario, err = With(text, v.Settings); err != nil && v.Name != "" {
		err = fmt.Errorf("with %s: %w", v.Name, err)
	}
	return v, err
}

// combinations are the sweep's, each with the further settings.
func (s *Scenario) combinations(further []Setting) ([][]Setting, error) {
	sweep := map[string][]string{}
	for path, values := range s.Sweep {
		for _, v := range values {
			sweep[path] = append(sweep[path], written(v))
		}
	}
	for _, f := range further {
		delete(sweep, f.Path)
	}
	all := [][]Setting{nil}
	for _, path := range slices.Sorted(maps.Keys(sweep)) {
		var more [][]Setting
		for _, c := range all {
			for _, v := range sweep[path] {
				more = append(more, append(slices.Clone(c), Setting{path, v}))
			}
		}
		if all = more; len(all)*(1+len(s.Variants)) > maxVariants {
			return nil, fmt.Errorf("the sweep has more than %d combinations", maxVariants)
		}
	}
	for i := range all {
		all[i] = append(all[i], further...)
	}
	return all, nil
}

func (a *Alternative) settings() (list []Setting) {
	for _, path := range slices.Sorted(maps.Keys(a.Set)) {
		list = append(list, Setting{path, written(a.Set[path])})
	}
	return list
}

// written is a value as it stands in a scenario.
func written(v any) string {
	switch v.(type) {
	case []any, map[string]any:
		if text, err := json.Marshal(v); err == nil { // which is YAML too
			return string(text)
		}
	}
	return fmt.Sprint(v)
}

// With reads a scenario with some of its values replaced; its sweep is not played.
func With(text []byte, settings []Setting) (*Scenario, error) {
	doc, err := document(text)
	if err != nil {
		return nil, err
	}
	for _, s := range settings {
		if err := set(doc, s); err != nil {
			return nil, err
		}
	}
	return parse(doc)
}

// set replaces a value, or adds it where everything above it is there. A * in its
// path stands for all that have the value.
func set(doc *yaml.Node, s Setting) error {
	before, after, every := strings.Cut(s.Path, ".*.")
	if !every {
		return put(doc, s.Path, s.Path, s.Value)
	}
	list, err := walk(doc, before, s.Path)
	if err != nil {
		return err
	}
	found := false
	for i, c := range list.Content {
		steps := strings.Split(after, ".")
		if list.Kind == yaml.MappingNode && i%2 == 0 || find(c, steps) == find(c, steps[:len(steps)-1]) {
			continue
		}
		found = true
		if err := put(c, after, s.Path, s.Value); err != nil {
			return err
		}
	}
	if !found {
		return &pathError{s.Path, fmt.Sprintf("nothing in %s has %s", before, after)}
	}
	return nil
}

// walk is what stands at a path below a node. name is the whole path, for errors.
func walk(n *yaml.Node, path, name string) (*yaml.Node, error) {
	for _, step := range strings.Split(path, ".") {
		next := child(n, step)
		if next == nil {
			return nil, &pathError{name, fmt.Sprintf("there is no %q in the scenario%s", step, Suggest(step, members(n)))}
		}
		n = next
	}
	return n, nil
}

// put replaces or adds the value at a path below a node.
func put(n *yaml.Node, path, name, text string) (err error) {
	var doc yaml.Node
	if err := yaml.Unmarshal([]byte(text), &doc); err != nil || len(doc.Content) != 1 {
		return &pathError{name, fmt.Sprintf("%q is no value", text)}
	}
	value, last := doc.Content[0], path
	if i := strings.LastIndex(path, "."); i >= 0 {
		if n, err = walk(n, path[:i], name); err != nil {
			return err
		}
		last = path[i+1:]
	}
	if old := child(n, last); old != nil {
		move(value, old)
		*old = *value
		return nil
	}
	if n.Kind != yaml.MappingNode {
		return &pathError{name, fmt.Sprintf("there is no %q in the scenario%s", last, Suggest(last, members(n)))}
	}
	move(value, n)
	n.Content = append(n.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: last, Line: n.Line, Column: n.Column}, value)
	return nil
}

// move gives a setting's value, and all in it, the place of a node of the scenario,
// for errors: its own is that in the setting, which begins with line 1.
func move(value, to *yaml.Node) {
	value.Line, value.Column = to.Line, to.Column
	for _, c := range value.Content {
		move(c, to)
	}
}

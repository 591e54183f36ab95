package scenario

import (
	"bytes"
	_ "embed"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v3"
)

// maxSize bounds a scenario file, so that YAML aliases cannot blow it up: the
// library allows few of them for so short a text.
const maxSize = 1 << 20

//go:embed schema.json
var schemaJSON []byte

// SchemaJSON is the JSON schema of the format (draft 2020-12), for editors.
func SchemaJSON() []byte { return slices.Clone(schemaJSON) }

// schemaName is what the compiled schema calls itself: absolute, or the working directory is
// asked for, which may be gone.
const schemaName = "urn:kreidfeuer:scenario"

var schema = sync.OnceValue(func() *jsonschema.Schema {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(schemaJSON))
	if err != nil {
		panic(err) // the schema is part of the program
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource(schemaName, doc); err != nil {
		panic(err)
	}
	return c.MustCompile(schemaName)
})

// Error says what is wrong where in a scenario.
type Error struct {
	Line, Column int
	Path         string // as in groups[0].count; empty: of the whole
	Message      string

	node *yaml.Node // whose value is wrong; nil: Path says it
}

func (e *Error) Error() string {
	at := fmt.Sprintf("line %d, column %d: ", e.Line, e.Column)
	if e.Path != "" {
		at += e.Path + ": "
	}
	return at + e.Message
}

// Parse reads a scenario. The error joins an [Error] for everything found.
func Parse(text []byte) (*Scenario, error) {
	doc, err := document(text)
	if err != nil {
		return nil, err
	}
	return parse(doc)
}

// document reads the YAML of a scenario.
func document(text []byte) (*yaml.Node, error) {
	if len(text) > maxSize {
		return nil, fmt.Errorf("%d bytes, want at most %d", len(text), maxSize)
	}
	var root yaml.Node
	if err := yaml.Unmarshal(text, &root); err != nil {
		return nil, ofYAML(err)
	}
	if len(root.Content) != 1 {
		return nil, &Error{Line: 1, Column: 1, Message: "the file is empty"}
	}
	return root.Content[0], nil
}

// parse reads one document: first its shape, then its values, then what they say
// about each other.
func parse(n *yaml.Node) (*Scenario, error) {
	if errs := unplain(n); len(errs) > 0 {
		return nil, inOrder(errs)
	}
	var plain any
	if err := n.Decode(&plain); err != nil {
		return nil, ofYAML(err)
	}
	if err := schema().Validate(plain); err != nil {
		var invalid *jsonschema.ValidationError
		if !errors.As(err, &invalid) {
			return nil, err
		}
		return nil, inOrder(located(n, invalid))
	}
	var s Scenario
	if err := n.Decode(&s); err != nil {
		var e *Error
		if errors.As(err, &e) {
			e.Path = pathTo(n, e.node)
		}
		return nil, ofYAML(err)
	}
	s.fill()
	return &s, inOrder(s.check(n))
}

// at is an error at a path; of a path that is not there, at its last part that is.
func at(n *yaml.Node, text string, path ...string) *Error {
	n = find(n, path)
	return &Error{Line: n.Line, Column: n.Column, Path: named(path), Message: text}
}

// Locate is where something stands in the text of a scenario, by its path as in a sweep;
// of what is not there, the last part of the path that is.
func Locate(text []byte, path ...string) (line, column int) {
	n, err := document(text)
	if err != nil {
		return 1, 1
	}
	n = find(n, path)
	return n.Line, n.Column
}

// named is a path as in groups[0].count.
func named(path []string) (name string) {
	for _, step := range path {
		if _, err := strconv.Atoi(step); err == nil {
			name += "[" + step + "]"
		} else {
			name += "." + step
		}
	}
	return strings.TrimPrefix(name, ".")
}

func find(n *yaml.Node, path []string) *yaml.Node {
	for _, step := range path {
		next := child(n, step)
		if next == nil {
			return n
		}
		n = next
	}
	return n
}

// child is a member by its name, an element by its number, or a member of a list
// by its field "name", as sweeps write it.
func child(n *yaml.Node, step string) *yaml.Node {
	if n.Kind == yaml.AliasNode {
		n = n.Alias
	}
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			if n.Content[i].Value == step {
				return n.Content[i+1]
			}
		}
	case yaml.SequenceNode:
		if i, err := strconv.Atoi(step); err == nil && i >= 0 && i < len(n.Content) {
			return n.Content[i]
		}
		for _, c := range n.Content {
			if name := child(c, "name"); name != nil && name.Value == step {
				return c
			}
		}
	}
	return nil
}

// fill sets what a scenario may leave out.
func (s *Scenario) fill() {
	if len(s.Seeds) == 0 {
		s.Seeds = []uint64{1}
	}
	if len(s.Marks) == 0 {
		s.Marks = s.usualMarks()
	}
	one := Share(1)
	for i := range s.Groups {
		g := &s.Groups[i]
		for _, share := range []**Share{&g.Adoption, &g.Awake, &g.Movement.Share} {
			if *share == nil {
				*share = &one
			}
		}
		g.Role, g.Layout, g.Movement.Model = or(g.Role, "citizen"), or(g.Layout, "random"), or(g.Movement.Model, "still")
	}
	for i := range s.Outages {
		o := &s.Outages[i]
		if o.Share == nil {
			o.Share = &one
		}
		if o.Until == 0 {
			o.Until = s.Duration
		}
	}
	for i := range s.Adversaries {
		if a := &s.Adversaries[i]; a.Until == 0 {
			a.Until = s.Duration
		}
	}
	for i := range s.Alerts {
		a := &s.Alerts[i]
		a.Count, a.Authority = max(a.Count, 1), or(a.Authority, a.From)
		if a.File == "" {
			a.Kind = or(a.Kind, "alert")
		}
	}
}

func or(a, b string) string {
	if a == "" {
		return b
	}
	return a
}

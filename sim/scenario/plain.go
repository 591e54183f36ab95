package scenario

import (
	"fmt"
	"math"
	"slices"

	"go.yaml.in/yaml/v3"
)

// unplain finds what YAML can say and JSON cannot, of which the schema's validator
// would not know what to make, or even panic.
func unplain(n *yaml.Node) (errs []error) {
	var look func(n *yaml.Node, path []string)
	look = func(n *yaml.Node, path []string) {
		wrong := func(n *yaml.Node, text string) {
			errs = append(errs, &Error{Line: n.Line, Column: n.Column, Path: named(path), Message: text})
		}
		switch n.Kind {
		case yaml.ScalarNode:
			if text := unplainScalar(n); text != "" {
				wrong(n, text)
			}
		case yaml.SequenceNode:
			for i, c := range n.Content {
				look(c, append(slices.Clip(path), fmt.Sprint(i)))
			}
		case yaml.MappingNode:
			for i := 0; i+1 < len(n.Content); i += 2 {
				key := n.Content[i]
				if key.Kind == yaml.AliasNode {
					key = key.Alias
				}
				if key.Kind != yaml.ScalarNode || key.ShortTag() != "!!str" && key.ShortTag() != "!!merge" {
					wrong(n.Content[i], "want a text as a field's name")
					continue
				}
				look(n.Content[i+1], append(slices.Clip(path), key.Value))
			}
		}
	}
	look(n, nil)
	return errs
}

// unplainScalar says what is wrong with one value; empty: nothing.
func unplainScalar(n *yaml.Node) string {
	switch n.ShortTag() {
	case "!!float":
		var f float64
		if err := n.Decode(&f); err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
			return fmt.Sprintf("%q: want a finite number", n.Value)
		}
	case "!!timestamp":
		return fmt.Sprintf("%q: a text that looks like a date is written in quotes", n.Value)
	}
	return ""
}

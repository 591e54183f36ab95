package scenario

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/santhosh-tekuri/jsonschema/v6/kind"
	"go.yaml.in/yaml/v3"
	"golang.org/x/text/language"
	"golang.org/x/text/message"

	"github.com/kreidfeuer/kreidfeuer/gossip/region/spelling"
)

// inOrder joins errors in the order of their places.
func inOrder(list []error) error {
	slices.SortStableFunc(list, func(a, b error) int {
		var x, y *Error
		if !errors.As(a, &x) || !errors.As(b, &y) {
			return 0
		}
		return cmp.Or(cmp.Compare(x.Line, y.Line), cmp.Compare(x.Column, y.Column))
	})
	return errors.Join(list...)
}

// yamlLine is how the YAML library says where something is wrong.
var yamlLine = regexp.MustCompile(`^(?:yaml: )?line (\d+): (.*)$`)

// ofYAML gives the errors of the YAML library their place.
func ofYAML(err error) error {
	var typed *yaml.TypeError
	lines := []string{err.Error()}
	if errors.As(err, &typed) {
		lines = typed.Errors
	}
	var list []error
	for _, line := range lines {
		m := yamlLine.FindStringSubmatch(line)
		if m == nil {
			return err
		}
		n, _ := strconv.Atoi(m[1]) // digits
		list = append(list, &Error{Line: max(n, 1), Column: 1, Message: "no YAML: " + m[2]})
	}
	return errors.Join(list...)
}

// pathTo is the path of a node below another, or nothing. It goes by the node, not by
// its place: all that a setting adds stands at one place.
func pathTo(n, wanted *yaml.Node) string {
	var found []string
	var look func(n *yaml.Node, path []string)
	look = func(n *yaml.Node, path []string) {
		if n == wanted {
			found = slices.Clone(path)
		}
		for i, c := range n.Content {
			switch {
			case n.Kind == yaml.SequenceNode:
				look(c, append(path, strconv.Itoa(i)))
			case i%2 == 1:
				look(c, append(path, n.Content[i-1].Value))
			}
		}
	}
	look(n, nil)
	return named(found)
}

// located turns the leaves of a schema's complaint into errors with their place.
func located(n *yaml.Node, e *jsonschema.ValidationError) (list []error) {
	for _, c := range e.Causes {
		list = append(list, located(n, c)...)
	}
	if len(e.Causes) > 0 {
		return list
	}
	at := func(format string, args ...any) {
		list = append(list, at(n, fmt.Sprintf(format, args...), e.InstanceLocation...))
	}
	switch k := e.ErrorKind.(type) {
	case *kind.AdditionalProperties:
		for _, name := range slices.Sorted(slices.Values(k.Properties)) {
			list = append(list, unknown(n, e, name))
		}
	case *kind.Required:
		at("missing: %s", strings.Join(k.Missing, ", "))
	case *kind.Type:
		at("want %s", strings.Join(said(k.Want), " or "))
	case *kind.Enum:
		var want []string
		for _, w := range k.Want {
			want = append(want, fmt.Sprint(w))
		}
		at("%q: want %s%s", fmt.Sprint(k.Got), strings.Join(want, ", "), Suggest(fmt.Sprint(k.Got), want))
	case *kind.Const:
		at("%q: want %v", fmt.Sprint(k.Got), k.Want)
	case *kind.Pattern:
		at("%q: want %s", k.Got, cmp.Or(patterns[k.Want], "something that matches "+k.Want))
	case *kind.Not:
		at("want a file beside the scenario or below it, without ..")
	case *kind.Minimum:
		at("want at least %s", k.Want.RatString())
	case *kind.Maximum:
		at("want at most %s", k.Want.RatString())
	case *kind.MinItems:
		at("want at least %d", k.Want)
	case *kind.MaxItems:
		at("%d of them, want at most %d", k.Got, k.Want)
	default:
		at("%s", e.ErrorKind.LocalizedString(message.NewPrinter(language.English)))
	}
	return list
}

// patterns are the schema's, in words.
var patterns = map[string]string{
	"^[a-z0-9][a-z0-9-]{0,47}$":               "lower-case letters, digits and hyphens, at most 48",
	"^(power|internet|cell|link:[a-z0-9-]+)$": "power, internet, cell, or link:NAME with the name of a link",
	`^[^/\\][^\\]*$`:                          "a file beside the scenario or below it",
	"^[^=]+=.+$":                              "PROPERTY=VALUE, as in ARS=07131",
	"^[a-z0-9-]+(/[a-z0-9-]+)*$":              "a path of lower-case words, as in rp/07131/lst",
}

// said are the names of JSON's types as people say them.
func said(types []string) (list []string) {
	words := map[string]string{"object": "fields, as in {name: value}", "array": "a list, as in [a, b]", "string": "a text", "integer": "a whole number", "number": "a number", "boolean": "true or false"}
	for _, t := range types {
		list = append(list, words[t])
	}
	return list
}

// decimal is what is left as a field of a decimal with a comma between braces.
var decimal = regexp.MustCompile(`^\d+[%a-zA-Z/]*$`)

// unknown is the complaint about a field that the format does not have.
func unknown(n *yaml.Node, e *jsonschema.ValidationError, name string) error {
	err := at(n, "", append(slices.Clone(e.InstanceLocation), name)...)
	if key := key(find(n, e.InstanceLocation), name); key != nil {
		err.Line, err.Column = key.Line, key.Column
	}
	err.Path = named(e.InstanceLocation)
	known := fields(e.SchemaURL)
	err.Message = fmt.Sprintf("unknown field %q", name)
	switch hint := Suggest(name, known); {
	case decimal.MatchString(name):
		err.Message += "; a decimal is written with a point, as in 2.5%"
	case hint != "":
		err.Message += hint
	case len(known) > 0:
		err.Message += "; want one of " + strings.Join(known, ", ")
	}
	return err
}

// key is the node of a member's name.
func key(n *yaml.Node, name string) *yaml.Node {
	for i := 0; n.Kind == yaml.MappingNode && i < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i]
		}
	}
	return nil
}

// fields are the names that the schema knows at one of its places.
func fields(url string) []string {
	var doc any
	if err := json.Unmarshal(schemaJSON, &doc); err != nil {
		return nil
	}
	_, pointer, _ := strings.Cut(url, "#")
	for step := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
		if in, ok := doc.(map[string]any); ok && step != "" {
			doc = in[step]
		}
	}
	in, _ := doc.(map[string]any)
	properties, _ := in["properties"].(map[string]any)
	return slices.Sorted(maps.Keys(properties))
}

// members are the names of what stands below a node.
func members(n *yaml.Node) (names []string) {
	for i, c := range n.Content {
		if n.Kind == yaml.MappingNode && i%2 == 0 {
			names = append(names, c.Value)
		} else if name := child(c, "name"); n.Kind == yaml.SequenceNode && name != nil {
			names = append(names, name.Value)
		}
	}
	return names
}

// Suggest is a guess at what a name that is not there was meant to be, as the end of
// a sentence: "; did you mean adoption?". Empty: nothing known is like it.
func Suggest(name string, known []string) string {
	best, least := "", 1+len(name)/3
	for _, k := range known {
		if d := spelling.Distance(strings.ToLower(name), strings.ToLower(k)); d <= least {
			best, least = k, d-1
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %s?", best)
}

package cap

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// ErrInvalid is the reason of every error of Write that the alert causes.
var ErrInvalid = errors.New("alert is not valid CAP")

// WriteOptions control Write. The zero value is strict.
type WriteOptions struct {
	// Fidelity writes what the alert holds even if it breaks rules, for
	// foreign documents that are passed on as they came. Only characters that
	// XML cannot carry are still refused.
	Fidelity bool
}

// Write writes the alert as UTF-8 XML in the version it declares, elements in
// schema order. Without Fidelity it writes nothing that would break the schema
// or a rule of severity error: then the error wraps ErrInvalid and names path
// and rule of the first problem.
func Write(w io.Writer, a *Alert, opts WriteOptions) error {
	version := a.Version
	if version == "" {
		version = V12
	}
	if _, ok := namespaces[version]; !ok {
		return fmt.Errorf("%w: unknown CAP version %.20q", ErrInvalid, version)
	}
	root := &node{space: namespaces[version], name: "alert"}
	encode(a, root, version)
	if err := characters(root); err != nil {
		return err
	}
	if !opts.Fidelity {
		if err := invalid(Check(a)); err != nil {
			return err
		}
	}
	var b bytes.Buffer
	b.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n")
	root.write(&b, a.Signature, "")
	_, err := w.Write(b.Bytes())
	if err != nil {
		return fmt.Errorf("write alert: %w", err)
	}
	return nil
}

// Check holds an alert that was built in memory against the schema of its
// version and the rules of the standard. The problems have no lines.
func Check(a *Alert) []Problem {
	r := &report{}
	r.check(a)
	return r.list()
}

func (r *report) check(a *Alert) {
	checked := *a
	if checked.Version == "" {
		checked.Version = V12
	}
	space, ok := namespaces[checked.Version]
	if !ok {
		r.add("/alert", 0, "schema-root", "unknown CAP version %.20q", checked.Version)
		return
	}
	root := &node{space: space, name: "alert"}
	encode(&checked, root, checked.Version)
	if err := characters(root); err != nil {
		r.add("/alert", 0, "character", "%s", err)
	}
	r.schema(root, checked.Version)
	if checked.Version != V12 && len(checked.Signature) > 0 {
		r.add("/alert", 0, "schema-version", "the schema of this CAP version has no signature")
	}
	r.rules(&checked)
}

func invalid(problems []Problem) error {
	for _, p := range problems {
		if p.Severity == LevelError {
			return fmt.Errorf("%w: %s: %s: %s", ErrInvalid, p.Path, p.Rule, p.Message)
		}
	}
	return nil
}

// characters refuses text that no XML document can carry.
func characters(n *node) error {
	if r := badChar(n.text); r >= 0 {
		return fmt.Errorf("%w: %s: character: %U is not allowed in XML", ErrInvalid, n.path(), r)
	}
	for _, k := range n.kids {
		if err := characters(k); err != nil {
			return err
		}
	}
	return nil
}

// write prints the element and what is below, two spaces per level. Elements
// with text stand on one line, so that no white space enters a value.
func (n *node) write(b *bytes.Buffer, signatures [][]byte, indent string) {
	b.WriteString(indent + "<" + n.name)
	if n.parent == nil {
		b.WriteString(` xmlns="` + n.space + `"`)
	}
	b.WriteString(">")
	if len(n.kids)+len(signatures) == 0 {
		b.WriteString(escapeText(n.text) + "</" + n.name + ">\n")
		return
	}
	b.WriteString("\n")
	for _, k := range n.kids {
		k.write(b, nil, indent+"  ")
	}
	for _, s := range signatures {
		b.WriteString("  ")
		b.Write(s)
		b.WriteString("\n")
	}
	b.WriteString(indent + "</" + n.name + ">\n")
}

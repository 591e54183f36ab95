package cap

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
)

// Parse reads a CAP 1.0, 1.1 or 1.2 document leniently: whatever it can make
// sense of becomes part of the alert, and everything that breaks the schema of
// the document's own version or a rule of the standard becomes a Problem. The
// document is valid if Valid(problems).
//
// If the error is not nil there is no alert, and the problems say where it
// failed: ErrSyntax, ErrDoctype, ErrEncoding, ErrLimit or ErrNotAlert. The
// alert shares no memory with data.
func Parse(data []byte) (*Alert, []Problem, error) {
	r := &report{}
	if f := Sniff(data); f == NINA || f == JSON || f == Wire {
		err := fmt.Errorf("%w: this looks like %s", ErrNotAlert, f)
		r.add("/", 1, "not-alert", "%s", err)
		return nil, r.list(), err
	}
	root, err := r.load(data)
	if err != nil {
		return nil, r.list(), err
	}
	if root.name != "alert" {
		err := notAlert(root)
		r.at(root, "not-alert", "%s", err)
		return nil, r.list(), err
	}
	return r.alert(root), r.list(), nil
}

// load turns bytes into a tree and reports what prevents that.
func (r *report) load(data []byte) (*node, error) {
	if len(data) > MaxDocument {
		err := fmt.Errorf("%w: %d bytes, at most %d are read", ErrLimit, len(data), MaxDocument)
		r.add("/", 1, "limit", "%s", err)
		return nil, err
	}
	src, bad, err := toUTF8(data)
	if err != nil {
		r.add("/", 1, "xml-encoding", "%s", err)
		return nil, err
	}
	if bad != nil {
		r.add("/", bad.line, bad.rule, "%s", bad.message)
	}
	if head := bytes.TrimLeft(src, xmlSpace); len(head) < len(src) && bytes.HasPrefix(head, []byte("<?xml")) {
		r.add("/", 1, "xml-leading", "white space before the XML declaration")
	}
	root, bad, err := scan(src)
	if err != nil {
		r.add("/", bad.line, bad.rule, "%s", bad.message)
		return nil, err
	}
	return root, nil
}

func notAlert(root *node) error {
	switch rootFormat(root.space, root.name) {
	case Atom, RSS:
		return fmt.Errorf("%w: this is a feed; its entries link to alerts or contain them", ErrNotAlert)
	case EDXL, SOAP:
		return fmt.Errorf("%w: this is an envelope; the alert is inside", ErrNotAlert)
	}
	return fmt.Errorf("%w: the root element is %q", ErrNotAlert, excerpt(root.name))
}

// alert checks and decodes one alert element.
func (r *report) alert(n *node) *Alert {
	a := &Alert{Version: V12}
	for v, space := range namespaces {
		if n.space == space {
			a.Version = v
		}
	}
	r.root = n
	if !isCAP(n.space) {
		r.at(n, "schema-root", "namespace %q is that of no CAP version; read as CAP 1.2", excerpt(n.space))
		n.adopt(n.space, namespaces[V12])
	}
	r.schema(n, a.Version)
	decode(n, a)
	for _, kid := range n.kids {
		if kid.raw != nil {
			a.Signature = append(a.Signature, kid.source())
		}
	}
	r.rules(a)
	return a
}

// adopt moves elements of one namespace into another.
func (n *node) adopt(from, to string) {
	if n.space == from {
		n.space = to
	}
	for _, k := range n.kids {
		k.adopt(from, to)
	}
}

// schema checks the alert element against the schema of a version.
func (r *report) schema(n *node, v Version) {
	c := &checker{report: r, column: columns[v], space: namespaces[v]}
	c.attributes(n)
	c.sequence(n, alertElements)
}

// Document is an alert found inside of another document.
type Document struct {
	Path     string // of the alert element, by position: /*/*[3]/*[5]
	Alert    *Alert
	Problems []Problem // their paths begin at the alert element
}

// Embedded reads the alerts inside of a feed or envelope (Atom and RSS with
// content, EDXL-DE, SOAP, a list of alerts) in the order in which they stand,
// at most 1,000. An alert as root is found as well. Feeds whose entries only
// link to alerts have none; then the error is ErrNotAlert.
func Embedded(data []byte) ([]Document, error) {
	r := &report{}
	root, err := r.load(data)
	if err != nil {
		return nil, err
	}
	docs, err := embedded(root, "/*", r.problems, nil)
	if err == nil && len(docs) == 0 {
		err = notAlert(root)
	}
	return docs, err
}

// embedded walks the tree; each alert inherits the problems of the whole.
func embedded(n *node, path string, whole []Problem, docs []Document) ([]Document, error) {
	if n.name == "alert" && isCAP(n.space) {
		if len(docs) == maxEmbedded {
			return nil, fmt.Errorf("%w: more than %d alerts", ErrLimit, maxEmbedded)
		}
		n.parent = nil
		r := &report{problems: slices.Clone(whole)}
		alert := r.alert(n)
		return append(docs, Document{Path: path, Alert: alert, Problems: r.list()}), nil
	}
	var err error
	for i, kid := range n.kids {
		if docs, err = embedded(kid, path+"/*["+strconv.Itoa(i+1)+"]", whole, docs); err != nil {
			return nil, err
		}
	}
	return docs, nil
}

package cap

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
)

// Reasons why a document cannot be read at all. The problem list then says
// where.
var (
	ErrSyntax   = errors.New("not well-formed XML")
	ErrDoctype  = errors.New("document type declarations are refused")
	ErrEncoding = errors.New("unknown or damaged character encoding")
	ErrLimit    = errors.New("document exceeds a limit")
	ErrNotAlert = errors.New("not a CAP alert")
)

const (
	xmlnsXML = "http://www.w3.org/XML/1998/namespace"
	xmlnsXSI = "http://www.w3.org/2001/XMLSchema-instance"
	xmlnsSig = "http://www.w3.org/2000/09/xmldsig#"
)

// node is one element of a document.
type node struct {
	space, name string
	line        int // of the start tag
	attrs       []xml.Name
	text        string // character data directly below the element
	kids        []*node
	parent      *node
	at          int    // offset in the parent's text
	raw         []byte // of a signature below alert: its part of the source
	declare     string // of a signature: declarations that raw takes from outside
	tagLen      int    // of a signature: length of "<" and the name
}

// finding is a problem before it has a path.
type finding struct {
	line    int
	rule    string
	message string
}

// scanner turns UTF-8 text into a tree of nodes. It is stricter than
// encoding/xml, which accepts several roots, undeclared prefixes, duplicate
// attributes and tags that do not match.
type scanner struct {
	src      []byte
	dec      *xml.Decoder
	root     *node
	open     []*frame
	elements int
	line     int   // of the current token
	start    int64 // offset of the current token
}

// frame is an element whose end has not been seen.
type frame struct {
	*node
	tag   xml.Name // prefix and local name, for the end tag
	outer *frame
	bound map[string]string // prefixes declared by the element itself
	uses  map[string]bool   // prefixes used in a signature, nil outside
	text  strings.Builder
	start int64
}

func scan(src []byte) (*node, *finding, error) {
	s := &scanner{src: src, dec: xml.NewDecoder(bytes.NewReader(src))}
	s.dec.CharsetReader = func(_ string, r io.Reader) (io.Reader, error) { return r, nil }
	for {
		s.line, _ = s.dec.InputPos()
		s.start = s.dec.InputOffset()
		tok, err := s.dec.RawToken()
		if err == io.EOF {
			break
		}
		if err == nil {
			err = s.token(tok)
		} else {
			s.line, _ = s.dec.InputPos()
			err = syntax("%s", shorten(strings.TrimPrefix(err.Error(), "XML syntax error on "), maxMessage))
		}
		if err != nil {
			return nil, s.finding(err), err
		}
	}
	if len(s.open) > 0 || s.root == nil {
		err := syntax("the document ends before its last element is closed")
		return nil, s.finding(err), err
	}
	return s.root, nil, nil
}

func syntax(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrSyntax, fmt.Sprintf(format, args...))
}

func (s *scanner) finding(err error) *finding {
	rule := "xml-syntax"
	switch {
	case errors.Is(err, ErrDoctype):
		rule = "xml-doctype"
	case errors.Is(err, ErrLimit):
		rule = "limit"
	}
	return &finding{s.line, rule, err.Error()}
}

func (s *scanner) token(tok xml.Token) error {
	switch t := tok.(type) {
	case xml.StartElement:
		return s.startElement(t)
	case xml.EndElement:
		return s.endElement(t)
	case xml.CharData:
		if len(s.open) > 0 {
			s.open[len(s.open)-1].text.Write(t)
		} else if len(bytes.Trim(t, xmlSpace)) > 0 {
			return syntax("text outside of the root element")
		}
	case xml.Directive:
		return fmt.Errorf("%w: remove the <!DOCTYPE ...> declaration", ErrDoctype)
	case xml.ProcInst:
		if strings.EqualFold(t.Target, "xml") && len(bytes.Trim(s.src[:s.start], xmlSpace)) > 0 {
			return syntax("XML declaration that is not at the beginning")
		}
	}
	return nil
}

func (s *scanner) startElement(t xml.StartElement) error {
	if len(s.open) == 0 && s.root != nil {
		return syntax("second root element <%s>", excerpt(t.Name.Local))
	}
	if s.elements++; s.elements > maxElements {
		return fmt.Errorf("%w: more than %d elements", ErrLimit, maxElements)
	}
	if len(s.open) >= maxDepth {
		return fmt.Errorf("%w: elements nested deeper than %d", ErrLimit, maxDepth)
	}
	if len(t.Attr) > maxAttributes {
		return fmt.Errorf("%w: more than %d attributes", ErrLimit, maxAttributes)
	}
	if err := attributeSpacing(s.src[s.start:s.dec.InputOffset()]); err != nil {
		return err
	}
	f := &frame{node: &node{line: s.line, name: t.Name.Local}, tag: t.Name, start: s.start}
	if n := len(s.open); n > 0 {
		f.outer = s.open[n-1]
		f.parent, f.uses, f.at = f.outer.node, f.outer.uses, f.outer.text.Len()
		f.parent.kids = append(f.parent.kids, f.node)
	} else {
		s.root = f.node
	}
	if err := f.names(t); err != nil {
		return err
	}
	s.open = append(s.open, f)
	return nil
}

// names resolves the prefixes of the element and of its attributes.
func (f *frame) names(t xml.StartElement) (err error) {
	f.bind(t.Attr)
	if f.space, err = f.resolve(t.Name.Space, t.Name.Local); err != nil {
		return err
	}
	if f.isSignature() {
		f.uses = map[string]bool{}
	}
	f.use(t.Name.Space)
	seen := make(map[xml.Name]bool, len(t.Attr))
	for _, a := range t.Attr {
		name := a.Name
		if isNamespace := name.Space == "xmlns" || name == (xml.Name{Local: "xmlns"}); !isNamespace {
			if name.Space != "" {
				f.use(name.Space)
				if name.Space, err = f.resolve(name.Space, name.Local); err != nil {
					return err
				}
			}
			f.attrs = append(f.attrs, name)
		}
		if strings.Contains(name.Local, ":") || seen[name] {
			return syntax("attribute %s is malformed or stands twice", excerpt(name.Local))
		}
		seen[name] = true
	}
	return nil
}

// bind adds the element's own namespace declarations to those in force.
func (f *frame) bind(attrs []xml.Attr) {
	for _, a := range attrs {
		prefix := a.Name.Local
		if a.Name.Space == "" && prefix == "xmlns" {
			prefix = ""
		} else if a.Name.Space != "xmlns" {
			continue
		}
		if f.bound == nil {
			f.bound = map[string]string{}
		}
		f.bound[prefix] = a.Value
	}
}

func (f *frame) resolve(prefix, local string) (string, error) {
	if strings.Contains(local, ":") {
		return "", syntax("name %q has a misplaced colon", excerpt(local))
	}
	if prefix == "xml" {
		return xmlnsXML, nil
	}
	space := f.lookup(prefix)
	if prefix != "" && space == "" {
		return "", syntax("namespace prefix %q is not declared", excerpt(prefix))
	}
	return space, nil
}

func (f *frame) lookup(prefix string) string {
	for ; f != nil; f = f.outer {
		if space, ok := f.bound[prefix]; ok {
			return space
		}
	}
	return ""
}

// use notes that a signature needs a prefix from outside of itself.
func (f *frame) use(prefix string) {
	if f.uses != nil && prefix != "xml" {
		f.uses[prefix] = true
	}
}

func (s *scanner) endElement(t xml.EndElement) error {
	n := len(s.open)
	if n == 0 || s.open[n-1].tag != t.Name {
		return syntax("end tag </%s> does not match", excerpt(t.Name.Local))
	}
	f := s.open[n-1]
	s.open = s.open[:n-1]
	f.node.text = f.text.String()
	if f.isSignature() {
		f.keepSource(s.src[f.start:s.dec.InputOffset()])
		if f.outer.uses != nil {
			maps.Copy(f.outer.uses, f.uses)
		}
	}
	return nil
}

// isSignature tells whether the element is kept as its source.
func (f *frame) isSignature() bool {
	return f.space == xmlnsSig && f.outer != nil && f.outer.name == "alert" && f.outer.space != xmlnsSig
}

// keepSource notes the source of a signature and the namespace declarations
// that it takes from its surroundings.
func (f *frame) keepSource(src []byte) {
	f.raw = src
	f.tagLen = len("<") + len(f.tag.Local)
	if f.tag.Space != "" {
		f.tagLen += len(f.tag.Space) + len(":")
	}
	for _, prefix := range sortedKeys(f.uses) {
		space := f.lookup(prefix)
		switch _, own := f.bound[prefix]; {
		case own || prefix != "" && space == "":
		case prefix == "":
			f.node.declare += ` xmlns="` + escapeAttr(space) + `"`
		default:
			f.node.declare += ` xmlns:` + prefix + `="` + escapeAttr(space) + `"`
		}
	}
}

// source returns a copy of a signature that can stand alone.
func (n *node) source() []byte {
	return bytes.Join([][]byte{n.raw[:n.tagLen], []byte(n.declare), n.raw[n.tagLen:]}, nil)
}

// attributeSpacing refuses a="1"b="2", which encoding/xml lets pass.
func attributeSpacing(tag []byte) error {
	var quote byte
	for i, c := range tag {
		switch {
		case quote != 0 && c == quote:
			quote = 0
			if i+1 < len(tag) && strings.IndexByte(xmlSpace+"/>", tag[i+1]) < 0 {
				return syntax("white space is missing between attributes")
			}
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		}
	}
	return nil
}

package cap

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Origin says where an imported alert comes from, so that it never gains the
// look of one that its authority has signed.
type Origin struct {
	Format   Format
	Provider string // MoWaS, KATWARN, BIWAPP, DWD, LHP, Polizei, or "" if unknown
}

// ninaProviders are the warning systems behind NINA, by the identifier's
// prefix.
var ninaProviders = map[string]string{
	"mow": "MoWaS", "kat": "KATWARN", "biw": "BIWAPP", "dwd": "DWD", "lhp": "LHP", "pol": "Polizei",
}

// ErrJSON says that a document is no JSON object as NINA publishes it.
var ErrJSON = fmt.Errorf("%w: no NINA JSON", ErrNotAlert)

// ninaImport converts one document.
type ninaImport struct {
	*report
	alert *Alert
	areas map[string]*geometry // by areaId of the companion
	items int                  // list entries so far; beyond maxItems none is read

	// budget is how many bytes of geometry may still be copied to areas: the
	// same area may stand once per language, but not without end.
	budget int
}

// ParseNINA reads a warning of the federal app's interface
// (/warnings/{id}.json) and turns it into CAP 1.2: HTML becomes plain text,
// coordinates are put into CAP's order, broken references are split, regional
// keys become SHN geocodes. geojson is the companion (/warnings/{id}.geojson)
// with the geometry, or nil.
//
// Every change is reported, and so is what remains wrong by CAP's rules; the
// problems have no lines. An error means that there is no alert: ErrJSON or
// ErrLimit.
func ParseNINA(data, geojson []byte) (*Alert, Origin, []Problem, error) {
	origin := Origin{Format: NINA}
	r := &report{}
	if len(data) > MaxNINA || len(geojson) > MaxNINA {
		err := fmt.Errorf("%w: at most %d bytes are read", ErrLimit, MaxNINA)
		r.add("/", 1, "limit", "%s", err)
		return nil, origin, r.list(), err
	}
	top, bad, err := decodeObject(data)
	if bad != nil {
		r.add("/", bad.line, bad.rule, "%s", bad.message)
	}
	if err != nil {
		rule := "json-syntax"
		if errors.Is(err, ErrLimit) {
			rule = "limit"
		}
		r.add("/", errorLine(data, err), rule, "%s", err)
		return nil, origin, r.list(), err
	}
	n := &ninaImport{report: r, alert: &Alert{Version: V12}, budget: MaxDocument}
	n.companion(geojson)
	n.fill(n.alert, top, path{})
	if n.items > maxItems {
		err := fmt.Errorf("%w: more than %d list entries", ErrLimit, maxItems)
		r.add("/", 1, "limit", "%s", err)
		return nil, origin, r.list(), err
	}
	n.references(n.alert.References)
	origin.Provider = provider(n.alert)
	r.check(n.alert)
	return n.alert, origin, r.list(), nil
}

// provider names the system by the identifier; DWD's warnings also reach NINA
// through MoWaS and then keep DWD's sender.
func provider(a *Alert) string {
	if strings.HasSuffix(a.Sender, "@dwd.de") {
		return "DWD"
	}
	prefix, _, _ := strings.Cut(a.Identifier, ".")
	return ninaProviders[prefix]
}

func decodeObject(data []byte) (map[string]any, *finding, error) {
	data, bad, err := toUTF8(data)
	if err != nil {
		return nil, bad, fmt.Errorf("%w: %w", ErrJSON, err)
	}
	if !shallow(data) {
		return nil, bad, fmt.Errorf("%w: nested deeper than %d", ErrLimit, maxDepth)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var top map[string]any
	if err := dec.Decode(&top); err != nil {
		return nil, bad, &syntaxError{err}
	}
	if _, err := dec.Token(); err != io.EOF {
		return nil, bad, fmt.Errorf("%w: text after the object", ErrJSON)
	}
	_, hasInfo := top["info"]
	_, hasType := top["msgType"]
	if _, ok := top["identifier"]; !ok || !hasInfo && !hasType {
		return nil, bad, fmt.Errorf("%w: want an object with identifier, msgType and info", ErrJSON)
	}
	return top, bad, nil
}

// syntaxError shortens the message of encoding/json and wraps ErrJSON.
type syntaxError struct{ err error }

func (e *syntaxError) Error() string {
	return ErrJSON.Error() + ": " + shorten(e.err.Error(), maxMessage)
}
func (e *syntaxError) Unwrap() []error { return []error{ErrJSON, e.err} }

// errorLine finds the line of a syntax error; 1 for any other.
func errorLine(data []byte, err error) int {
	var at *json.SyntaxError
	if !errors.As(err, &at) {
		return 1
	}
	return 1 + bytes.Count(data[:min(int(at.Offset), len(data))], []byte("\n"))
}

// shallow bounds the nesting before anything is decoded.
func shallow(data []byte) bool {
	depth, quoted := 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '{' || c == '[':
			if depth++; depth > maxDepth {
				return false
			}
		case c == '}' || c == ']':
			depth--
		}
	}
	return true
}

// fill sets the fields of a struct from an object whose keys are CAP's names.
func (n *ninaImport) fill(to fields, object map[string]any, p path) {
	model, bound := to.content(), to.bindings()
	for _, key := range sortedKeys(object) {
		if find(model, key) < 0 {
			n.tell(p, "json-field", "%q is not part of CAP and is dropped", excerpt(key))
		}
	}
	for i, b := range bound {
		e := &model[i]
		value, ok := object[e.name]
		if !ok || value == nil {
			continue
		}
		at := p.child(e.name, 0)
		switch {
		case b.one != nil:
			*b.one = n.text(value, e, at)
		case b.many != nil:
			for k, v := range n.entries(value) {
				b.many.add(n.text(v, e, p.child(e.name, k+1)))
			}
		case b.named != nil:
			for k, v := range n.entries(value) {
				*b.named = append(*b.named, n.pair(v, p.child(e.name, k+1)))
			}
		default:
			for k, v := range n.entries(value) {
				n.part(b.grow(), v, p.child(e.name, k+1))
			}
		}
	}
}

// part fills an info, area or resource and then repairs it.
func (n *ninaImport) part(to fields, v any, p path) {
	object, ok := v.(map[string]any)
	if !ok {
		n.tell(p, "json-type", "want an object")
	}
	n.fill(to, object, p)
	switch part := to.(type) {
	case *Info:
		n.info(part, p)
	case *Area:
		n.area(part, p)
	}
}

// entries reads a list; a single value counts as a list of one.
func (n *ninaImport) entries(v any) []any {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	if n.items += len(list); n.items > maxItems {
		return nil
	}
	return list
}

// text reads a value; free text loses its HTML.
func (n *ninaImport) text(v any, e *element, p path) string {
	var s string
	switch v := v.(type) {
	case string:
		s = v
	case json.Number:
		s = v.String()
	default:
		n.tell(p, "json-type", "want a text")
		return ""
	}
	if r := badChar(s); r >= 0 {
		n.tell(p, "character", "%U is not allowed in XML and is dropped", r)
		s = dropBad(s)
	}
	if e.kind != text {
		return fold(s)
	}
	if plain := PlainText(s); plain != trim(s) {
		n.tell(p, "import-markup", "HTML was turned into plain text")
		return plain
	}
	return trim(s)
}

func (n *ninaImport) pair(v any, p path) NamedValue {
	object, ok := v.(map[string]any)
	if !ok {
		n.tell(p, "json-type", "want an object with valueName and value")
		return NamedValue{}
	}
	plain := &element{kind: list} // codes are not searched for HTML
	var nv NamedValue
	if name, ok := object["valueName"]; ok && name != nil {
		nv.ValueName = n.text(name, plain, p)
	}
	if value, ok := object["value"]; ok && value != nil {
		nv.Value = n.lines(value, p)
	}
	return nv
}

// lines reads a value whose line breaks matter, as in sender_signature.
func (n *ninaImport) lines(v any, p path) string {
	if s, ok := v.(string); ok && badChar(s) < 0 {
		return trim(s)
	}
	return n.text(v, &element{kind: list}, p)
}

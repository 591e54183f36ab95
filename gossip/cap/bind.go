package cap

import (
	"slices"
	"strings"
)

// binding joins one element of a content model to the field that holds it, so
// that reading and writing share one table. Exactly one of one, many, named and
// grow (with each) is set.
type binding struct {
	one   *string
	many  texts
	named *[]NamedValue
	grow  func() fields // appends a value to a slice of structs
	each  func(yield func(fields))
}

// fields is a struct of the model: bindings in the order of its content model.
type fields interface {
	content() []element
	bindings() []binding
	empty() *[]string
}

// texts is a slice of any string type.
type texts interface {
	add(string)
	each(yield func(string))
}

type textsOf[T ~string] struct{ p *[]T }

func (t textsOf[T]) add(s string) { *t.p = append(*t.p, T(s)) }

func (t textsOf[T]) each(yield func(string)) {
	for _, s := range *t.p {
		yield(string(s))
	}
}

func str(p *string) binding          { return binding{one: p} }
func when(p *Time) binding           { return binding{one: (*string)(p)} }
func number(p *Decimal) binding      { return binding{one: (*string)(p)} }
func many[T ~string](p *[]T) binding { return binding{many: textsOf[T]{p}} }
func pairs(p *[]NamedValue) binding  { return binding{named: p} }
func structs[T any, P pointer[T]](p *[]T) binding {
	return binding{
		grow: func() fields {
			var zero T
			*p = append(*p, zero)
			return P(&(*p)[len(*p)-1])
		},
		each: func(yield func(fields)) {
			for i := range *p {
				yield(P(&(*p)[i]))
			}
		},
	}
}

type pointer[T any] interface {
	*T
	fields
}

func (a *Alert) content() []element { return alertElements }
func (a *Alert) empty() *[]string   { return &a.Empty }
func (a *Alert) bindings() []binding {
	return []binding{
		str(&a.Identifier), str(&a.Sender), when(&a.Sent),
		{one: (*string)(&a.Status)}, {one: (*string)(&a.MsgType)},
		str(&a.Password), str(&a.Source), {one: (*string)(&a.Scope)},
		str(&a.Restriction), str(&a.Addresses), many(&a.Code), str(&a.Note),
		str(&a.References), str(&a.Incidents), structs(&a.Info),
	}
}

func (i *Info) content() []element { return infoElements }
func (i *Info) empty() *[]string   { return &i.Empty }
func (i *Info) bindings() []binding {
	return []binding{
		str(&i.Language), many(&i.Category), str(&i.Event), many(&i.ResponseType),
		{one: (*string)(&i.Urgency)}, {one: (*string)(&i.Severity)}, {one: (*string)(&i.Certainty)},
		str(&i.Audience), pairs(&i.EventCode),
		when(&i.Effective), when(&i.Onset), when(&i.Expires),
		str(&i.SenderName), str(&i.Headline), str(&i.Description), str(&i.Instruction),
		str(&i.Web), str(&i.Contact), pairs(&i.Parameter),
		structs(&i.Resource), structs(&i.Area),
	}
}

func (r *Resource) content() []element { return resourceElements }
func (r *Resource) empty() *[]string   { return &r.Empty }
func (r *Resource) bindings() []binding {
	return []binding{
		str(&r.ResourceDesc), str(&r.MimeType), str(&r.Size),
		str(&r.URI), str(&r.DerefURI), str(&r.Digest),
	}
}

func (a *Area) content() []element { return areaElements }
func (a *Area) empty() *[]string   { return &a.Empty }
func (a *Area) bindings() []binding {
	return []binding{
		str(&a.AreaDesc), many(&a.Polygon), many(&a.Circle), pairs(&a.Geocode),
		number(&a.Altitude), number(&a.Ceiling),
	}
}

// decode fills the struct from the children of n. Of an element that may stand
// only once, the first counts.
func decode(n *node, to fields) {
	model, bound := to.content(), to.bindings()
	seen := make([]bool, len(model))
	for _, kid := range n.kids {
		i := find(model, kid.name)
		if i < 0 || kid.space != "" && !isCAP(kid.space) {
			continue
		}
		switch b := bound[i]; {
		case b.one != nil:
			if seen[i] {
				continue
			}
			if *b.one = kid.value(model[i].kind); *b.one == "" {
				*to.empty() = append(*to.empty(), kid.name)
			}
		case b.many != nil:
			b.many.add(kid.value(model[i].kind))
		case b.named != nil:
			*b.named = append(*b.named, decodeNamed(kid))
		default:
			decode(kid, b.grow())
		}
		seen[i] = true
	}
	sortEmpty(*to.empty(), model)
}

// sortEmpty brings the names into schema order, wherever they stood.
func sortEmpty(names []string, model []element) {
	slices.SortFunc(names, func(a, b string) int { return find(model, a) - find(model, b) })
}

// value returns the text of a simple element as the model keeps it.
func (n *node) value(k kind) string {
	if k == text {
		return trim(n.allText())
	}
	return fold(n.allText())
}

// decodeNamed reads both forms in all versions, as feeds mix them.
func decodeNamed(n *node) NamedValue {
	if len(n.kids) == 0 {
		return splitNamed(trim(n.text))
	}
	var v NamedValue
	for i := len(n.kids) - 1; i >= 0; i-- { // backwards, so that the first counts
		switch kid := n.kids[i]; {
		case kid.space != "" && !isCAP(kid.space):
		case kid.name == "valueName":
			v.ValueName = kid.value(text)
		case kid.name == "value":
			v.Value = kid.value(text)
		}
	}
	return v
}

// splitNamed reads the form of CAP 1.0: "SAME=SVR". White space around the sign
// belongs to neither part: the form of later versions could not keep it.
func splitNamed(s string) NamedValue {
	if name, value, ok := strings.Cut(s, "="); ok && name != "" {
		return NamedValue{ValueName: trim(name), Value: trim(value)}
	}
	return NamedValue{Value: s}
}

// encode builds the tree of a struct; its inverse is decode.
func encode(from fields, into *node, v Version) {
	model := from.content()
	for i, b := range from.bindings() {
		e := &model[i]
		switch {
		case b.one != nil:
			if *b.one != "" || slices.Contains(*from.empty(), e.name) {
				into.leaf(e.name, *b.one)
			}
		case b.many != nil:
			b.many.each(func(s string) { into.leaf(e.name, s) })
		case b.named != nil:
			for _, nv := range *b.named {
				into.named(e.name, nv, v)
			}
		default:
			b.each(func(f fields) { encode(f, into.leaf(e.name, ""), v) })
		}
	}
}

func (n *node) leaf(name, value string) *node {
	kid := &node{space: n.space, name: name, text: value, parent: n}
	n.kids = append(n.kids, kid)
	return kid
}

// named writes a pair in the version's form, except where CAP 1.0's form would
// not give the same pair back.
func (n *node) named(name string, nv NamedValue, v Version) {
	joined := nv.Value
	if nv.ValueName != "" {
		joined = nv.ValueName + "=" + nv.Value
	}
	if v == V10 && splitNamed(trim(joined)) == nv {
		n.leaf(name, joined)
		return
	}
	kid := n.leaf(name, "")
	kid.leaf("valueName", nv.ValueName)
	kid.leaf("value", nv.Value)
}

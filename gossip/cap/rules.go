package cap

import (
	"slices"
	"strconv"
	"strings"
)

// path names an element of the model; it is spelled only when a problem is
// kept. Index 0 stands for an element that cannot repeat.
type path struct {
	steps [4]string
	index [4]int
	n     int
}

func (p path) child(name string, index int) path {
	p.steps[p.n], p.index[p.n] = name, index
	p.n++
	return p
}

func (p path) String() string {
	s := "/alert"
	for i := range p.n {
		s += "/" + p.steps[i]
		if p.index[i] > 0 {
			s += "[" + strconv.Itoa(p.index[i]) + "]"
		}
	}
	return s
}

// line finds the element in the document's tree; 0 without one.
func (p path) line(root *node) int {
	n := root
	for i := 0; n != nil && i < p.n; i++ {
		want, found := max(p.index[i], 1), 0
		k := slices.IndexFunc(n.kids, func(k *node) bool {
			if k.name == p.steps[i] && (k.space == "" || isCAP(k.space)) {
				found++
			}
			return found == want
		})
		if k < 0 {
			return n.line
		}
		n = n.kids[k]
	}
	if n == nil {
		return 0
	}
	return n.line
}

// tell reports a problem of the model at a path.
func (r *report) tell(p path, rule, format string, args ...any) {
	if r.full() {
		r.add("", 0, rule, "")
		return
	}
	r.add(p.String(), p.line(r.root), rule, format, args...)
}

// rules holds an alert against the prose of the standard.
func (r *report) rules(a *Alert) {
	top := path{}
	r.name(a, "identifier", a.Identifier)
	r.name(a, "sender", a.Sender)
	r.time(top.child("sent", 0), a.Version, a.Sent)
	r.distribution(a)
	r.references(a)
	for _, l := range []struct{ name, value string }{{"addresses", a.Addresses}, {"incidents", a.Incidents}} {
		if strings.Count(l.value, `"`)%2 != 0 {
			r.tell(top.child(l.name, 0), "list-quotes", "a quotation mark has no partner")
		}
	}
	if a.Note == "" && (a.MsgType == MsgError || a.Status == Exercise) {
		r.tell(top, "note-missing", "note should explain the error, or name the exercise")
	}
	if len(a.Info) == 0 && (a.MsgType == MsgAlert || a.MsgType == MsgUpdate) {
		r.tell(top, "info-missing", "a message of type %s without info says nothing", a.MsgType)
	}
	if strings.HasPrefix(a.Identifier, "2.49.0.0.") {
		r.tell(top.child("identifier", 0), "wmo-oid", "2.49.0.0 is the WMO arc of publishers; alerts have 2.49.0.1")
	}
	if len(a.Signature) > 0 {
		r.tell(top, "signature-unchecked", "the XML signature is kept but not verified")
	}
	for i := range a.Info {
		r.info(top.child("info", i+1), a, &a.Info[i])
	}
	r.languages(a)
}

// name checks identifier and sender: CAP 1.2 section 3.2.1 forbids what would
// break references. That the element is missing is for the schema to say.
func (r *report) name(a *Alert, element, s string) {
	if s == "" && !slices.Contains(a.Empty, element) {
		return
	}
	if s == "" || strings.ContainsAny(s, xmlSpace+",<&") {
		r.tell(path{}.child(element, 0), element+"-form",
			"%q must not be empty or contain spaces, commas, < or &", excerpt(s))
	}
}

// time checks what the schema of the version leaves open (section 3.3.2).
func (r *report) time(p path, v Version, t Time) {
	s := string(t)
	switch {
	case s == "":
	case strings.HasSuffix(s, "Z") && v == V11:
		r.tell(p, "time-zulu", `the time zone "Z" must not be used; write -00:00`)
	case strings.HasSuffix(s, "+00:00") && v == V12:
		r.tell(p, "time-utc", "UTC is written as -00:00; +00:00 means a place whose local time is UTC")
	case v != V12 && !capDateTime.MatchString(s) && xsDateTime.MatchString(s):
		r.tell(p, "time-form", "%q should have the form 2006-01-02T15:04:05-07:00", excerpt(s))
	}
}

// distribution checks scope against restriction and addresses.
func (r *report) distribution(a *Alert) {
	top := path{}
	switch {
	case a.Scope == Private && a.Addresses == "":
		r.tell(top, "addresses-missing", "scope Private requires addresses")
	case a.Scope == Restricted && a.Restriction == "":
		r.tell(top, "restriction-missing", "scope Restricted requires restriction")
	case a.Scope != Restricted && a.Restriction != "":
		r.tell(top.child("restriction", 0), "restriction-scope", "restriction is only used with scope Restricted")
	}
}

// references checks the list of messages that this one speaks of. The form of
// CAP 1.0 ("identifier/sender") is not checked.
func (r *report) references(a *Alert) {
	p := path{}.child("references", 0)
	if a.References == "" {
		if a.MsgType != MsgAlert && slices.Contains(msgTypeValues[0], string(a.MsgType)) {
			r.tell(path{}, "references-missing", "a message of type %s must name the messages it refers to", a.MsgType)
		}
		return
	}
	if a.Version == V10 {
		return
	}
	refs, bad := a.ReferenceList()
	for _, w := range bad {
		r.tell(p, "references-form", "%q is not sender,identifier,sent", excerpt(w))
	}
	sent, known := a.Sent.Unix()
	for _, ref := range refs {
		at, ok := ref.Sent.Unix()
		same := ref.Sender == a.Sender && ref.Identifier == a.Identifier
		switch {
		case !ok:
			r.tell(p, "references-form", "%q ends with no valid time", excerpt(ref.String()))
		case !known:
		case same && at == sent:
			r.tell(p, "references-self", "the message refers to itself")
		case at > sent:
			r.tell(p, "references-later", "%q was sent after this message", excerpt(ref.String()))
		case same:
			r.tell(p, "references-reuse", "the sender used this identifier for an earlier message already")
		}
	}
}

package cap

import "strings"

// Reference names another message by the triple that is unique for it
// (CAP 1.2 section 3.2.1): never the identifier alone.
type Reference struct {
	Sender     string
	Identifier string
	Sent       Time
}

// Triple returns the reference by which other messages name this alert.
func (a *Alert) Triple() Reference {
	return Reference{Sender: a.Sender, Identifier: a.Identifier, Sent: a.Sent}
}

// String spells the reference as CAP does: "sender,identifier,sent".
func (r Reference) String() string {
	return r.Sender + "," + r.Identifier + "," + string(r.Sent)
}

// ReferenceList splits References into its triples. Words that are no triple
// are returned in bad, as they stand.
func (a *Alert) ReferenceList() (refs []Reference, bad []string) {
	for _, w := range strings.Fields(a.References) {
		f := strings.Split(w, ",")
		if len(f) != 3 || f[0] == "" || f[1] == "" || f[2] == "" {
			bad = append(bad, w)
			continue
		}
		refs = append(refs, Reference{Sender: f[0], Identifier: f[1], Sent: Time(f[2])})
	}
	return refs, bad
}

// AddressList splits Addresses: words separated by white space, those with
// spaces in double quotes.
func (a *Alert) AddressList() []string { return quotedList(a.Addresses) }

// IncidentList splits Incidents in the same way.
func (a *Alert) IncidentList() []string { return quotedList(a.Incidents) }

func quotedList(s string) []string {
	var list []string
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		var word string
		if s[0] == '"' {
			word, s, _ = strings.Cut(s[1:], `"`)
		} else if i := strings.IndexAny(s, " \t\r\n"); i >= 0 {
			word, s = s[:i], s[i:]
		} else {
			word, s = s, ""
		}
		if word != "" {
			list = append(list, word)
		}
	}
	return list
}

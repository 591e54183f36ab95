package alert

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
)

// Lengths of short forms, in characters.
const (
	ShortWEA     = 90   // Wireless Emergency Alert, first generation (IPAWS CMAMtext)
	LongWEA      = 360  // second generation (CMAMlongtext)
	ShortDisplay = 500  // what German Cell Broadcast uses in practice
	DEAlert      = 1395 // DE-Alert, GSM 7-bit alphabet
	minLanguage  = 60   // a further language is worth starting with this many left
)

// Condition is what the envelope and the lifecycle say of an alert; its own
// words cannot change it.
type Condition struct {
	Drill       bool   // travels on lane drill
	Unconfirmed bool   // signatures are missing: emergency alert, or all-clear by one
	ImportedBy  string // the gateway's authority; empty for alerts made here
}

// Short is the alert in at most limit characters: what, where, until when, what
// to do, who says so; German first, then the other languages while there is
// room. It never cuts inside a word or a number. Limits below 90
// count as 90: the fixed words alone need up to 60.
func (a *Alert) Short(limit int, c Condition) string {
	limit = max(limit, ShortWEA)
	var b strings.Builder
	for i, l := range a.languages() {
		rest := limit - utf8.RuneCountInString(b.String())
		if i > 0 {
			if rest -= 2; rest < minLanguage {
				break
			}
		}
		text := a.shortIn(l, rest, c)
		if text == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("\n\n")
		}
		b.WriteString(text)
	}
	return b.String()
}

// languages lists the alert's languages, German first, then Leichte Sprache,
// English, and the others as they stand. An alert without info blocks speaks
// German and English by its fixed words alone, and so does every end.
func (a *Alert) languages() []string {
	list := []string{}
	add := func(l string) {
		for _, known := range list {
			if known == l {
				return
			}
		}
		list = append(list, l)
	}
	has := map[string]bool{}
	for i := range a.CAP.Info {
		has[LanguageOf(a.CAP.Info[i].Language)] = true
	}
	fixed := a.Kind.Ends() || len(has) == 0
	for _, l := range []string{"de", simple, "en"} {
		if has[l] || fixed && l != simple {
			add(l)
		}
	}
	for i := range a.CAP.Info {
		add(LanguageOf(a.CAP.Info[i].Language))
	}
	return list
}

// infos are the info blocks of a language: later ones extend the first.
func (a *Alert) infos(language string) []*cap.Info {
	var list []*cap.Info
	for i := range a.CAP.Info {
		if LanguageOf(a.CAP.Info[i].Language) == language {
			list = append(list, &a.CAP.Info[i])
		}
	}
	return list
}

// piece is one sentence of a short form. Pieces are shown in their order and
// given room by importance: 0 first.
type piece struct {
	text       string
	importance int
	whole      bool     // may not be shortened
	shorter    []string // tried in this order if text does not fit
}

func (a *Alert) shortIn(language string, limit int, c Condition) string {
	w := wordsIn(language)
	pieces := a.pieces(language, w, c)
	room := limit
	for importance := range 5 {
		for i := range pieces {
			p := &pieces[i]
			if p.importance != importance || p.text == "" {
				continue
			}
			space := room
			if room < limit {
				space-- // the blank before it
			}
			if importance == 0 && !p.whole {
				space = min(space, max(limit*3/5, ShortWEA)) // what must leave room for what to do
			}
			p.fit(space)
			if n := utf8.RuneCountInString(p.text); n > 0 {
				room -= n
				if room+n < limit {
					room--
				}
			}
		}
	}
	var said []string
	for _, p := range pieces {
		if p.text != "" {
			said = append(said, p.text)
		}
	}
	return strings.Join(said, " ")
}

// fit shortens the piece to the given room. What a title says beside its first
// word may be cut; if not even that fits, the word stands alone.
func (p *piece) fit(room int) {
	text := fit(p.text, room, p.whole)
	for _, s := range p.shorter {
		if text == "" {
			text = fit(s, room, true)
		}
	}
	p.text = text
}

func (a *Alert) pieces(language string, w words, c Condition) []piece {
	infos := a.infos(language)
	ends := a.Kind.Ends()
	places, instruction, until := a.where(language), "", ""
	for _, in := range infos {
		if instruction == "" {
			instruction = plain(in.Instruction)
		}
		if until == "" && !ends {
			until = w.span(a.CAP, in)
		}
	}
	if ends {
		instruction = w.ending(a.Kind)
	}
	list := []piece{
		{text: a.mark(w, c), whole: true},
		{text: sentence(a.title(language, w)), shorter: []string{sentence(w.kind(a.Kind))}},
		{importance: 2, whole: true},
		{text: sentence(capital(until)), importance: 3, whole: true},
		{text: instruction, importance: 1, whole: ends},
		{text: sentence(a.sender(infos)), importance: 4, whole: true},
	}
	where := &list[2]
	where.text = sentence(w.places(places, maxPlaces))
	for n := min(len(places), maxPlaces) - 1; n > 0; n-- {
		where.shorter = append(where.shorter, sentence(w.places(places, n)))
	}
	return list
}

// mark is what must stand before everything else.
func (a *Alert) mark(w words, c Condition) string {
	var marks []string
	if c.Drill {
		marks = append(marks, w.exercise+":")
	}
	if a.Test != "" && !c.Drill {
		marks = append(marks, w.test+":")
	}
	if c.Unconfirmed {
		marks = append(marks, strings.ToUpper(w.unconfirmed)+":")
	}
	return strings.Join(marks, " ")
}

// title says what it is. Of alerts that end an incident the headline is not
// used: in feeds it often still speaks of the danger.
func (a *Alert) title(language string, w words) string {
	kind := w.kind(a.Kind)
	if s := a.subject(language, kind); s != "" {
		return kind + ": " + s
	}
	return kind
}

// subject is a title without the word for its kind.
func (a *Alert) subject(language, kind string) string {
	for _, in := range a.infos(language) {
		event := plain(in.Event)
		if h := plain(in.Headline); h != "" && !a.Kind.Ends() {
			event = h
		}
		if rest, ok := cutFold(event, kind); ok {
			event = strings.TrimLeft(rest, ": -–")
		}
		if event != "" {
			return event
		}
	}
	return ""
}

func cutFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	if r, _ := utf8.DecodeRuneInString(s[len(prefix):]); unicode.IsLetter(r) || r == '-' {
		return s, false // "Warnungen", "Warnung-..." is another word
	}
	return s[len(prefix):], true
}

// where lists the places in words, in the language or in the first that has any.
func (a *Alert) where(language string) []string {
	infos := a.infos(language)
	for i := range a.CAP.Info {
		infos = append(infos, &a.CAP.Info[i])
	}
	for _, in := range infos {
		var names []string
		seen := map[string]bool{}
		for i := range in.Area {
			if name := plain(in.Area[i].AreaDesc); name != "" && name != dwdPolygon && !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
		}
		if len(names) > 0 {
			return names
		}
	}
	return nil
}

// dwdPolygon is DWD's description of an area that is drawn, beside areas that
// have a name.
const dwdPolygon = "polygonal event area"

// maxPlaces bounds the places that are listed: weather alerts name hundreds.
const maxPlaces = 12

// places joins the first n names and says if there are more.
func (w words) places(names []string, n int) string {
	if len(names) <= n {
		return strings.Join(names, ", ")
	}
	return strings.Join(names[:n], ", ") + " " + w.andMore
}

// span says from when and until when.
func (w words) span(a *cap.Alert, in *cap.Info) string {
	var said []string
	onset, ok := in.Onset.Unix()
	if sent, known := a.Sent.Unix(); ok && known && onset > sent {
		said = append(said, w.from+" "+w.moment(in.Onset))
	}
	if m := w.moment(in.Expires); m != "" {
		said = append(said, w.until+" "+m)
	}
	return strings.Join(said, " ")
}

// Sender is who says so, for people: senderName, else the long name that MoWaS
// puts into a parameter, else CAP's sender.
func (a *Alert) Sender() string { return a.sender(nil) }

// sender prefers the given info blocks.
func (a *Alert) sender(infos []*cap.Info) string {
	infos = slices.Clone(infos)
	for i := range a.CAP.Info {
		infos = append(infos, &a.CAP.Info[i])
	}
	for _, in := range infos {
		if name := plain(in.SenderName); name != "" {
			return name
		}
		for _, p := range in.Parameter {
			if p.ValueName == "sender_langname" && p.Value != "" {
				return plain(p.Value)
			}
		}
	}
	return a.CAP.Sender
}

// capital begins s with one.
func capital(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	if n == 0 {
		return s
	}
	return string(unicode.ToUpper(r)) + s[n:]
}

// sentence ends s with a full stop.
func sentence(s string) string {
	if s == "" || strings.ContainsAny(s[len(s)-1:], ".!?:") || strings.HasSuffix(s, "…") {
		return s
	}
	return s + "."
}

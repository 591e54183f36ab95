package alert

import (
	"strings"
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
	Drill       bool   // shown as a drill in any case; what travels on lane drill is
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
	if c.ImportedBy != "" {
		by := &list[5]
		by.shorter = []string{by.text}
		by.text = sentence(a.sender(infos) + " (Import: " + c.ImportedBy + ")")
	}
	where := &list[2]
	where.text = sentence(w.places(places, maxPlaces))
	for n := min(len(places), maxPlaces) - 1; n > 0; n-- {
		where.shorter = append(where.shorter, sentence(w.places(places, n)))
	}
	return list
}

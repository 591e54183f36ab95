package alert

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/compact"
)

// Labels are the words of the full view and of every screen, in German and
// English. They are what the design calls things; use them everywhere.
type Labels struct {
	Warning, Update, Withdrawal, AllClear string
	Level                                 string // of Warnstufe 1 to 3, with %d
	Exercise, Test                        string
	Unconfirmed, AllClearUnconfirmed      string
	Confirmed                             string // with how many of how many
	Imported                              string // by whom, state of the original signature
	Signature                             [3]string
	Area, From, Until, Issuer, SignOfLife string
	WhatToDo, Contact, Web, Follows       string
	Missing                               [5]string // by compact.Kind
	CutOff                                string    // for how long
	Age                                   string    // with an age
	States                                [len(phaseNames)]string
}

// German and English are the labels.
var (
	German = Labels{
		Warning: "Warnung", Update: "Aktualisierung", Withdrawal: "Rücknahme (Fehlalarm)", AllClear: "Entwarnung (Gefahr vorbei)",
		Level: "Warnstufe %d", Exercise: "ÜBUNG / PROBEALARM: keine echte Gefahr", Test: "PROBEALARM: trägt einen Testcode, keine echte Gefahr",
		Unconfirmed: "NOCH NICHT BESTÄTIGT: erst eine Unterschrift", AllClearUnconfirmed: "Entwarnung, noch nicht bestätigt",
		Confirmed: "%d von %d Unterschriften",
		Imported:  "importiert durch %s; Originalsignatur: %s", Signature: [3]string{"keine", "ungültig", "gültig laut %s"},
		Area: "Gebiet", From: "Ab", Until: "Bis", Issuer: "Herausgeber", SignOfLife: "Lebenszeichen", WhatToDo: "Was tun", Contact: "Kontakt", Web: "Mehr", Follows: "Bezieht sich auf",
		Missing: [5]string{"ein Teil fehlt noch", "Texte fehlen noch", "die genaue Karte fehlt noch", "Bilder fehlen noch", "die Originalsignatur fehlt noch"},
		CutOff:  "Seit %s abgeschnitten: Warnungen können fehlen", Age: "vor %s herausgegeben",
		States: [...]string{"unbekannt", "gilt", "gilt, noch nicht bestätigt", "nicht bestätigt und verfallen", "abgelaufen", "ersetzt",
			"Entwarnung, noch nicht bestätigt", "Entwarnung", "zurückgenommen (Fehlalarm)", "widerrufen (Schlüssel missbraucht)"},
	}
	English = Labels{
		Warning: "Warning", Update: "Update", Withdrawal: "Withdrawal (false alarm)", AllClear: "All-clear (danger over)",
		Level: "warning level %d", Exercise: "EXERCISE / TEST: no real danger", Test: "TEST: carries a test code, no real danger",
		Unconfirmed: "NOT YET CONFIRMED: one signature so far", AllClearUnconfirmed: "All-clear, not yet confirmed",
		Confirmed: "%d of %d signatures",
		Imported:  "imported by %s; original signature: %s", Signature: [3]string{"none", "invalid", "valid according to %s"},
		Area: "Area", From: "From", Until: "Until", Issuer: "Issued by", SignOfLife: "Sign of life", WhatToDo: "What to do", Contact: "Contact", Web: "More", Follows: "Follows up",
		Missing: [5]string{"a part is still missing", "texts are still missing", "the exact map is still missing", "pictures are still missing", "the original signature is still missing"},
		CutOff:  "Cut off for %s: warnings may be missing", Age: "issued %s ago",
		States: [...]string{"unknown", "in force", "in force, not yet confirmed", "lapsed without confirmation", "expired", "superseded",
			"all-clear, not yet confirmed", "all-clear", "withdrawn (false alarm)", "revoked (key compromised)"},
	}
)

// LabelsIn returns the labels of a language: German for every form of German,
// English for all others.
func LabelsIn(language string) *Labels {
	if strings.HasPrefix(LanguageOf(language), "de") {
		return &German
	}
	return &English
}

// Kind names a kind.
func (l *Labels) Kind(k Kind) string {
	switch k {
	case KindUpdate:
		return l.Update
	case KindAllClear:
		return l.AllClear
	case KindWithdrawal:
		return l.Withdrawal
	}
	return l.Warning
}

// State names the phase of an incident.
func (l *Labels) State(p Phase) string { return l.States[p] }

// Since says how old an alert is, given seconds.
func (l *Labels) Since(age uint64) string {
	return fmt.Sprintf(l.Age, duration(age, l == &German))
}

// Cut says that a device has been without contact for so many seconds.
func (l *Labels) Cut(age uint64) string { return fmt.Sprintf(l.CutOff, duration(age, l == &German)) }

// textWidth is the width of the full view, in characters: it fits a terminal.
const textWidth = 78

// Text is the whole alert for a terminal, in the given language as far as the
// alert speaks it, with German or English labels. Foreign text cannot leave its
// line or move the cursor. Ends are told from their kind, in fixed words.
func Text(a *Alert, language string, c Condition) string {
	l := LabelsIn(language)
	var b strings.Builder
	line := func(label, text string) {
		if text != "" {
			wrap(&b, label, text)
		}
	}
	a.heading(&b, l, c)
	in := a.Language(language, "de", "en")
	if in == nil {
		line("", wordsIn(LanguageOf(language)).ending(a.Kind))
		line(l.Issuer, a.Sender())
		return b.String()
	}
	w := wordsIn(LanguageOf(in.Language))
	if a.Kind.Ends() {
		line("", a.title(LanguageOf(in.Language), w))
	} else {
		line("", a.subject(LanguageOf(in.Language), w.kind(a.Kind)))
	}
	line(l.Area, w.places(a.where(LanguageOf(in.Language)), maxPlaces))
	line(l.From, w.moment(in.Onset))
	line(l.Until, w.moment(in.Expires))
	if a.Kind.Ends() {
		line("", w.ending(a.Kind))
	} else {
		for _, block := range a.infos(LanguageOf(in.Language)) {
			line("", block.Description)
			line(l.WhatToDo, block.Instruction)
		}
	}
	line(l.Contact, in.Contact)
	line(l.Web, in.Web)
	line(l.Issuer, a.sender(a.infos(LanguageOf(in.Language))))
	for _, i := range a.Missing() {
		line("", "("+l.missing(a.Parts[i].Kind)+")")
	}
	return b.String()
}

// heading says what the words of the alert cannot change.
func (a *Alert) heading(b *strings.Builder, l *Labels, c Condition) {
	switch {
	case c.Drill || a.Drill():
		fmt.Fprintf(b, "*** %s ***\n", l.Exercise)
	case a.Test != "":
		fmt.Fprintf(b, "*** %s ***\n", l.Test)
	}
	kind := l.Kind(a.Kind)
	switch {
	case a.Kind == KindAllClear && c.Unconfirmed:
		kind = l.AllClearUnconfirmed
	case c.Unconfirmed:
		fmt.Fprintf(b, "*** %s ***\n", l.Unconfirmed)
	}
	if !a.Kind.Ends() {
		kind += ", " + fmt.Sprintf(l.Level, Warnstufe(severityNames[a.Severity]))
	}
	b.WriteString(kind + "\n")
	if a.Origin != nil {
		fmt.Fprintf(b, "%s\n", l.origin(a.Origin, c.ImportedBy))
	}
}

func (l *Labels) origin(o *compact.Origin, gateway string) string {
	if gateway == "" {
		gateway = "?"
	}
	state := l.Signature[compact.SignatureInvalid]
	if int(o.Signature) < len(l.Signature) {
		state = l.Signature[o.Signature]
	}
	if o.Signature == compact.SignatureValid {
		state = fmt.Sprintf(state, gateway)
	}
	return fmt.Sprintf(l.Imported, gateway, state)
}

func (l *Labels) missing(k compact.Kind) string {
	if int(k) < len(l.Missing) {
		return l.Missing[k]
	}
	return l.Missing[0]
}

// severityNames are CAP's severities by rank.
var severityNames = [...]cap.Severity{cap.UnknownSeverity, cap.Minor, cap.Moderate, cap.Severe, cap.Extreme}

// wrap writes "label: text" in lines of textWidth, with the text's own
// paragraphs indented.
func wrap(b *strings.Builder, label, text string) {
	const indent = "  "
	column := 0
	if label != "" {
		b.WriteString(label + ":")
		column = utf8.RuneCountInString(label) + 1
	}
	for i, paragraph := range paragraphs(text) {
		if i > 0 {
			b.WriteString("\n" + indent)
			column = len(indent)
		}
		for j, w := range strings.Fields(paragraph) {
			n := utf8.RuneCountInString(w)
			switch {
			case column == 0 || i > 0 && j == 0:
			case column+1+n > textWidth:
				b.WriteString("\n" + indent)
				column = len(indent)
			default:
				b.WriteString(" ")
				column++
			}
			b.WriteString(w)
			column += n
		}
	}
	b.WriteString("\n")
}

package web

import (
	"strings"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/node/lifewords"
)

// The languages of the page. Leichte Sprache has its own short sentences.
const (
	german  = "de"
	simple  = "de-simple"
	english = "en"
)

// languages are offered in this order; the first is for whoever asks for none.
var languages = []string{german, simple, english}

// words are the page's fixed words in one language. Words of warnings come from
// gossip/alert, those of signs of life from node/lifewords.
type words struct {
	Lang, Name   string // tag for HTML, name for the switch
	Title        string
	InForce      string
	None         string // said only when the device has been heard from
	NoneCutOff   string // said when warnings may be missing
	NoneUntrust  string
	Silence      string
	Drills       string
	Ended        string
	More         string // with how many
	Clock        string
	ClockDoubt   string
	Checked      string
	SignedBy     string // with how many persons
	SignedByOne  string
	OfNeeded     string // with have and need
	From         string
	Until        string
	Issued       string
	Event        string
	Severity     string
	Severities   map[string]string
	State        map[string]string
	QRTitle      string
	QRHint       string
	QRPart       string // with which of how many
	Details      string
	Back         string
	Others       string
	Imported     string // by whom, from what, what the original's signature is
	Incomplete   string
	OnlyOwn      string // that only an own device verifies
	GetApp       string
	Unconfirmed  string
	Switch       string
	TrustRoots   string
	PrintHint    string
	Poster       string
	App          appWords
	labels       *alert.Labels
	signs        *lifewords.Words
	layout       string // of days and times
	originSigned map[string]string
}

var germanWords = words{
	Lang: "de", Name: "Deutsch", Title: "Warnungen", InForce: "Geltende Warnungen",
	None:        "Diese Box kennt zurzeit keine geltende Warnung.",
	NoneCutOff:  "Diese Box kennt keine geltende Warnung. Das heißt NICHT, dass es keine gibt: Stille ist keine Entwarnung.",
	NoneUntrust: "Diese Box vertraut noch keiner Stelle. Sie kann keine Warnung zeigen.",
	Silence:     "Lebenszeichen", Drills: "Übungen und Probealarme: keine echte Gefahr", Ended: "Beendet in den letzten 24 Stunden",
	More: "und %d weitere", Clock: "Stand", ClockDoubt: "Die Uhr dieser Box ist unsicher. Warnungen werden gezeigt, auch wenn sie vielleicht schon vorbei sind.",
	Checked: "Geprüft von dieser Box", SignedBy: "Unterschrieben von %d Personen", SignedByOne: "Unterschrieben von einer Person",
	OfNeeded: "%d von %d nötigen", From: "Ab", Until: "Bis", Issued: "Herausgegeben", Event: "Ereignis", Severity: "Schwere",
	Severities: map[string]string{"Extreme": "extrem", "Severe": "schwer", "Moderate": "mäßig", "Minor": "gering", "Unknown": "unbekannt"},
	State:      map[string]string{"unknown": "gilt vielleicht nicht mehr (Uhr unsicher)", "not-yet": "gilt noch nicht"},
	QRTitle:    "Diese Warnung mitnehmen", QRHint: "Ein eigenes Gerät mit Kreidfeuer liest den Code und prüft die Warnung selbst: kreidfeuer carry import FOTO.",
	QRPart: "Teil %d von %d", Details: "Einzeln, mit QR-Code", Back: "Alle Warnungen", Others: "In anderen Sprachen",
	Imported: "Importiert durch %s aus %s; Originalsignatur: %s", Incomplete: "Ein Teil dieser Warnung ist noch nicht angekommen.",
	OnlyOwn: "Diese Seite kann fälschen, wer diese Box betreibt. Nur ein eigenes Gerät mit Kreidfeuer prüft selbst, wer eine Warnung herausgegeben hat und ob er es durfte. Hören Sie auch Radio und fragen Sie Polizei oder Feuerwehr.",
	GetApp:  "Programm mitnehmen", Unconfirmed: "NOCH NICHT BESTÄTIGT", Switch: "Sprache", TrustRoots: "Diese Box vertraut",
	PrintHint: "Papier kann jeder bedrucken; erst der Code beweist, wer warnt. Bitte aushängen und weitergeben.", Poster: "Plakat mit dem Fingerabdruck",
	labels: &alert.German, signs: &lifewords.German, layout: "02.01.2006 15:04 Uhr",
	originSigned: map[string]string{"none": "keine", "invalid": "ungültig", "valid-according-to-gateway": "gültig laut Importeur"},
	App:          germanApp,
}

var simpleWords = words{
	Lang: "de-simple", Name: "Leichte Sprache", Title: "Warnungen", InForce: "Diese Warnungen gelten jetzt",
	None:        "Im Moment ist hier keine Warnung bekannt.",
	NoneCutOff:  "Hier ist keine Warnung bekannt. Aber: Diese Box hat keinen Kontakt. Vielleicht gibt es trotzdem eine Gefahr.",
	NoneUntrust: "Diese Box ist noch nicht fertig eingerichtet. Sie kann keine Warnung zeigen.",
	Silence:     "Kontakt zur Warn-Stelle", Drills: "Das ist nur eine Übung. Es gibt keine Gefahr.", Ended: "Diese Gefahren sind vorbei",
	More: "und noch %d", Clock: "Diese Seite ist von", ClockDoubt: "Die Uhr von dieser Box geht vielleicht falsch. Manche Warnungen sind vielleicht schon vorbei.",
	Checked: "Diese Box hat geprüft", SignedBy: "%d Personen haben unterschrieben", SignedByOne: "Eine Person hat unterschrieben",
	OfNeeded: "%d von %d nötigen", From: "Ab", Until: "Bis", Issued: "Die Warnung ist von", Event: "Was ist passiert", Severity: "Wie schlimm",
	Severities: map[string]string{"Extreme": "sehr, sehr schlimm", "Severe": "sehr schlimm", "Moderate": "schlimm", "Minor": "etwas schlimm", "Unknown": "nicht bekannt"},
	State:      map[string]string{"unknown": "vielleicht schon vorbei", "not-yet": "gilt noch nicht"},
	QRTitle:    "Diese Warnung mitnehmen", QRHint: "Mit dem Programm Kreidfeuer können Sie die Warnung selbst prüfen.",
	QRPart: "Teil %d von %d", Details: "Diese Warnung allein", Back: "Alle Warnungen", Others: "In anderen Sprachen",
	Imported: "%s hat die Warnung übernommen, aus %s. Unterschrift im Original: %s", Incomplete: "Ein Teil von der Warnung fehlt noch.",
	OnlyOwn: "Achtung: Die Person, der diese Box gehört, kann hier auch falsche Sachen schreiben. Nur ein eigenes Gerät prüft die Warnung richtig. Hören Sie auch Radio. Fragen Sie die Polizei oder die Feuerwehr.",
	GetApp:  "Das Programm mitnehmen", Unconfirmed: "NOCH NICHT SICHER", Switch: "Sprache", TrustRoots: "Diese Box vertraut",
	PrintHint: "Bitte aufhängen und weitergeben.", Poster: "Plakat mit der Prüf-Nummer",
	labels: &alert.German, signs: &lifewords.German, layout: "02.01.2006 15:04 Uhr",
	originSigned: map[string]string{"none": "keine", "invalid": "falsch", "valid-according-to-gateway": "richtig, sagt diese Stelle"},
	App:          germanApp,
}

var englishWords = words{
	Lang: "en", Name: "English", Title: "Warnings", InForce: "Warnings in force",
	None:        "This box knows of no warning in force at present.",
	NoneCutOff:  "This box knows of no warning in force. That does NOT mean that there is none: silence is not quiet.",
	NoneUntrust: "This box trusts no authority yet. It cannot show any warning.",
	Silence:     "Signs of life", Drills: "Exercises and tests: no real danger", Ended: "Ended in the last 24 hours",
	More: "and %d more", Clock: "As of", ClockDoubt: "The clock of this box is in doubt. Warnings are shown even if they may have ended.",
	Checked: "Checked by this box", SignedBy: "Signed by %d persons", SignedByOne: "Signed by one person",
	OfNeeded: "%d of %d needed", From: "From", Until: "Until", Issued: "Issued", Event: "Event", Severity: "Severity",
	Severities: map[string]string{"Extreme": "extreme", "Severe": "severe", "Moderate": "moderate", "Minor": "minor", "Unknown": "unknown"},
	State:      map[string]string{"unknown": "may have ended (clock in doubt)", "not-yet": "not in force yet"},
	QRTitle:    "Take this warning along", QRHint: "An own device with Kreidfeuer reads the code and checks the warning itself: kreidfeuer carry import PHOTO.",
	QRPart: "part %d of %d", Details: "This one, with QR code", Back: "All warnings", Others: "In other languages",
	Imported: "Imported by %s from %s; original signature: %s", Incomplete: "A part of this warning has not arrived yet.",
	OnlyOwn: "Whoever runs this box can forge this page. Only an own device with Kreidfeuer checks by itself who issued a warning and whether they may. Listen to the radio, too, and ask the police or the fire brigade.",
	GetApp:  "Take the program along", Unconfirmed: "NOT YET CONFIRMED", Switch: "Language", TrustRoots: "This box trusts",
	PrintHint: "Please put this up and pass it on.", Poster: "Poster with the fingerprint",
	labels: &alert.English, signs: &lifewords.English, layout: "2 Jan 2006 15:04",
	originSigned: map[string]string{"none": "none", "invalid": "invalid", "valid-according-to-gateway": "valid according to the importer"},
	App:          englishApp,
}

// wordsIn returns the page's words for one of its languages; German for any other.
func wordsIn(language string) *words {
	switch language {
	case simple:
		return &simpleWords
	case english:
		return &englishWords
	}
	return &germanWords
}

// pageLanguage is the page's language for a tag of a person's or an alert's, as
// far as the page speaks it.
func pageLanguage(tag string) (string, bool) {
	switch l := alert.LanguageOf(strings.TrimSpace(tag)); l {
	case german, simple, english:
		return l, true
	}
	return "", false
}

package compose

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/compact"
	"github.com/kreidfeuer/kreidfeuer/gossip/region"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Author is who issues and when.
type Author struct {
	Domain    wire.ID
	Authority string // path, e.g. "rp/07131/lst"
	Name      string // for people: "Leitstelle Ahrweiler"
	Contact   string
	Web       string
	Now       uint64 // seconds UTC
	Offset    int    // of local time from UTC, minutes, east positive
}

// Draft is what an officer enters. Empty fields are taken from the template.
// Times are seconds UTC.
type Draft struct {
	Author
	Lane     wire.Lane // live or drill; there is no default
	Template string    // name of a template, or empty

	Severity  cap.Severity
	Urgency   cap.Urgency
	Certainty cap.Certainty
	Category  []cap.Category
	Response  []cap.ResponseType
	EventCode []cap.NamedValue
	Onset     uint64 // 0: now
	Expires   uint64 // 0: the template's lifetime from now
	Areas     []Area
	Texts     []Text // replace the template's in the same language, field by field
	Note      string // for other agencies, not for the public
}

// Area is one place of an alert.
type Area struct {
	Key      string // regional key (ARS), full or as a prefix; empty for none
	Name     string // empty: the region's name
	Polygons []cap.Polygon
	Circles  []cap.Circle
	Ellipse  string // narrows the only circle: see EllipseName; empty for none
}

// EllipseName is the geocode that says of an area's circle that its middle and
// radius are those of an ellipse: the half of its shorter axis in kilometres, and
// the direction of the longer one in degrees clockwise from north. CAP has no
// ellipse. Devices warn the whole circle.
const EllipseName = "ellipse"

// Message is a CAP alert with the native fields that travel beside it. It may
// share memory with the draft and the alerts it was made from: do not change it.
type Message struct {
	CAP    *cap.Alert
	Extras compact.Extras
}

// Compose makes a new alert. The error is a [*Refused] that lists everything
// that is missing or wrong, or comes from random, of which it reads five bytes.
func Compose(d Draft, random io.Reader) (*Message, error) {
	return build(d, cap.MsgAlert, nil, random)
}

// build makes an alert or an update of prev.
func build(d Draft, msg cap.MsgType, prev []*alert.Alert, random io.Reader) (*Message, error) {
	t, err := d.complete()
	if err != nil {
		return nil, err
	}
	m, err := frame(d.Author, d.Lane, msg, prev, random)
	if err != nil {
		return nil, err
	}
	m.CAP.Note = d.Note
	areas := d.capAreas()
	for _, text := range d.texts(t) {
		in := cap.Info{
			Language: text.Language, Category: d.Category, Event: text.Event, ResponseType: d.Response,
			Urgency: d.Urgency, Severity: d.Severity, Certainty: d.Certainty, EventCode: d.EventCode,
			SenderName: d.Name, Headline: text.Headline, Description: text.Description, Instruction: text.Instruction,
			Web: d.Web, Contact: d.Contact, Area: areas,
		}
		if d.Onset > 0 {
			in.Onset = cap.MakeTime(int64(d.Onset), d.Offset)
		}
		if d.Expires > 0 {
			in.Expires = cap.MakeTime(int64(d.Expires), d.Offset)
		}
		if strings.Contains(text.Instruction, mediaGerman) {
			in.Parameter = []cap.NamedValue{{ValueName: instructionCodeName, Value: codeMedia}}
		}
		m.CAP.Info = append(m.CAP.Info, in)
	}
	return m, refuse(Issuable(m.CAP))
}

// frame makes the outer elements: who, when, and whom it follows up.
func frame(by Author, lane wire.Lane, msg cap.MsgType, prev []*alert.Alert, random io.Reader) (*Message, error) {
	if by.Authority == "" || wire.CheckAuthority(by.Authority) != nil || by.Domain.IsZero() {
		return nil, refuse([]Problem{{"authority", "Die herausgebende Stelle fehlt.", "The issuing authority is missing."}})
	}
	sent := by.Now
	m := &Message{}
	var refs []string
	for _, p := range prev {
		// A clock that is behind must not make the follow-up older than what it
		// speaks of: then it would have no effect by triple.
		sent = max(sent, p.Header.Created+1)
		refs = append(refs, p.CAP.Triple().String())
		m.Extras.References = append(m.Extras.References, p.ID)
	}
	id, err := identifier(sent, random)
	if err != nil {
		return nil, err
	}
	m.CAP = &cap.Alert{
		Version: cap.V12, Identifier: id, Sender: alert.Sender(by.Domain, by.Authority), Sent: cap.MakeTime(int64(sent), by.Offset),
		MsgType: msg, Scope: cap.Public, References: strings.Join(refs, " "),
	}
	switch lane {
	case wire.LaneLive:
		m.CAP.Status = cap.Actual
	case wire.LaneDrill:
		m.CAP.Status = cap.Exercise
	default:
		return nil, refuse([]Problem{{"lane", "Echt oder Übung muss gesagt werden.", "Live or drill must be said."}})
	}
	return m, nil
}

// identifier draws an identifier for an alert sent then.
func identifier(sent uint64, random io.Reader) (string, error) {
	var b [alert.RandomBytes]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("make identifier: %w", err)
	}
	return alert.Identifier(sent, b), nil
}

// complete fills a draft up from its template.
func (d *Draft) complete() (Template, error) {
	t, ok := ByName(d.Template)
	if d.Template != "" && !ok {
		return t, refuse([]Problem{{"template", "Diese Vorlage gibt es nicht: " + d.Template, "There is no such template: " + d.Template}})
	}
	d.Severity = orElse(d.Severity, orElse(t.Severity, cap.UnknownSeverity))
	d.Urgency = orElse(d.Urgency, orElse(t.Urgency, cap.UnknownUrgency))
	d.Certainty = orElse(d.Certainty, orElse(t.Certainty, cap.UnknownCertainty))
	if len(d.Category) == 0 {
		d.Category = t.Category
	}
	if len(d.Response) == 0 {
		d.Response = t.Response
	}
	if len(d.EventCode) == 0 {
		d.EventCode = t.EventCode
	}
	if d.Expires == 0 && t.Lifetime > 0 {
		d.Expires = max(d.Now, d.Onset) + t.Lifetime
	}
	return t, nil
}

func orElse[T ~string](v, otherwise T) T {
	if v == "" {
		return otherwise
	}
	return v
}

// texts joins the template's texts with the officer's, German first.
func (d *Draft) texts(t Template) []Text {
	texts := t.in(d.place())
	for _, own := range d.Texts {
		i := slices.IndexFunc(texts, func(x Text) bool { return alert.LanguageOf(x.Language) == alert.LanguageOf(own.Language) })
		if i < 0 {
			texts = append(texts, own)
			continue
		}
		x := &texts[i]
		x.Event, x.Headline = orElse(own.Event, x.Event), orElse(own.Headline, x.Headline)
		x.Description, x.Instruction = orElse(own.Description, x.Description), orElse(own.Instruction, x.Instruction)
	}
	slices.SortStableFunc(texts, func(a, b Text) int { return languageRank(a) - languageRank(b) })
	if d.Lane == wire.LaneDrill {
		for i := range texts {
			texts[i].mark(alert.ExerciseIn(texts[i].Language) + ": ")
		}
	}
	return texts
}

// mark puts the word for an exercise before what people read first; so it stays
// one when somebody copies the text.
func (t *Text) mark(word string) {
	for _, field := range []*string{&t.Headline, &t.Description} {
		if *field != "" && !strings.HasPrefix(*field, word) {
			*field = word + *field
		}
	}
}

func languageRank(t Text) int {
	if i := slices.Index([]string{LangGerman, LangSimple, LangEnglish}, alert.LanguageOf(t.Language)); i >= 0 {
		return i
	}
	return 3
}

// place names all areas in words.
func (d *Draft) place() string {
	var names []string
	for _, a := range d.Areas {
		if n := a.name(); n != "" && !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	return strings.Join(names, ", ")
}

func (a *Area) name() string {
	if a.Name != "" || a.Key == "" {
		return a.Name
	}
	return region.Name(a.Key)
}

func (d *Draft) capAreas() []cap.Area {
	var list []cap.Area
	for i := range d.Areas {
		a := &d.Areas[i]
		area := cap.Area{AreaDesc: a.name(), Polygon: a.Polygons, Circle: a.Circles}
		if a.Key != "" {
			area.Geocode = []cap.NamedValue{{ValueName: alert.KeyName, Value: fullKey(a.Key)}}
		}
		if a.Ellipse != "" {
			area.Geocode = append(area.Geocode, cap.NamedValue{ValueName: EllipseName, Value: a.Ellipse})
		}
		list = append(list, area)
	}
	return list
}

// fullKey writes a key with all 12 digits, as other systems expect; a text that
// is no key stays, and is refused later.
func fullKey(key string) string {
	if prefix, ok := region.Normalize(key); ok {
		return region.Region{Key: prefix}.ARS()
	}
	return key
}

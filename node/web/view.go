package web

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// warningView is one warning as a page shows it, in one language.
type warningView struct {
	W           warningWords
	Short, Link string
	Class       string // for the style: l1 to l3 by Warnstufe, x for drills, e for ends
	Marks       []string
	Kind, State string
	Lang        string // of the texts
	Headline    string
	Instruction []string
	Description []string
	Facts       []fact
	Web         string
	Checked     []string // who vouches, as this box has verified it
	Incomplete  bool
}

// warningWords are what the template of a warning needs.
type warningWords struct{ WebLabel, Checked, Details, Incomplete string }

type fact struct{ Label, Text string }

// Bounds of a page's texts. Longer ones are in the alert itself; a page of them
// would not reach a phone over a bad link.
const (
	maxParagraphs = 40
	maxAreas      = 20
)

// viewer turns alerts into views.
type viewer struct {
	w    *words
	zone *time.Location // of the clocks on the walls
}

// view shows a warning. Ends are told in fixed words, because in feeds their
// texts often still speak of the danger.
func (v viewer) view(a *apitype.AlertDetail) warningView {
	w := v.w
	out := warningView{
		W:     warningWords{w.labels.Web, w.Checked, w.Details, w.Incomplete},
		Short: a.ID[:min(len(a.ID), 8)], Link: "/w/" + a.ID + "?l=" + w.Lang, Lang: w.Lang, Kind: v.kind(&a.AlertSummary),
		Marks: v.marks(&a.AlertSummary), State: w.State[string(a.State)], Incomplete: len(a.Incomplete) > 0,
		Class: class(&a.AlertSummary), Headline: oneLine(a.Headline),
	}
	in := infoIn(a.Infos, w.Lang)
	ends := isEnd(a.Kind)
	if in != nil {
		out.Lang = pageTag(in.Language)
		out.Headline = cmp.Or(oneLine(in.Headline), oneLine(in.Event), out.Headline)
		if !ends {
			out.Instruction, out.Description = bounded(instructions(in)), bounded(paragraphs(in.Description))
		}
		out.Web = webAddress(in.Web)
	}
	if ends {
		out.Headline = alert.KindIn(w.Lang, kindOf(a.Kind)) + ": " + cmp.Or(oneLine(eventOf(in)), out.Headline)
		out.Instruction = []string{alert.EndingIn(w.Lang, kindOf(a.Kind))}
	}
	out.Facts, out.Checked = v.facts(a, in), v.checked(&a.AlertSummary)
	return out
}

func (v viewer) facts(a *apitype.AlertDetail, in *apitype.Info) (list []fact) {
	add := func(label, text string) {
		if text != "" {
			list = append(list, fact{label, text})
		}
	}
	add(v.w.labels.Area, places(a, in))
	if in != nil {
		add(v.w.From, v.moment(in.Onset))
	}
	add(v.w.Until, v.moment(a.Expires))
	if in != nil {
		add(v.w.labels.Issuer, cmp.Or(oneLine(in.SenderName), oneLine(a.AuthorityName)))
		add(v.w.Severity, v.w.Severities[in.Severity])
		add(v.w.labels.Contact, oneLine(in.Contact))
	}
	add(v.w.Issued, v.moment(a.Created))
	return list
}

// checked says who vouches, as this box has verified it.
func (v viewer) checked(a *apitype.AlertSummary) []string {
	var names []string
	for _, c := range a.Chain {
		names = append(names, oneLine(c))
	}
	list := []string{strings.Join(names, " › ")}
	signed := v.w.SignedByOne
	if a.Level != 1 {
		signed = fmt.Sprintf(v.w.SignedBy, a.Level)
	}
	if a.Needed > 0 {
		signed += " (" + fmt.Sprintf(v.w.OfNeeded, a.Level, max(a.Needed, a.Level)) + ")"
	}
	names = nil
	for _, s := range a.Signers {
		name := oneLine(s.Name)
		if s.Function != "" {
			name += " (" + oneLine(s.Function) + ")"
		}
		names = append(names, name)
	}
	list = append(list, signed+": "+strings.Join(names, ", "))
	if a.Origin.Format != "" {
		list = append(list, fmt.Sprintf(v.w.Imported, oneLine(a.Origin.By), oneLine(a.Origin.Format),
			cmp.Or(v.w.originSigned[a.Origin.Signature], oneLine(a.Origin.Signature))))
	}
	return list
}

// marks are what must stand before everything else.
func (v viewer) marks(a *apitype.AlertSummary) (list []string) {
	switch {
	case a.Test && a.Lane == "drill":
		list = append(list, v.w.labels.Exercise)
	case a.Test:
		list = append(list, v.w.labels.Test)
	}
	switch {
	case a.Unconfirmed && a.Kind == apitype.KindAllClear:
		list = append(list, v.w.labels.AllClearUnconfirmed)
	case a.Unconfirmed:
		list = append(list, v.w.Unconfirmed)
	}
	return list
}

func (v viewer) kind(a *apitype.AlertSummary) string {
	kind := v.w.labels.Kind(kindOf(a.Kind))
	if !isEnd(a.Kind) && a.Warnstufe > 0 {
		kind += ", " + fmt.Sprintf(v.w.labels.Level, a.Warnstufe)
	}
	return kind
}

func (v viewer) moment(t time.Time) string {
	if t.Unix() <= 0 {
		return ""
	}
	return t.In(v.zone).Format(v.w.layout)
}

var kinds = map[apitype.AlertKind]alert.Kind{apitype.KindAlert: alert.KindAlert, apitype.KindUpdate: alert.KindUpdate,
	apitype.KindAllClear: alert.KindAllClear, apitype.KindWithdrawal: alert.KindWithdrawal}

func kindOf(k apitype.AlertKind) alert.Kind { return kinds[k] }

func isEnd(k apitype.AlertKind) bool {
	return k == apitype.KindAllClear || k == apitype.KindWithdrawal
}

func class(a *apitype.AlertSummary) string {
	switch {
	case isEnd(a.Kind):
		return "e"
	case a.Test || a.Lane != "live":
		return "x"
	}
	return fmt.Sprintf("l%d", a.Warnstufe)
}

// infoIn finds the texts in a language, else in German, English, or any.
func infoIn(infos []apitype.Info, language string) *apitype.Info {
	for _, l := range []string{language, german, english} {
		if i := slices.IndexFunc(infos, func(in apitype.Info) bool { return alert.LanguageOf(in.Language) == l }); i >= 0 {
			return &infos[i]
		}
	}
	if len(infos) > 0 {
		return &infos[0]
	}
	return nil
}

// pageTag is a language tag that browsers understand; empty where it is not one.
func pageTag(tag string) string {
	l := alert.LanguageOf(tag)
	if strings.Trim(l, "abcdefghijklmnopqrstuvwxyz-") != "" || len(l) > 20 {
		return ""
	}
	return l
}

func eventOf(in *apitype.Info) string {
	if in == nil {
		return ""
	}
	return in.Event
}

func instructions(in *apitype.Info) []string {
	list := paragraphs(in.Instruction)
	for _, s := range in.Instructions {
		list = append(list, paragraphs(s)...)
	}
	return list
}

func bounded(list []string) []string {
	if len(list) > maxParagraphs {
		return append(list[:maxParagraphs:maxParagraphs], "…")
	}
	return list
}

func places(a *apitype.AlertDetail, in *apitype.Info) string {
	names := a.Areas
	if in != nil && len(in.Areas) > 0 {
		names = nil
		for _, area := range in.Areas {
			names = append(names, area.Description)
		}
	}
	var list []string
	for _, n := range names {
		if n = oneLine(n); n != "" && !slices.Contains(list, n) {
			list = append(list, n)
		}
		if len(list) > maxAreas {
			list[maxAreas] = "…"
			break
		}
	}
	return strings.Join(list, ", ")
}

// qrView is one QR code with what stands above it.
type qrView struct {
	Caption string
	Image   template.HTML
}

// drawFrames draws the frames of an alert.
func (w *words) drawFrames(texts []string) ([]qrView, error) {
	var list []qrView
	for i, text := range texts {
		image, err := drawQR(text)
		if err != nil {
			return nil, err
		}
		one := qrView{Image: image}
		if len(texts) > 1 {
			one.Caption = fmt.Sprintf(w.QRPart, i+1, len(texts))
		}
		list = append(list, one)
	}
	return list, nil
}

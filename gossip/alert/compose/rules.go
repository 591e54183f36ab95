package compose

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// Problem is something that keeps an alert from being issued, said to the
// officer.
type Problem struct {
	Field   string // CAP element or field of a draft
	German  string
	English string
}

// Refused lists why an alert is not issued.
type Refused struct {
	Problems []Problem
}

func (r *Refused) Error() string {
	texts := make([]string, len(r.Problems))
	for i, p := range r.Problems {
		texts[i] = p.Field + ": " + p.English
	}
	return "alert cannot be issued: " + strings.Join(texts, "; ")
}

func refuse(problems []Problem) error {
	if len(problems) == 0 {
		return nil
	}
	return &Refused{problems}
}

// Issuable lists what keeps an alert from being issued, whether composed here
// or brought as a file: CAP's own rules, and those of issuing. What a receiver
// must tolerate, an issuer need not send.
func Issuable(c *cap.Alert) []Problem {
	var list []Problem
	for _, p := range cap.Check(c) {
		if p.Severity == cap.LevelError {
			list = append(list, Problem{p.Path, "Kein gültiges CAP: " + p.Message, "Not valid CAP: " + p.Message})
		}
	}
	a, err := alert.Of(c)
	if err != nil {
		return append(list, Problem{"msgType", err.Error(), err.Error()})
	}
	if len(c.Info) == 0 && !a.Kind.Ends() {
		list = append(list, Problem{"info", "Die Warnung sagt nichts.", "The alert says nothing."})
	}
	list = append(list, lane(a)...)
	list = append(list, times(a)...)
	for i := range c.Info {
		list = append(list, content(a, &c.Info[i])...)
	}
	if !a.Kind.Ends() && len(c.Info) > 0 && !slices.ContainsFunc(c.Info, isGerman) {
		list = append(list, Problem{"language", "Der deutsche Text fehlt.", "The German text is missing."})
	}
	return unique(list)
}

func isGerman(in cap.Info) bool { return alert.LanguageOf(in.Language) == LangGerman }

// unique drops repetitions: what is missing in one language mostly is in all.
func unique(list []Problem) []Problem {
	var kept []Problem
	for _, p := range list {
		if !slices.Contains(kept, p) {
			kept = append(kept, p)
		}
	}
	return kept
}

// lane holds real and exercise apart.
func lane(a *alert.Alert) []Problem {
	switch alert.LaneOf(a.CAP.Status) {
	case 0:
		return []Problem{{"status", fmt.Sprintf("Status %s wird nicht gesendet.", a.CAP.Status), fmt.Sprintf("Status %s never travels.", a.CAP.Status)}}
	case wire.LaneLive:
		if a.Test != "" {
			return []Problem{{"status", fmt.Sprintf("„%s“ kennzeichnet einen Test: nur als Übung senden.", a.Test),
				fmt.Sprintf("%q marks a test: send it as a drill only.", a.Test)}}
		}
	}
	return nil
}

// times holds sent and expires against what may travel.
func times(a *alert.Alert) []Problem {
	created, expires, err := alert.Times(a.CAP)
	switch {
	case err != nil:
		return []Problem{{"sent", err.Error(), err.Error()}}
	case expires <= created:
		return []Problem{{"expires", "Das Ende liegt nicht nach dem Beginn.", "It expires before it is sent."}}
	case expires-created > wire.MaxAlertLifetime:
		return []Problem{{"expires", "Eine Warnung gilt höchstens 7 Tage. Danach neu herausgeben.", "An alert holds for 7 days at most. Issue it anew after that."}}
	}
	return nil
}

// content holds one info block against what people need.
func content(a *alert.Alert, in *cap.Info) []Problem {
	var list []Problem
	missing := func(field, german, english string) {
		list = append(list, Problem{field, german, english})
	}
	live := alert.LaneOf(a.CAP.Status) == wire.LaneLive
	urgent := a.Severity >= wire.PrioritySevere && live && !a.Kind.Ends()
	if in.Headline == "" && !a.Kind.Ends() {
		missing("headline", "Die Überschrift fehlt.", "The headline is missing.")
	}
	if urgent && len(in.Area) == 0 {
		missing("area", "Das Gebiet fehlt.", "The area is missing.")
	}
	if urgent && strings.TrimSpace(in.Instruction) == "" {
		missing("instruction", "Es fehlt, was die Menschen tun sollen.", "What people should do is missing.")
	}
	if urgent && in.Expires == "" {
		missing("expires", "Es fehlt, bis wann die Warnung gilt.", "Until when the alert holds is missing.")
	}
	for i := range in.Area {
		list = append(list, area(&in.Area[i])...)
	}
	return list
}

// area: a key or a shape that every device reads, small enough for all.
func area(a *cap.Area) []Problem {
	var list []Problem
	usable := len(a.Circle) > 0
	for _, g := range a.Geocode {
		_, ok := alert.ParseKey(g)
		usable = usable || ok
		if g.ValueName == alert.KeyName && !ok {
			list = append(list, Problem{"geocode", "Kein Regionalschlüssel: " + g.Value, "Not a regional key: " + g.Value})
		}
	}
	for _, p := range a.Polygon {
		points, err := p.Points()
		usable = true
		switch {
		case err != nil:
			list = append(list, Problem{"polygon", "Das Polygon ist nicht lesbar.", "The polygon is not readable."})
		case len(points) > identity.MaxVertices+1:
			list = append(list, Problem{"polygon", fmt.Sprintf("Das Polygon hat mehr als %d Ecken.", identity.MaxVertices),
				fmt.Sprintf("The polygon has more than %d corners.", identity.MaxVertices)})
		}
	}
	if !usable {
		list = append(list, Problem{"area", fmt.Sprintf("Das Gebiet „%s“ hat weder Schlüssel noch Fläche.", a.AreaDesc),
			fmt.Sprintf("The area %q has neither key nor shape.", a.AreaDesc)})
	}
	return list
}

package main

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/region"
)

// dialog asks the person who starts a command, line by line. Standard input may
// be a pipe: then it holds the answers, as a script knows them.
type dialog struct {
	env *env
	in  *bufio.Reader
	out io.Writer
}

// newDialog asks on standard input; if that holds a document instead, at the
// terminal. Close it with the returned function.
func (e *env) newDialog(stdinTaken bool) (*dialog, func(), error) {
	if !stdinTaken {
		return &dialog{e, bufio.NewReader(e.stdin), e.stderr}, func() {}, nil
	}
	in, out, err := openTerminal()
	if err != nil {
		return nil, nil, failf(exitUsage, "standard input holds the document, and there is no terminal to ask at").
			hintf("name the document's file")
	}
	return &dialog{e, bufio.NewReader(in), out}, func() { in.Close(); out.Close() }, nil
}

// ask returns one line without outer white space.
func (d *dialog) ask(prompt string) (string, error) {
	fmt.Fprint(d.out, prompt)
	line, err := d.in.ReadString('\n')
	if err != nil && (err != io.EOF || line == "") {
		fmt.Fprintln(d.out)
		if err == io.EOF {
			return "", failf(exitAborted, "aborted: no answer to %q", strings.TrimSpace(prompt))
		}
		return "", failf(exitSystem, "ask: %w", err)
	}
	return strings.TrimSpace(line), nil
}

func (d *dialog) printf(format string, args ...any) { fmt.Fprintf(d.out, format, args...) }

// confirmTries is how often a place may be mistyped.
const confirmTries = 3

// screen is what a person must see before an alert is signed.
type screen struct {
	action    string // what typing the place does: "herausgeben"
	emergency bool
	details   []string // who, what differs
	brief     bool     // without the texts: an end says nothing new
	all       bool     // the texts in all languages
}

// confirm fills the screen with what is about to happen and wants the place
// typed. Nothing but the place's name does it; Enter and "y" are too fast.
func (d *dialog) confirm(a *alert.Alert, s screen) error {
	places := placesOf(a)
	d.show(a, places, s)
	for try := 1; ; try++ {
		typed, err := d.ask(fmt.Sprintf("\nZum %s den Ort eintippen (%s): ", s.action, oneLine(places[0].AreaDesc)))
		switch {
		case err != nil:
			return err
		case slices.ContainsFunc(places, func(p cap.Area) bool { return isPlace(p, typed) }):
			return d.confirmAlone(s)
		case try == confirmTries || !d.env.stdinTerminal:
			return failf(exitAborted, "nothing was signed: %q is not the place", typed).
				hintf("the warning is for %s", oneLine(places[0].AreaDesc))
		}
		d.printf("Das ist nicht der Ort.\n")
	}
}

// confirmAlone is the second question of an emergency signature.
func (d *dialog) confirmAlone(s screen) error {
	if !s.emergency {
		return nil
	}
	typed, err := d.ask("Keine zweite Person erreichbar? Dann NOTFALL eintippen: ")
	if err != nil {
		return err
	}
	if typed != "NOTFALL" {
		return failf(exitAborted, "nothing was signed: the emergency was not confirmed")
	}
	return nil
}

func (d *dialog) show(a *alert.Alert, places []cap.Area, s screen) {
	e := d.env
	if e.stdinTerminal && e.stderrTerminal {
		d.printf("\x1b[2J\x1b[H") // the whole screen is this question
	}
	word, colour := "ECHTE WARNUNG", "1;97;41"
	switch {
	case a.Drill():
		word, colour = "ÜBUNG / PROBEALARM", "1;30;43"
	case a.Kind.Ends():
		word = "ECHT: " + strings.ToUpper(alert.German.Kind(a.Kind))
	}
	for _, line := range []string{"", word, ""} {
		d.printf("%s\n", e.paintOn(colour, centre(line)))
	}
	if !a.Kind.Ends() {
		d.printf("%s\n", levelText(a))
	}
	for _, p := range places {
		d.printf("Ort: %s\n", oneLine(placeText(p)))
	}
	for _, line := range s.details {
		d.printf("%s\n", oneLine(line))
	}
	if s.emergency {
		d.printf("%s\n", e.paintOn(sgrRed, "NOTFALL-UNTERSCHRIFT: gilt ohne zweite Person, erscheint als „noch nicht bestätigt“ und verfällt nach 60 Minuten."))
	}
	if s.brief {
		return
	}
	d.showTexts(a, s.all)
}

// showTexts shows the whole alert in German, and in English where it speaks it;
// all of its languages to those who answer for a text that they did not write.
func (d *dialog) showTexts(a *alert.Alert, all bool) {
	shown := []string{"de"}
	for _, l := range languages(a) {
		if !slices.Contains(shown, l) && (all || l == "en") {
			shown = append(shown, l)
		}
	}
	for _, l := range shown {
		d.printf("\n%s", alert.Text(a, l, alert.Condition{Drill: a.Drill()}))
	}
}

// levelText names the Warnstufe and what it stands for.
func levelText(a *alert.Alert) string {
	severity := severityOf(a)
	n := alert.Warnstufe(severity)
	return fmt.Sprintf(alert.German.Level+" (%s): %s", n, severity,
		[...]string{1: "akute Gefahr für das Leben", 2: "ernste Gefahr", 3: "Information"}[n])
}

// severityOf is CAP's word for the highest severity of an alert.
func severityOf(a *alert.Alert) cap.Severity {
	for i := range a.CAP.Info {
		if s := a.CAP.Info[i].Severity; s.Rank() == int(a.Severity) {
			return s
		}
	}
	return cap.UnknownSeverity
}

// placesOf are the areas of all texts, each once; an alert without any is for a
// place called so.
func placesOf(a *alert.Alert) []cap.Area {
	var places []cap.Area
	seen := map[string]bool{}
	for i := range a.CAP.Info {
		for _, p := range a.CAP.Info[i].Area {
			key := p.AreaDesc + "\n" + shapes(p)
			if !seen[key] {
				places = append(places, p)
			}
			seen[key] = true
		}
	}
	if len(places) == 0 {
		return []cap.Area{{AreaDesc: "ohne Gebiet"}}
	}
	return places
}

// placeText is an area's name and what its keys and shapes say: they decide who
// is warned, whatever the name is.
func placeText(p cap.Area) string {
	var coded []string
	for _, g := range p.Geocode {
		text := g.ValueName + " " + g.Value
		if k, ok := alert.ParseKey(g); ok && k.ARS() != "" {
			text = region.Name(k.ARS())
		}
		coded = append(coded, text)
	}
	if n := len(p.Polygon); n > 0 {
		coded = append(coded, fmt.Sprintf("%d Polygon(e)", n))
	}
	if n := len(p.Circle); n > 0 {
		coded = append(coded, fmt.Sprintf("%d Kreis(e) um einen Punkt", n))
	}
	if len(coded) == 1 && coded[0] == p.AreaDesc {
		return p.AreaDesc
	}
	return p.AreaDesc + " [" + strings.Join(coded, ", ") + "]"
}

// shapes is all keys and shapes of an area.
func shapes(p cap.Area) string {
	var all []string
	for _, g := range p.Geocode {
		all = append(all, g.ValueName+" "+g.Value)
	}
	for _, polygon := range p.Polygon {
		all = append(all, string(polygon))
	}
	for _, circle := range p.Circle {
		all = append(all, string(circle))
	}
	return strings.Join(all, "; ")
}

// isPlace accepts the name of an area as it stands there, in any case, and every
// other name that means the same region: "Kreis Ahrweiler", "07131".
func isPlace(p cap.Area, typed string) bool {
	if typed == "" {
		return false
	}
	if strings.EqualFold(strings.Join(strings.Fields(typed), " "), strings.Join(strings.Fields(p.AreaDesc), " ")) {
		return true
	}
	found := region.Lookup(typed)
	if len(found) != 1 || found[0].Key == "" {
		return false
	}
	for _, g := range p.Geocode {
		if k, ok := alert.ParseKey(g); ok && k.ARS() == found[0].Key {
			return true
		}
	}
	return false
}

const screenWidth = 78

func centre(text string) string {
	room := max(0, screenWidth-len([]rune(text)))
	return strings.Repeat(" ", room/2) + text + strings.Repeat(" ", room-room/2)
}

// paintOn colours text for the terminal of standard error.
func (e *env) paintOn(sgr, text string) string {
	if !e.stderrTerminal || e.getenv("NO_COLOR") != "" || e.getenv("TERM") == "dumb" {
		return text
	}
	return "\x1b[" + sgr + "m" + text + "\x1b[0m"
}

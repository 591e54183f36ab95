package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
)

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
		typed, err := d.ask(fmt.Sprintf("\nZum %s den Ort eintippen (%s): ", s.action, shell.OneLine(places[0].AreaDesc)))
		switch {
		case err != nil:
			return err
		case slices.ContainsFunc(places, func(p cap.Area) bool { return isPlace(p, typed) }):
			return d.confirmAlone(s)
		case try == confirmTries || !d.person:
			return exit.Errorf(exit.Aborted, "nothing was signed: %q is not the place", typed).
				Hintf("the warning is for %s", shell.OneLine(places[0].AreaDesc))
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
		return exit.Errorf(exit.Aborted, "nothing was signed: the emergency was not confirmed")
	}
	return nil
}

func (d *dialog) show(a *alert.Alert, places []cap.Area, s screen) {
	e := d.env
	if e.StdinTerminal && e.StderrTerminal {
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
		d.printf("%s\n", paintOn(e, colour, centre(line)))
	}
	if !a.Kind.Ends() {
		d.printf("%s\n", levelText(a))
	}
	for _, p := range places {
		d.printf("Ort: %s\n", shell.OneLine(placeText(p)))
	}
	for _, line := range s.details {
		d.printf("%s\n", shell.OneLine(line))
	}
	if s.emergency {
		d.printf("%s\n", paintOn(e, shell.Red, "NOTFALL-UNTERSCHRIFT: gilt ohne zweite Person, erscheint als „noch nicht bestätigt“ und verfällt nach 60 Minuten."))
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

const screenWidth = 78

func centre(text string) string {
	room := max(0, screenWidth-len([]rune(text)))
	return strings.Repeat(" ", room/2) + text + strings.Repeat(" ", room-room/2)
}

// paintOn colours text for the terminal of standard error.
func paintOn(e *shell.Env, sgr, text string) string {
	if !e.StderrTerminal || e.Getenv("NO_COLOR") != "" || e.Getenv("TERM") == "dumb" {
		return text
	}
	return "\x1b[" + sgr + "m" + text + "\x1b[0m"
}

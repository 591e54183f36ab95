package dialogue

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

// Screen is what a person must see before an alert is signed.
type Screen struct {
	Action    string // what typing the place does: "herausgeben"
	Emergency bool
	Details   []string // who, what differs
	Brief     bool     // without the texts: an end says nothing new
	All       bool     // the texts in all languages
}

// Confirm fills the screen with what is about to happen and wants the place
// typed. Nothing but the place's name does it; Enter and "y" are too fast.
func (d *Dialog) Confirm(a *alert.Alert, s Screen) error {
	places := placesOf(a)
	d.show(a, places, s)
	for try := 1; ; try++ {
		typed, err := d.Ask(fmt.Sprintf("\nZum %s den Ort eintippen (%s): ", s.Action, shell.OneLine(places[0].AreaDesc)))
		switch {
		case err != nil:
			return err
		case slices.ContainsFunc(places, func(p cap.Area) bool { return isPlace(p, typed) }):
			return d.confirmAlone(s)
		case try == confirmTries || !d.person:
			return exit.Errorf(exit.Aborted, "nothing was signed: %q is not the place", typed).
				Hintf("the warning is for %s", shell.OneLine(places[0].AreaDesc))
		}
		d.Printf("Das ist nicht der Ort.\n")
	}
}

// confirmAlone is the second question of an emergency signature.
func (d *Dialog) confirmAlone(s Screen) error {
	if !s.Emergency {
		return nil
	}
	typed, err := d.Ask("Keine zweite Person erreichbar? Dann NOTFALL eintippen: ")
	if err != nil {
		return err
	}
	if typed != "NOTFALL" {
		return exit.Errorf(exit.Aborted, "nothing was signed: the emergency was not confirmed")
	}
	return nil
}

func (d *Dialog) show(a *alert.Alert, places []cap.Area, s Screen) {
	e := d.env
	if e.StdinTerminal && e.StderrTerminal {
		d.Printf("\x1b[2J\x1b[H") // the whole screen is this question
	}
	word, colour := "ECHTE WARNUNG", "1;97;41"
	switch {
	case a.Drill():
		word, colour = "ÜBUNG / PROBEALARM", "1;30;43"
	case a.Kind.Ends():
		word = "ECHT: " + strings.ToUpper(alert.German.Kind(a.Kind))
	}
	for _, line := range []string{"", word, ""} {
		d.Printf("%s\n", e.PaintError(colour, centre(line)))
	}
	if !a.Kind.Ends() {
		d.Printf("%s\n", LevelText(a))
	}
	for _, p := range places {
		d.Printf("Ort: %s\n", shell.OneLine(placeText(p)))
	}
	for _, line := range s.Details {
		d.Printf("%s\n", shell.OneLine(line))
	}
	if s.Emergency {
		d.Printf("%s\n", e.PaintError(shell.Red, "NOTFALL-UNTERSCHRIFT: gilt ohne zweite Person, erscheint als „noch nicht bestätigt“ und verfällt nach 60 Minuten."))
	}
	if s.Brief {
		return
	}
	d.ShowTexts(a, s.All)
}

// ShowTexts shows the whole alert in German, and in English where it speaks it;
// all of its languages to those who answer for a text that they did not write.
func (d *Dialog) ShowTexts(a *alert.Alert, all bool) {
	shown := []string{"de"}
	for _, l := range languages(a) {
		if !slices.Contains(shown, l) && (all || l == "en") {
			shown = append(shown, l)
		}
	}
	for _, l := range shown {
		d.Printf("\n%s", alert.Text(a, l, alert.Condition{Drill: a.Drill()}))
	}
}

// LevelText names the Warnstufe and what it stands for.
func LevelText(a *alert.Alert) string {
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

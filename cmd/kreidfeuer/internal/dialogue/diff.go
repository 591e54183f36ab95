package dialogue

import (
	"strings"
	"time"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/inbox"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
)

// Difference lists what a new version of an alert changes, for a person who
// knows the old one.
func Difference(e *shell.Env, before, after *alert.Alert) []string {
	var lines []string
	add := func(field, old, new string) {
		if old = shell.OneLine(old); old != shell.OneLine(new) {
			lines = append(lines, "GEÄNDERT "+field+": "+orNone(old)+" → "+orNone(shell.OneLine(new)))
		}
	}
	add("Warnstufe", string(severityOf(before)), string(severityOf(after)))
	add("Ort", placeTexts(before, placeText), placeTexts(after, placeText))
	add("Grenzen", placeTexts(before, shapes), placeTexts(after, shapes))
	add("Bis", inbox.DayTime(e, UnixTime(before.Header.Expires)), inbox.DayTime(e, UnixTime(after.Header.Expires)))
	for _, language := range languages(before, after) {
		old, new := infoIn(before, language), infoIn(after, language)
		add("Ereignis ("+language+")", old.Event, new.Event)
		add("Überschrift ("+language+")", old.Headline, new.Headline)
		add("Beschreibung ("+language+")", old.Description, new.Description)
		add("Was tun ("+language+")", old.Instruction, new.Instruction)
	}
	if len(lines) == 0 {
		return []string{"Die neue Fassung sagt dasselbe wie die alte."}
	}
	return lines
}

func placeTexts(a *alert.Alert, say func(cap.Area) string) string {
	var texts []string
	for _, p := range placesOf(a) {
		texts = append(texts, say(p))
	}
	return strings.Join(texts, "; ")
}

func orNone(s string) string {
	if s == "" {
		return "(nichts)"
	}
	return s
}

// languages lists those of both alerts, in their order.
func languages(alerts ...*alert.Alert) []string {
	var list []string
	seen := map[string]bool{}
	for _, a := range alerts {
		for i := range a.CAP.Info {
			l := alert.LanguageOf(a.CAP.Info[i].Language)
			if !seen[l] {
				list = append(list, l)
			}
			seen[l] = true
		}
	}
	return list
}

func infoIn(a *alert.Alert, language string) cap.Info {
	for i := range a.CAP.Info {
		if alert.LanguageOf(a.CAP.Info[i].Language) == language {
			return a.CAP.Info[i]
		}
	}
	return cap.Info{}
}

// UnixTime is a time in seconds, as people are shown it.
func UnixTime(seconds uint64) time.Time { return time.Unix(int64(seconds), 0) }

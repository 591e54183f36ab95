package main

import (
	"strings"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
)

// difference lists what a new version of an alert changes, for a person who
// knows the old one.
func difference(e *env, before, after *alert.Alert) []string {
	var lines []string
	add := func(field, old, new string) {
		if old = oneLine(old); old != oneLine(new) {
			lines = append(lines, "GEÄNDERT "+field+": "+orNone(old)+" → "+orNone(oneLine(new)))
		}
	}
	add("Warnstufe", string(severityOf(before)), string(severityOf(after)))
	add("Ort", strings.Join(placeNames(before), "; "), strings.Join(placeNames(after), "; "))
	add("Grenzen", geometry(before), geometry(after))
	add("Bis", e.dayTime(unixTime(before.Header.Expires)), e.dayTime(unixTime(after.Header.Expires)))
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

// geometry is all keys and shapes of an alert.
func geometry(a *alert.Alert) string {
	var all []string
	for _, area := range placesOf(a) {
		for _, g := range area.Geocode {
			all = append(all, g.ValueName+" "+g.Value)
		}
		for _, p := range area.Polygon {
			all = append(all, string(p))
		}
		for _, c := range area.Circle {
			all = append(all, string(c))
		}
	}
	return strings.Join(all, "; ")
}

func unixTime(seconds uint64) time.Time { return time.Unix(int64(seconds), 0) }

package main

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// winterEnv is the tests' world on a winter afternoon in Germany.
func winterEnv() (*env, *bytes.Buffer) {
	e, out, _ := testEnv()
	now := time.Date(2026, 11, 22, 16, 30, 0, 0, time.FixedZone("CET", 3600))
	e.now = func() time.Time { return now }
	return e, out
}

func TestParseMoment(t *testing.T) {
	e, _ := winterEnv()
	for text, want := range map[string]string{
		"6h":                        "2026-11-22T21:30:00Z",
		"90m":                       "2026-11-22T17:00:00Z",
		"18:30":                     "2026-11-22T17:30:00Z",
		"08:15":                     "2026-11-23T07:15:00Z", // past: tomorrow
		"16:30":                     "2026-11-23T15:30:00Z", // now: tomorrow
		"2027-01-31T18:30":          "2027-01-31T17:30:00Z",
		"31.01.2027 18:30":          "2027-01-31T17:30:00Z",
		"2027-01-31T18:30:00-05:00": "2027-01-31T23:30:00Z",
	} {
		got, err := e.parseMoment(text)
		if err != nil || stamp(got) != want {
			t.Errorf("%q: %s, %v, want %s", text, stamp(got), err, want)
		}
	}
	for _, text := range []string{"", "h", "-6h", "24:00", "bald", "1969-01-01T00:00"} {
		if got, err := e.parseMoment(text); err == nil {
			t.Errorf("%q: %s, want an error", text, stamp(got))
		}
	}
}

func TestIsPlace(t *testing.T) {
	ahr := cap.Area{AreaDesc: "Ahrtal, rechtes Ufer", Geocode: []cap.NamedValue{{ValueName: cap.SHN, Value: "071310000000"}}}
	for typed, want := range map[string]bool{
		"Ahrtal, rechtes Ufer": true, "ahrtal,  rechtes ufer": true, "Kreis Ahrweiler": true, "ahrweiler": true, "07131": true,
		"": false, "ja": false, "Ahrtal": false, "Kreis Neuwied": false, "Rheinland-Pfalz": false, "Deutschland": false,
	} {
		if got := isPlace(ahr, typed); got != want {
			t.Errorf("%q: %v, want %v", typed, got, want)
		}
	}
}

// TestPlaceText: a name cannot hide what the keys say.
func TestPlaceText(t *testing.T) {
	for _, test := range []struct {
		area cap.Area
		want string
	}{
		{cap.Area{AreaDesc: "Landkreis Ahrweiler", Geocode: []cap.NamedValue{{ValueName: cap.SHN, Value: "071310000000"}}}, "Landkreis Ahrweiler"},
		{cap.Area{AreaDesc: "Kreis Ahrweiler", Geocode: []cap.NamedValue{{ValueName: cap.SHN, Value: "070000000000"}}}, "Kreis Ahrweiler [Rheinland-Pfalz]"},
		{cap.Area{AreaDesc: "Ahrtal", Polygon: []cap.Polygon{"50,7 51,7 51,8 50,7"}}, "Ahrtal [1 Polygon(e)]"},
	} {
		if got := placeText(test.area); got != test.want {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}

func TestPrintAlertEvent(t *testing.T) {
	alert := apitype.AlertSummary{
		ID: strings.Repeat("a", 52), Kind: apitype.KindAlert, State: apitype.StateInForce, Lane: "live", Severity: "Extreme", Warnstufe: 1,
		Headline: "Hochwasser\x1b[2J", Areas: []string{"Landkreis Ahrweiler"}, Chain: []string{"Bund", "Leitstelle"}, Level: 1, Needed: 2,
		Signers: []apitype.Signer{{Name: "Anna Weber", Function: "S2"}}, Concerns: apitype.ConcernsYes, Places: []string{"Zuhause"},
	}
	change := func(f func(*apitype.AlertEvent)) *apitype.AlertEvent {
		ev := &apitype.AlertEvent{AlertSummary: alert}
		f(ev)
		return ev
	}
	for name, test := range map[string]struct {
		event *apitype.AlertEvent
		want  []string
		not   []string
	}{
		"new": {change(func(*apitype.AlertEvent) {}),
			[]string{"=== WARNUNG  Warnstufe 1 ===", "Betrifft: dieses Gerät: Zuhause", "Bund > Leitstelle", "Anna Weber (S2)"},
			[]string{"\x1b", "Verspätet", "noch nicht", "Stand"}},
		"late and in doubt": {change(func(ev *apitype.AlertEvent) { ev.AgeS, ev.State = 3*3600, apitype.StateUnknown }),
			[]string{"Verspätet: vor 3 Std. herausgegeben", "Stand: gilt vermutlich"}, nil},
		"emergency": {change(func(ev *apitype.AlertEvent) { ev.Unconfirmed = true }),
			[]string{"NOCH NICHT BESTÄTIGT", "1 von 2 Unterschriften"}, nil},
		"drill": {change(func(ev *apitype.AlertEvent) { ev.Test, ev.Lane = true, "drill" }),
			[]string{"=== ÜBUNG / PROBEALARM: WARNUNG"}, []string{"=== WARNUNG"}},
		"test code on live": {change(func(ev *apitype.AlertEvent) { ev.Test = true }),
			[]string{"=== PROBEALARM: WARNUNG"}, []string{"=== WARNUNG", "ÜBUNG"}},
		"confirmed": {change(func(ev *apitype.AlertEvent) { ev.Was, ev.Level = apitype.StateInForce, 2 }),
			[]string{"16:30:00  WARNUNG Hochwasser", "bestätigt: 2 von 2"}, []string{"==="}},
		"all-clear came": {change(func(ev *apitype.AlertEvent) {
			ev.Was, ev.State, ev.Silence = apitype.StateInForce, apitype.StateAllClear, true
		}),
			[]string{"Entwarnung (aaaaaaaa)"}, []string{"==="}},
		"ran out": {change(func(ev *apitype.AlertEvent) {
			ev.Was, ev.State, ev.Silence = apitype.StateInForce, apitype.StateExpired, true
		}),
			[]string{"abgelaufen, ohne Entwarnung"}, []string{"==="}},
		"all-clear": {change(func(ev *apitype.AlertEvent) {
			ev.Kind, ev.State, ev.Unconfirmed = apitype.KindAllClear, apitype.StateAllClear, true
		}),
			[]string{"=== ENTWARNUNG ===", "Entwarnung, noch nicht bestätigt"}, []string{"Warnstufe", "Stand"}},
		"withdrawal": {change(func(ev *apitype.AlertEvent) { ev.Kind = apitype.KindWithdrawal }),
			[]string{"=== RÜCKNAHME (FEHLALARM) ==="}, []string{"Warnstufe"}},
	} {
		e, out := winterEnv()
		e.printAlertAt(e.now(), test.event)
		for _, want := range test.want {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%s: no %q in\n%s", name, want, out)
			}
		}
		for _, not := range test.not {
			if strings.Contains(out.String(), not) {
				t.Errorf("%s: %q in\n%s", name, not, out)
			}
		}
	}
}

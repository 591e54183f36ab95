package inbox

import (
	"strings"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/testenv"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

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
		e, out := testenv.Winter()
		printAlertAt(e, e.Now(), test.event)
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

package inbox

import (
	"fmt"
	"strings"
	"time"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// lateAge is the age at arrival from which an alert is shown with it: within a
// mesh that holds together warnings take seconds.
const lateAge = 5 * 60

// Kinds name what an alert says, for people who hear it for the first time.
var Kinds = map[apitype.AlertKind]string{
	apitype.KindAlert:      "WARNUNG",
	apitype.KindUpdate:     "AKTUALISIERUNG",
	apitype.KindAllClear:   "ENTWARNUNG",
	apitype.KindWithdrawal: "RÜCKNAHME (FEHLALARM)",
}

// States name where an alert stands.
var States = map[apitype.AlertState]string{
	apitype.StateInForce:    "gilt",
	apitype.StateUnknown:    "gilt vermutlich (Uhr unsicher)",
	apitype.StateNotYet:     "gilt noch nicht",
	apitype.StateExpired:    "abgelaufen",
	apitype.StateSuperseded: "ersetzt",
	apitype.StateAllClear:   "Entwarnung",
	apitype.StateWithdrawn:  "zurückgenommen (Fehlalarm)",
	apitype.StateLapsed:     "nicht bestätigt und verfallen",
	apitype.StateRevoked:    "widerrufen (Schlüssel missbraucht)",
}

// PrintEvent tells of an event about alerts, and reports whether it is one.
func PrintEvent(e *shell.Env, event *apitype.Event) bool {
	switch {
	case event.Alert != nil:
		printAlertAt(e, event.Time, event.Alert)
	case event.Draft != nil:
		printDraftEvent(e, event.Time, event.Draft)
	case event.Expiring != nil:
		printExpiringEvent(e, event.Time, event.Expiring)
	default:
		return false
	}
	return true
}

// printAlertAt tells a person at a terminal what happened to an alert: in full
// when it is new or holds again, else in one line. The same words are used by
// everything that shows alerts as they come.
func printAlertAt(e *shell.Env, at time.Time, ev *apitype.AlertEvent) {
	a := &ev.AlertSummary
	if ev.Was == "" || ev.Alarm {
		printAlertSummary(e, a)
		return
	}
	what := States[a.State]
	if ev.Was == a.State && !a.Unconfirmed {
		what = "bestätigt: " + signatureCount(a)
	}
	if ev.Silence && a.State == apitype.StateExpired {
		what = "abgelaufen, ohne Entwarnung"
	}
	e.Printf("%s  %s: %s (%s)\n", ClockTime(e, at), e.Paint(alertColour(a), Title(a)), shell.OneLine(what), ShortID(a.ID))
}

// printAlertSummary shows what a person must know of an alert.
func printAlertSummary(e *shell.Env, a *apitype.AlertSummary) {
	colour := alertColour(a)
	title := alertKind(a)
	if a.Kind == apitype.KindAlert || a.Kind == apitype.KindUpdate {
		title += fmt.Sprintf("  %s", fmt.Sprintf(alert.German.Level, a.Warnstufe))
	}
	e.Printf("\n%s\n", e.Paint(colour, "=== "+title+" "+strings.Repeat("=", max(3, 70-len([]rune(title))))))
	e.Printf("%s\n", e.Paint(shell.Bold, shell.OneLine(a.Headline)))
	line := func(label, text string) {
		if text != "" {
			e.Printf("%s: %s\n", label, shell.OneLine(text))
		}
	}
	line(alert.German.Area, strings.Join(a.Areas, ", "))
	line("Betrifft", concernText(a))
	line(alert.German.Until, DayTime(e, a.Expires))
	line(alert.German.Issuer, strings.Trim(a.AuthorityName+" ("+a.Authority+")", " "))
	line("Geprüft", verifiedBy(a))
	if a.Origin.Format != "" {
		line("Importiert", fmt.Sprintf("durch %s aus %s; Originalsignatur: %s", a.Origin.By, a.Origin.Format, a.Origin.Signature))
	}
	if e.Now().Sub(a.Received) >= lateAge*time.Second && a.Received.Unix() > 0 {
		line("Empfangen", DayTime(e, a.Received))
	}
	if a.AgeS >= lateAge {
		line("Verspätet", alert.German.Since(uint64(a.AgeS)))
	}
	if a.State != apitype.StateInForce && a.Kind != apitype.KindAllClear && a.Kind != apitype.KindWithdrawal {
		line("Stand", States[a.State])
	}
	if a.Unconfirmed {
		e.Printf("%s\n", e.Paint(shell.Yellow, unconfirmedText(a)))
	}
	e.Printf("kreidfeuer alert show %s\n", ShortID(a.ID))
}

// alertKind is the one word for an alert: an exercise is called one first.
func alertKind(a *apitype.AlertSummary) string {
	kind := Kinds[a.Kind]
	switch {
	case a.Test && a.Lane == wire.LaneDrill.String():
		return "ÜBUNG / PROBEALARM: " + kind
	case a.Test:
		return "PROBEALARM: " + kind
	}
	return kind
}

// Title is an alert in one line. What the headline repeats is left out.
func Title(a *apitype.AlertSummary) string {
	headline := shell.OneLine(a.Headline)
	if a.Test {
		headline = strings.TrimPrefix(headline, alert.ExerciseIn("de")+": ")
	}
	return alertKind(a) + " " + headline
}

// alertColour follows the Warnstufe; nothing that is no real danger is red.
func alertColour(a *apitype.AlertSummary) string {
	switch {
	case a.Kind == apitype.KindAllClear, a.Kind == apitype.KindWithdrawal:
		return shell.Green
	case a.Test:
		return shell.Bold
	case a.Warnstufe == 1, a.Warnstufe == 2:
		return shell.Red
	}
	return shell.Yellow
}

func concernText(a *apitype.AlertSummary) string {
	switch a.Concerns {
	case apitype.ConcernsYes:
		return "dieses Gerät: " + strings.Join(a.Places, ", ")
	case apitype.ConcernsNo:
		return "keinen der eingestellten Orte"
	}
	return ""
}

func unconfirmedText(a *apitype.AlertSummary) string {
	if a.Kind == apitype.KindAllClear {
		return alert.German.AllClearUnconfirmed
	}
	return alert.German.Unconfirmed
}

func signatureCount(a *apitype.AlertSummary) string {
	if !a.Unconfirmed && a.Level < a.Needed {
		return countSignatures(a.Level) // more are not needed for this
	}
	return fmt.Sprintf(alert.German.Confirmed, a.Level, max(a.Needed, a.Level))
}

func countSignatures(n int) string {
	if n == 1 {
		return "eine Unterschrift"
	}
	return fmt.Sprintf("%d Unterschriften", n)
}

// MissingText says that signatures are missing.
func MissingText(n int) string {
	if n == 1 {
		return "es fehlt eine Unterschrift"
	}
	return "es fehlen " + countSignatures(n)
}

// verifiedBy names who vouches: the authorities from the root down, and the
// persons who signed.
func verifiedBy(a *apitype.AlertSummary) string {
	var persons []string
	for _, s := range a.Signers {
		persons = append(persons, signerText(s))
	}
	return strings.Join(a.Chain, " > ") + "; " + signatureCount(a) + ": " + strings.Join(persons, ", ")
}

func signerText(s apitype.Signer) string {
	if s.Function == "" {
		return s.Name
	}
	return s.Name + " (" + s.Function + ")"
}

// ShortIDLen is enough of an ID to name one among all alerts of a domain.
const ShortIDLen = 8 // as wire.ID.Short

// ShortID is an ID as people type it.
func ShortID(id string) string { return id[:min(len(id), ShortIDLen)] }

// ClockTime is a time of day for people, by the clock on their wall.
func ClockTime(e *shell.Env, t time.Time) string { return t.In(e.Now().Location()).Format("15:04:05") }

// DayTime is a day and time for people, by the clock on their wall; empty without one.
func DayTime(e *shell.Env, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(e.Now().Location()).Format("02.01.2006 15:04 MST")
}

// DraftStates name where a draft stands.
var DraftStates = map[string]string{
	apitype.DraftPending:   "wartet auf Freigabe",
	apitype.DraftApproved:  "freigegeben",
	apitype.DraftRejected:  "abgelehnt",
	apitype.DraftPublished: "herausgegeben",
}

// printDraftEvent tells officers what happened to a draft of their unit.
func printDraftEvent(e *shell.Env, at time.Time, d *apitype.DraftSummary) {
	what := DraftStates[d.State]
	colour := shell.Bold
	if d.Overdue && d.State == apitype.DraftPending {
		what, colour = "WARTET SEIT 10 MINUTEN AUF FREIGABE", shell.Red
	}
	line := fmt.Sprintf("ENTWURF %s: %s", what, shell.OneLine(d.Headline))
	if d.Comment != "" {
		line += " (" + shell.OneLine(d.Comment) + ")"
	}
	e.Printf("%s  %s\n", ClockTime(e, at), e.Paint(colour, line))
	if d.State == apitype.DraftPending {
		e.Printf("          %d von %d Unterschriften; kreidfeuer alert approve %s\n", d.Signed, d.Needed, ShortID(d.ID))
	}
}

// printExpiringEvent reminds the author that an alert ends while the danger may not.
func printExpiringEvent(e *shell.Env, at time.Time, x *apitype.ExpiringEvent) {
	e.Printf("%s  %s\n", ClockTime(e, at), e.Paint(shell.Yellow,
		fmt.Sprintf("ENDET IN %d MINUTEN: %s (%s)", x.Minutes, shell.OneLine(x.Headline), ShortID(x.ID))))
	e.Printf("          verlängern: kreidfeuer alert update %s --expires 6h; beenden: kreidfeuer alert allclear %s\n", ShortID(x.ID), ShortID(x.ID))
}

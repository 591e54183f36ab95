// Package lifewords says what signs of life mean, in German and English. The
// noun is [Words]. It is one home for what the terminal, the page and a print
// say, so that "no warnings" and "cut off" never look alike anywhere.
package lifewords

import (
	"fmt"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// Words are the words of one language.
type Words struct {
	labels                 *alert.Labels
	never, mayMiss         string
	heard, justNow, before string // before with a span
	doubt, arrived         string // arrived with a span
	units                  [3]string
	ways                   map[string]string
	wayFrom, wayUnknown    string // wayFrom with the way and the neighbour
	names, all, missing    string
	unknown                string
	some, every            string
}

// German and English are the words.
var (
	German = Words{
		labels: &alert.German, never: "noch nie gehört", mayMiss: "Warnungen können fehlen",
		heard: "gehört %s", justNow: "gerade eben", before: "vor %s",
		doubt: "Uhr unsicher, Alter unbekannt", arrived: "hier angekommen %s", units: [3]string{"Min.", "Std.", "Tagen"},
		ways: map[string]string{"gossip": "Netz", "catch-up": "Netz (Abgleich)", "carry": "getragen (Stick)",
			"frame": "getragen (Papier oder Funk)", "local": "dieses Gerät"},
		wayFrom: "%s, von %s", wayUnknown: "unbekannt",
		names: "nennt keine", all: "alle %d da", missing: "%d von %d FEHLEN", unknown: "unbekannt",
		some: "%s: %s (%d von %d Stellen)", every: "alle %d Stellen gehört",
	}
	English = Words{
		labels: &alert.English, never: "never heard", mayMiss: "warnings may be missing",
		heard: "heard %s", justNow: "just now", before: "%s ago",
		doubt: "clock in doubt, age unknown", arrived: "arrived here %s", units: [3]string{"min", "h", "days"},
		ways: map[string]string{"gossip": "network", "catch-up": "network (catch-up)", "carry": "carried (stick)",
			"frame": "carried (paper or radio)", "local": "this device"},
		wayFrom: "%s, from %s", wayUnknown: "unknown",
		names: "names none", all: "all %d here", missing: "%d of %d MISSING", unknown: "unknown",
		some: "%s: %s (%d of %d authorities)", every: "all %d authorities heard",
	}
)

// In returns the words of a language: German for every form of German, English
// for all others.
func In(language string) *Words {
	if alert.LabelsIn(language) == &alert.German {
		return &German
	}
	return &English
}

// Meaning says what an authority's last sign means.
func (w *Words) Meaning(s *apitype.Sign) string {
	switch s.State {
	case apitype.SignCutOff:
		return w.labels.Cut(uint64(max(0, s.SilentS)))
	case apitype.SignHeard:
		return fmt.Sprintf(w.heard, w.Ago(s.SilentS))
	case apitype.SignUnknown:
		if s.AgeS >= 0 {
			return w.doubt + ", " + fmt.Sprintf(w.arrived, w.Ago(s.AgeS)) + ": " + w.mayMiss
		}
		return w.doubt + ": " + w.mayMiss
	}
	return w.never + ": " + w.mayMiss
}

// Way says by what means a sign came, and from which neighbour.
func (w *Words) Way(s *apitype.Sign) string {
	way, ok := w.ways[s.Means]
	switch {
	case s.State == apitype.SignNever:
		return "-"
	case !ok:
		return w.wayUnknown
	case s.From == "":
		return way
	}
	const tail = 8 // characters that tell peer IDs apart; all begin alike
	return fmt.Sprintf(w.wayFrom, way, "…"+s.From[max(0, len(s.From)-tail):])
}

// Complete says whether what the sign names is here.
func (w *Words) Complete(s *apitype.Sign) string {
	switch {
	case s.State == apitype.SignNever:
		return w.unknown
	case s.Complete && s.InForce == 0:
		return w.names
	case s.Complete:
		return fmt.Sprintf(w.all, s.InForce)
	}
	return fmt.Sprintf(w.missing, len(s.Missing), s.InForce)
}

// All says in one line how the authorities were heard, the worst first; empty if
// there are none.
func (w *Words) All(signs []apitype.Sign) string {
	bad := 0
	var worst *apitype.Sign
	for i := range signs {
		s := &signs[i]
		if rank(s) > 0 {
			bad++
		}
		if worst == nil || rank(s) > rank(worst) || rank(s) == rank(worst) && s.SilentS > worst.SilentS {
			worst = s
		}
	}
	switch {
	case worst == nil:
		return ""
	case len(signs) == 1:
		return worst.Name + ": " + w.Meaning(worst)
	case bad > 0:
		return fmt.Sprintf(w.some, worst.Name, w.Meaning(worst), bad, len(signs))
	}
	return fmt.Sprintf(w.every, len(signs))
}

// rank orders states by how much is wrong; 0: nothing.
func rank(s *apitype.Sign) int {
	switch s.State {
	case apitype.SignHeard:
		return 0
	case apitype.SignNever:
		return 1
	case apitype.SignUnknown:
		return 2
	}
	return 3
}

// Ago says in one unit how many seconds something is past.
func (w *Words) Ago(seconds int64) string {
	var n int64
	var unit string
	switch {
	case seconds < 0:
		return w.unknown
	case seconds < 60:
		return w.justNow
	case seconds < 3600:
		n, unit = seconds/60, w.units[0]
	case seconds < 48*3600:
		n, unit = seconds/3600, w.units[1]
	default:
		n, unit = seconds/86400, w.units[2]
	}
	return fmt.Sprintf(w.before, fmt.Sprintf("%d %s", n, unit))
}

package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/lifewords"
)

// printSigns is the table of the last signs of life, one line an authority.
func (e *env) printSigns(s *apitype.Status) {
	if len(s.Signs) == 0 {
		return
	}
	rows := []string{"SIGN OF LIFE (Lebenszeichen)\tMEANS\tGIVEN\tCAME BY\tWARNINGS IN FORCE"}
	for i := range s.Signs {
		sign := &s.Signs[i]
		name := oneLine(sign.Name)
		if sign.Authority != "" {
			name += " (" + sign.Authority + ")"
		}
		given := "-"
		if !sign.Time.IsZero() {
			given = sign.Time.Format(time.RFC3339)
		}
		rows = append(rows, strings.Join([]string{name, lifewords.English.Meaning(sign), given, lifewords.English.Way(sign),
			lifewords.English.Complete(sign)}, "\t"))
	}
	e.printf("\n")
	e.table(e.stdout, rows)
	e.printf("\n")
}

// printSignEvent tells a person at a terminal that an authority fell silent, or
// is heard again; that it is heard as usual needs nobody's attention.
func (e *env) printSignEvent(at time.Time, s *apitype.Sign) {
	text := oneLine(s.Name) + ": " + lifewords.German.Meaning(s)
	switch s.Change {
	case apitype.SignChangeCutOff:
		e.printf("%s  %s\n", e.clockTime(at), e.paint(sgrYellow, text))
	case apitype.SignChangeRestored:
		e.printf("%s  %s\n", e.clockTime(at), e.paint(sgrGreen, text))
	}
}

// signLine is all signs of life in one line.
func (e *env) signLine(signs []apitype.Sign) string {
	return fmt.Sprintf("%s: %s", alert.German.SignOfLife, oneLine(lifewords.German.All(signs)))
}

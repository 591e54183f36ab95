package up

import (
	"fmt"
	"strings"
	"time"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/inbox"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/lifewords"
)

// printSigns is the table of the last signs of life, one line an authority.
func printSigns(e *shell.Env, s *apitype.Status) {
	if len(s.Signs) == 0 {
		return
	}
	rows := []string{"SIGN OF LIFE (Lebenszeichen)\tMEANS\tGIVEN\tCAME BY\tWARNINGS IN FORCE"}
	for i := range s.Signs {
		sign := &s.Signs[i]
		name := shell.OneLine(sign.Name)
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
	e.Printf("\n")
	e.Table(e.Stdout, rows)
	e.Printf("\n")
}

// printSignEvent tells a person at a terminal that an authority fell silent, or
// is heard again; that it is heard as usual needs nobody's attention.
func printSignEvent(e *shell.Env, at time.Time, s *apitype.Sign) {
	text := shell.OneLine(s.Name) + ": " + lifewords.German.Meaning(s)
	switch s.Change {
	case apitype.SignChangeCutOff:
		e.Printf("%s  %s\n", inbox.ClockTime(e, at), e.Paint(shell.Yellow, text))
	case apitype.SignChangeRestored:
		e.Printf("%s  %s\n", inbox.ClockTime(e, at), e.Paint(shell.Green, text))
	}
}

// signLine is all signs of life in one line.
func signLine(e *shell.Env, signs []apitype.Sign) string {
	return fmt.Sprintf("%s: %s", alert.German.SignOfLife, shell.OneLine(lifewords.German.All(signs)))
}

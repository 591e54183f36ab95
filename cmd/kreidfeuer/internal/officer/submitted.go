package officer

import (
	"fmt"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/dialogue"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/inbox"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// PrintSubmitted tells that an alert is on its way.
func PrintSubmitted(e *shell.Env, d *Issued, s *apitype.Submitted) error {
	if e.JSON {
		return e.PrintJSON(s)
	}
	rows := []string{"id\t" + s.ID}
	if !d.Alert.Kind.Ends() {
		rows = append(rows, "level\t"+dialogue.LevelText(d.Alert))
	}
	rows = append(rows, fmt.Sprintf("signatures\t%d of %d", s.Level, d.Verified.Needed), fmt.Sprintf("neighbours\t%d", s.Neighbours))
	e.Table(e.Stdout, rows)
	told := "HERAUSGEGEBEN."
	if s.Neighbours == 0 {
		told += " Noch ist kein Nachbar verbunden: es geht beim nächsten Kontakt hinaus."
	}
	if id := inbox.ShortID(s.ID); !d.Alert.Kind.Ends() {
		told += fmt.Sprintf("\nFehlalarm?     kreidfeuer alert withdraw %s\nGefahr vorbei? kreidfeuer alert allclear %s", id, id)
	}
	e.Notef("%s", told)
	return nil
}

// PrintDraft tells that signatures are missing.
func PrintDraft(e *shell.Env, d *apitype.Draft) error {
	if e.JSON {
		return e.PrintJSON(d)
	}
	e.Table(e.Stdout, []string{"id\t" + d.ID, "state\t" + d.State, fmt.Sprintf("signatures\t%d of %d", d.Signed, d.Needed)})
	if d.State == apitype.DraftPending || d.State == apitype.DraftApproved {
		e.Notef("NOCH NICHT herausgegeben: %s.\nFreigabe:   kreidfeuer alert approve %s\nDoch nicht? kreidfeuer alert reject %s --reason TEXT", inbox.MissingText(d.Needed-d.Signed), inbox.ShortID(d.ID), inbox.ShortID(d.ID))
	}
	return nil
}

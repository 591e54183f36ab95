package issue

import (
	"bytes"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/dialogue"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/officer"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert/compose"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Compose is "alert compose".
func Compose(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:  "compose",
		Usage: "write a warning step by step, from a template",
		Description: "Asks what, where, how severe, until when and what people should do; Enter keeps what\n" +
			"the template says. What the flags say already is not asked; with a template and an area\n" +
			"nothing is. Shows the whole text and the short forms for displays, radio and Cell\n" +
			"Broadcast, then writes a CAP draft, or with --live or --drill goes on to issue it.\n\n" +
			"Examples:\n" +
			"  kreidfeuer alert compose\n" +
			"  kreidfeuer alert compose --template rauch --area \"Kreis Ahrweiler\" --expires 6h --out rauch.xml\n" +
			"  kreidfeuer alert compose --drill --key weber.key",
		Flags: append(dialogue.DraftFlags(), issueFlags()...),
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 0, 0, "none; kreidfeuer alert issue takes files"); err != nil {
				return err
			}
			return composeAlert(e, c)
		},
	}, exit.OK, exit.No, exit.Usage, exit.Daemon, exit.Trust, exit.Data, exit.System, exit.Aborted)
}

// nobody is the author of a draft until it is issued. A domain of that ID
// cannot be: nobody finds a root with this hash.
var nobody = compose.Author{Domain: wire.ID{1}, Authority: "entwurf", Name: "(noch niemand)"}

func composeAlert(e *shell.Env, c *cli.Context) error {
	var lane wire.Lane
	if c.Bool("live") || c.Bool("drill") {
		var err error
		if lane, err = dialogue.LaneOf(c); err != nil {
			return err
		}
	}
	d := compose.Draft{Author: nobody, Lane: wire.LaneLive}
	d.Now, d.Offset = e.Unix(), e.Offset()
	if err := dialogue.FillDraft(e, c, &d); err != nil {
		return err
	}
	dialog, closeDialog := dialogue.New(e, false)
	defer closeDialog()
	guided := d.Template == "" && len(d.Texts) == 0 || len(d.Areas) == 0
	if guided {
		i := dialogue.Interview{Dialog: dialog, Flags: c, Draft: &d, Language: c.String("language")}
		if err := i.Run(); err != nil {
			return err
		}
	}
	m, err := compose.Compose(d, e.Random)
	if err != nil {
		return dialogue.ComposeFailure(err)
	}
	if lane == 0 {
		if err := preview(dialog, m.CAP); err != nil {
			return err
		}
	}
	out := c.String("out")
	if lane == 0 && guided && out == "" {
		if out, lane, err = askWhere(dialog, c); err != nil {
			return err
		}
	}
	if lane == 0 {
		return writeDraft(e, m.CAP, out)
	}
	return issueDraft(e, c, d, lane, dialog)
}

// preview shows all texts that will be on screens.
func preview(d *dialogue.Dialog, c *cap.Alert) error {
	a, err := alert.Of(c)
	if err != nil {
		return err
	}
	d.ShowTexts(a, true)
	for _, limit := range []int{alert.ShortWEA, alert.LongWEA, alert.ShortDisplay, alert.DEAlert} {
		text := a.Short(limit, alert.Condition{})
		d.Printf("\n[%d/%d] %s\n", len([]rune(text)), limit, shell.Printable(text))
	}
	return nil
}

// askWhere asks what becomes of a finished draft.
func askWhere(d *dialogue.Dialog, c *cli.Context) (out string, lane wire.Lane, err error) {
	answer, err := d.Ask("\nDateiname zum Speichern, oder herausgeben mit ECHT oder ÜBUNG: ")
	if err != nil {
		return "", 0, err
	}
	switch strings.ToUpper(answer) {
	case "":
		return "", 0, shell.ErrAborted
	case "ECHT", "LIVE":
		lane = wire.LaneLive
	case "ÜBUNG", "UEBUNG", "DRILL":
		lane = wire.LaneDrill
	default:
		return answer, 0, nil
	}
	if c.String("key") == "" {
		key, err := d.Ask("Schlüsseldatei: ")
		if err != nil {
			return "", 0, err
		}
		if err := c.Set("key", key); err != nil {
			return "", 0, err
		}
	}
	return "", lane, nil
}

// writeDraft writes a CAP document of status Draft, which travels nowhere and
// which alert issue takes.
func writeDraft(e *shell.Env, c *cap.Alert, out string) error {
	c.Status, c.Sender = cap.Draft, nobody.Authority
	for i := range c.Info {
		c.Info[i].SenderName = ""
	}
	var b bytes.Buffer
	if err := cap.Write(&b, c, cap.WriteOptions{}); err != nil {
		return exit.Errorf(exit.No, "write the draft: %w", err)
	}
	if err := e.WriteOutput(out, b.Bytes()); err != nil {
		return err
	}
	if out != "" && out != "-" {
		e.Notef("Herausgeben: kreidfeuer alert issue %s --live oder --drill", out)
	}
	return nil
}

// issueDraft goes on to sign what was composed, in the officer's name.
func issueDraft(e *shell.Env, c *cli.Context, d compose.Draft, lane wire.Lane, dialog *dialogue.Dialog) error {
	o, err := officer.Open(e, c)
	if err != nil {
		return err
	}
	by := o.Author()
	by.Contact, by.Web = d.Contact, d.Web
	d.Author, d.Lane = by, lane
	m, err := compose.Compose(d, e.Random)
	if err != nil {
		return dialogue.ComposeFailure(err)
	}
	return issueNew(o, m, dialog)
}

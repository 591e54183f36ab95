package main

import (
	"bytes"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert/compose"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

func alertComposeCommand(e *env) *cli.Command {
	return document(&cli.Command{
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
		Flags: append(draftFlags(), issueFlags()...),
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 0, 0, "none; kreidfeuer alert issue takes files"); err != nil {
				return err
			}
			return e.composeAlert(c)
		},
	}, exitOK, exitNo, exitUsage, exitDaemon, exitTrust, exitData, exitSystem, exitAborted)
}

// nobody is the author of a draft until it is issued. A domain of that ID
// cannot be: nobody finds a root with this hash.
var nobody = compose.Author{Domain: wire.ID{1}, Authority: "entwurf", Name: "(noch niemand)"}

func (e *env) composeAlert(c *cli.Context) error {
	var lane wire.Lane
	if c.Bool("live") || c.Bool("drill") {
		var err error
		if lane, err = laneOf(c); err != nil {
			return err
		}
	}
	d := compose.Draft{Author: nobody, Lane: wire.LaneLive}
	d.Now, d.Offset = e.unix(), e.offset()
	if err := e.fillDraft(c, &d); err != nil {
		return err
	}
	dialog, closeDialog := e.newDialog(false)
	defer closeDialog()
	guided := d.Template == "" && len(d.Texts) == 0 || len(d.Areas) == 0
	if guided {
		i := interview{dialog: dialog, c: c, d: &d, q: questionsIn(c.String("language"))}
		if err := i.run(); err != nil {
			return err
		}
	}
	m, err := compose.Compose(d, e.random)
	if err != nil {
		return composeFailure(err)
	}
	if lane == 0 {
		if err := dialog.preview(m.CAP); err != nil {
			return err
		}
	}
	out := c.String("out")
	if lane == 0 && guided && out == "" {
		if out, lane, err = dialog.askWhere(c); err != nil {
			return err
		}
	}
	if lane == 0 {
		return e.writeDraft(m.CAP, out)
	}
	return e.issueDraft(c, d, lane, dialog)
}

// preview shows all texts that will be on screens.
func (d *dialog) preview(c *cap.Alert) error {
	a, err := alert.Of(c)
	if err != nil {
		return err
	}
	d.showTexts(a, true)
	for _, limit := range []int{alert.ShortWEA, alert.LongWEA, alert.ShortDisplay, alert.DEAlert} {
		text := a.Short(limit, alert.Condition{})
		d.printf("\n[%d/%d] %s\n", len([]rune(text)), limit, printable(text))
	}
	return nil
}

// askWhere asks what becomes of a finished draft.
func (d *dialog) askWhere(c *cli.Context) (out string, lane wire.Lane, err error) {
	answer, err := d.ask("\nDateiname zum Speichern, oder herausgeben mit ECHT oder ÜBUNG: ")
	if err != nil {
		return "", 0, err
	}
	switch strings.ToUpper(answer) {
	case "":
		return "", 0, errAborted
	case "ECHT", "LIVE":
		lane = wire.LaneLive
	case "ÜBUNG", "UEBUNG", "DRILL":
		lane = wire.LaneDrill
	default:
		return answer, 0, nil
	}
	if c.String("key") == "" {
		key, err := d.ask("Schlüsseldatei: ")
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
func (e *env) writeDraft(c *cap.Alert, out string) error {
	c.Status, c.Sender = cap.Draft, nobody.Authority
	for i := range c.Info {
		c.Info[i].SenderName = ""
	}
	var b bytes.Buffer
	if err := cap.Write(&b, c, cap.WriteOptions{}); err != nil {
		return failf(exitNo, "write the draft: %w", err)
	}
	if err := e.writeOutput(out, b.Bytes()); err != nil {
		return err
	}
	if out != "" && out != "-" {
		e.notef("Herausgeben: kreidfeuer alert issue %s --live oder --drill", out)
	}
	return nil
}

// issueDraft goes on to sign what was composed, in the officer's name.
func (e *env) issueDraft(c *cli.Context, d compose.Draft, lane wire.Lane, dialog *dialog) error {
	o, err := e.openOfficer(c)
	if err != nil {
		return err
	}
	by := o.author()
	by.Contact, by.Web = d.Contact, d.Web
	d.Author, d.Lane = by, lane
	m, err := compose.Compose(d, e.random)
	if err != nil {
		return composeFailure(err)
	}
	return o.issueNew(m, dialog)
}

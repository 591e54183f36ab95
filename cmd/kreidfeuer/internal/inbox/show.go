package inbox

import (
	"fmt"
	"slices"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/device"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/client"
)

// langFlag chooses the language of an alert's text.
func langFlag() cli.Flag {
	return &cli.StringFlag{Name: "lang", Usage: "show the text in `LANGUAGE`, such as de, de-simple or en", Value: "de"}
}

// Show is "alert show".
func Show(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:      "show",
		Usage:     "show one warning in full, and who vouches for it",
		ArgsUsage: "ID",
		Description: "The ID may be shortened as long as it is unique. A draft is shown as one.\n\n" +
			"Examples:\n" +
			"  kreidfeuer alert show 7kq3abcd\n" +
			"  kreidfeuer alert show 7kq3abcd --lang en\n" +
			"  kreidfeuer alert show 7kq3abcd --json",
		Flags: []cli.Flag{langFlag()},
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 1, 1, "the alert's ID"); err != nil {
				return err
			}
			return showAlert(e, c, c.Args().First())
		},
	}, exit.OK, exit.No, exit.Usage, exit.Daemon, exit.System)
}

func showAlert(e *shell.Env, c *cli.Context, name string) error {
	dev, err := device.Client(e, c)
	if err != nil {
		return err
	}
	defer dev.Close()
	prefix, err := CheckPrefix(name)
	if err != nil {
		return err
	}
	if draft, err := FindDraft(c, dev, prefix); err != nil {
		return err
	} else if draft != nil && draft.State != apitype.DraftPublished {
		return showDraft(e, c, dev, draft)
	}
	d, err := alertDetail(c, dev, name)
	if err != nil {
		return err
	}
	if e.JSON {
		return e.PrintJSON(d)
	}
	text, err := alertText(c, dev, d)
	if err != nil {
		return err
	}
	e.Printf("%s\n", text)
	e.Table(e.Stdout, vouchers(e, d))
	return nil
}

// showDraft shows what waits for a signature, to those who decide about it.
func showDraft(e *shell.Env, c *cli.Context, dev *client.Client, found *apitype.DraftSummary) error {
	d, err := dev.Draft(c.Context, found.ID)
	if err != nil {
		return device.Error(err)
	}
	if e.JSON {
		return e.PrintJSON(d)
	}
	o, err := wire.Decode(d.Envelope)
	if err != nil {
		return fmt.Errorf("read the device's draft %s: %w", d.ID, err)
	}
	a, err := OpenAlert(o)
	if err != nil {
		return err
	}
	e.Printf("ENTWURF, nicht herausgegeben\n%s\n", alert.Text(a, c.String("lang"), alert.Condition{Drill: a.Drill()}))
	rows := []string{"ID\t" + d.ID, "Stand\t" + DraftStates[d.State], "Verfasst\t" + shell.OneLine(d.Author),
		fmt.Sprintf("Bestätigt\t"+alert.German.Confirmed, d.Signed, d.Needed)}
	if d.Comment != "" {
		rows = append(rows, "Grund\t"+shell.OneLine(d.Comment))
	}
	e.Table(e.Stdout, rows)
	return nil
}

// openDetail asks the running device for an alert by a part of its ID. The caller
// closes the device.
func openDetail(e *shell.Env, c *cli.Context, name string) (*client.Client, *apitype.AlertDetail, error) {
	dev, err := device.Client(e, c)
	if err != nil {
		return nil, nil, err
	}
	d, err := alertDetail(c, dev, name)
	if err != nil {
		dev.Close()
		return nil, nil, err
	}
	return dev, d, nil
}

func warnIncomplete(e *shell.Env, d *apitype.AlertDetail) {
	if len(d.Incomplete) > 0 {
		e.Warnf("not everything has arrived yet: %s", strings.Join(d.Incomplete, ", "))
	}
}

// alertDetail finds an alert by a part of its ID.
func alertDetail(c *cli.Context, dev *client.Client, name string) (*apitype.AlertDetail, error) {
	found, err := Find(c, dev, name)
	if err != nil {
		return nil, err
	}
	d, err := dev.Alert(c.Context, found.ID)
	if err != nil {
		return nil, device.Error(err)
	}
	return &d, nil
}

// Held reads an alert that the device holds.
func Held(c *cli.Context, dev *client.Client, id string) (*wire.Envelope, *alert.Alert, error) {
	b, err := dev.Envelope(c.Context, id)
	if err != nil {
		return nil, nil, device.Error(err)
	}
	o, err := wire.Decode(b)
	if err != nil {
		return nil, nil, fmt.Errorf("read the device's alert %s: %w", id, err)
	}
	a, err := OpenAlert(o)
	return o, a, err
}

// alertText is an alert for a terminal, in the language of --lang.
func alertText(c *cli.Context, dev *client.Client, d *apitype.AlertDetail) (string, error) {
	_, a, err := Held(c, dev, d.ID)
	if err != nil {
		return "", err
	}
	return alert.Text(a, c.String("lang"), alert.Condition{Drill: d.Lane == wire.LaneDrill.String(), Unconfirmed: d.Unconfirmed, ImportedBy: d.Origin.By}), nil
}

// vouchers says how an alert stands and who vouches for it.
func vouchers(e *shell.Env, d *apitype.AlertDetail) []string {
	state := States[d.State]
	if d.Unconfirmed {
		state += ", noch nicht bestätigt"
	}
	rows := []string{"ID\t" + d.ID, "Stand\t" + state}
	add := func(label, text string) {
		if text != "" {
			rows = append(rows, label+"\t"+shell.OneLine(text))
		}
	}
	add("Betrifft", concernText(&d.AlertSummary))
	add("Geprüft", strings.Join(d.Chain, " > "))
	for _, s := range d.Signers {
		add("Unterschrift", fmt.Sprintf("%s, %s, %s", signerText(s), s.Authority, s.Role))
	}
	add("Bestätigt", signatureCount(&d.AlertSummary))
	add("Herausgegeben", DayTime(e, d.Created))
	add("Empfangen", received(e, d))
	if d.Incident != d.ID {
		add("Lage", d.Incident)
	}
	add(alert.German.Follows, strings.Join(shortIDs(d.References), ", "))
	add("Folgemeldungen", strings.Join(shortIDs(d.FollowUps), ", "))
	return rows
}

func received(e *shell.Env, d *apitype.AlertDetail) string {
	if d.Received.Unix() <= 0 {
		return ""
	}
	text := DayTime(e, d.Received)
	if d.AgeS >= lateAge {
		text += ", " + alert.German.Since(uint64(d.AgeS))
	}
	if d.From != "" {
		text += ", von " + d.From
	}
	return text
}

func shortIDs(ids []string) []string {
	short := slices.Clone(ids)
	for i := range short {
		short[i] = ShortID(short[i])
	}
	return short
}

// OpenAlert reads the alert of an envelope with the parts that came along.
func OpenAlert(o *wire.Envelope) (*alert.Alert, error) {
	parts, err := alert.OpenParts(o)
	if err != nil {
		return nil, err
	}
	return alert.Open(o, parts)
}

// FindDraft finds the draft whose ID begins with a text, or nil.
func FindDraft(c *cli.Context, dev *client.Client, prefix string) (*apitype.DraftSummary, error) {
	var found []apitype.DraftSummary
	for d, err := range dev.Drafts(c.Context) {
		if err != nil {
			return nil, device.Error(err)
		}
		if strings.HasPrefix(d.ID, prefix) {
			found = append(found, d)
		}
	}
	switch len(found) {
	case 0:
		return nil, nil
	case 1:
		return &found[0], nil
	}
	return nil, exit.Errorf(exit.Usage, "%d drafts begin with %s", len(found), prefix).Hintf("give more characters of the ID")
}

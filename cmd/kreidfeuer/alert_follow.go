package main

import (
	"io"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert/compose"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// followFlags belong to every command that follows an alert up. Live or drill
// is not asked: a follow-up is what its alert is.
func followFlags() []cli.Flag {
	return append(append(officerFlags(), sendingFlags()...),
		&cli.StringSliceFlag{Name: "alert", Usage: "the incident's signed alerts are in `FILE`, not on a running device; may be repeated"})
}

func alertWithdrawCommand(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:      "withdraw",
		Usage:     "take a false alarm back (Rücknahme, Fehlalarm)",
		ArgsUsage: "ID",
		Description: "There never was a danger. One signature is enough; it goes wherever the warning went.\n" +
			"When the danger is over, use allclear.\n\n" +
			"Example:\n  kreidfeuer alert withdraw 7kq3abcd --key weber.key",
		Flags:  followFlags(),
		Action: func(c *cli.Context) error { return endAlert(e, c, "Zurücknehmen", compose.Withdraw) },
	}, followCodes()...)
}

func alertAllClearCommand(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:      "allclear",
		Usage:     "say that the danger is over (Entwarnung)",
		ArgsUsage: "ID",
		Description: "Goes out with one signature and stops the sirens. Where two officers sign warnings, it\n" +
			"shows \"noch nicht bestätigt\" until a second confirms it with kreidfeuer alert approve.\n" +
			"A false alarm is taken back with withdraw.\n\n" +
			"Example:\n  kreidfeuer alert allclear 7kq3abcd --key weber.key",
		Flags:  followFlags(),
		Action: func(c *cli.Context) error { return endAlert(e, c, "Entwarnen", compose.AllClear) },
	}, followCodes()...)
}

func followCodes() []exit.Code {
	return []exit.Code{exit.OK, exit.No, exit.Usage, exit.Daemon, exit.Trust, exit.Data, exit.System, exit.Aborted}
}

// endAlert ends an incident: one question, one signature.
func endAlert(e *shell.Env, c *cli.Context, action string, end endFunc) error {
	if err := command.WantArgs(c, 0, 1, "the alert's ID"); err != nil {
		return err
	}
	o, prev, err := openIncident(e, c)
	if err != nil {
		return err
	}
	m, err := end(prev, o.author(), e.Random)
	if err != nil {
		return composeFailure(err)
	}
	if err := o.shorten(m.CAP); err != nil {
		return err
	}
	dialog, closeDialog := newDialog(e, false)
	defer closeDialog()
	ended := ""
	if in := latestVersion(prev).Language("de", "en"); in != nil {
		ended = in.Headline
	}
	done, err := o.issue(m, sending{role: wire.RoleAuthor, out: c.String("out"), yes: c.Bool("yes"), dialog: dialog,
		screen: screen{action: action, brief: true, details: []string{"Beendet: " + ended}}})
	if err != nil {
		return err
	}
	if a := done.alert; a.Kind == alert.KindAllClear && a.Severity >= wire.PrioritySevere &&
		int(done.verified.Level) < done.verified.Needed && c.String("out") == "" {
		e.Notef("Es erscheint „%s“. Bestätigung durch eine zweite Person: kreidfeuer alert approve %s",
			alert.German.AllClearUnconfirmed, a.ID.Short())
	}
	return nil
}

// endFunc builds the end of an incident.
type endFunc = func(prev []*alert.Alert, by compose.Author, random io.Reader) (*compose.Message, error)

// shorten keeps an end within the lifetime that the officer's certificates
// permit: whoever may warn for six hours must be able to end it.
func (o *officer) shorten(c *cap.Alert) error {
	created, _, err := alert.Times(c)
	if err != nil {
		return exit.Errorf(exit.No, "%w", err)
	}
	latest := created + min(o.unit.Scope.Lifetime, o.cert.Scope.Lifetime)
	for i := range c.Info {
		if t, ok := c.Info[i].Expires.Unix(); ok && t > int64(latest) {
			c.Info[i].Expires = cap.MakeTime(int64(latest), o.env.Offset())
		}
	}
	return nil
}

package issue

import (
	"io"

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

// followFlags belong to every command that follows an alert up. Live or drill
// is not asked: a follow-up is what its alert is.
func followFlags() []cli.Flag {
	return append(append(officer.Flags(), officer.SendingFlags()...),
		&cli.StringSliceFlag{Name: "alert", Usage: "the incident's signed alerts are in `FILE`, not on a running device; may be repeated"})
}

// Withdraw is "alert withdraw".
func Withdraw(e *shell.Env) *cli.Command {
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

// AllClear is "alert allclear".
func AllClear(e *shell.Env) *cli.Command {
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
	o, prev, err := officer.OpenIncident(e, c)
	if err != nil {
		return err
	}
	m, err := end(prev, o.Author(), e.Random)
	if err != nil {
		return dialogue.ComposeFailure(err)
	}
	if err := shorten(o, m.CAP); err != nil {
		return err
	}
	dialog, closeDialog := dialogue.New(e, false)
	defer closeDialog()
	ended := ""
	if in := latestVersion(prev).Language("de", "en"); in != nil {
		ended = in.Headline
	}
	done, err := o.Issue(m, officer.Sending{Role: wire.RoleAuthor, Out: c.String("out"), Yes: c.Bool("yes"), Dialog: dialog,
		Screen: dialogue.Screen{Action: action, Brief: true, Details: []string{"Beendet: " + ended}}})
	if err != nil {
		return err
	}
	if a := done.Alert; a.Kind == alert.KindAllClear && a.Severity >= wire.PrioritySevere &&
		int(done.Verified.Level) < done.Verified.Needed && c.String("out") == "" {
		e.Notef("Es erscheint „%s“. Bestätigung durch eine zweite Person: kreidfeuer alert approve %s",
			alert.German.AllClearUnconfirmed, a.ID.Short())
	}
	return nil
}

// endFunc builds the end of an incident.
type endFunc = func(prev []*alert.Alert, by compose.Author, random io.Reader) (*compose.Message, error)

// shorten keeps an end within the lifetime that the officer's certificates
// permit: whoever may warn for six hours must be able to end it.
func shorten(o *officer.Officer, c *cap.Alert) error {
	created, _, err := alert.Times(c)
	if err != nil {
		return exit.Errorf(exit.No, "%w", err)
	}
	latest := created + min(o.Unit.Scope.Lifetime, o.Cert.Scope.Lifetime)
	for i := range c.Info {
		if t, ok := c.Info[i].Expires.Unix(); ok && t > int64(latest) {
			c.Info[i].Expires = cap.MakeTime(int64(latest), o.Env.Offset())
		}
	}
	return nil
}

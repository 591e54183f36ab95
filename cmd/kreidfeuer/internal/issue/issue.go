// Package issue holds the commands that bring warnings into being and to their end: write,
// issue, approve, update, withdraw, all-clear.
package issue

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/capfile"
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

// issueFlags belong to the commands that issue a new warning.
func issueFlags() []cli.Flag {
	return append(append(officer.Flags(), officer.SendingFlags()...),
		&cli.BoolFlag{Name: "live", Usage: "a real warning to the public (ECHTE WARNUNG)"},
		&cli.BoolFlag{Name: "drill", Usage: "an exercise (ÜBUNG / PROBEALARM)"},
		&cli.BoolFlag{Name: "emergency", Usage: "sign alone: no second person can be reached"},
		&cli.StringFlag{Name: "prepare", Usage: "write withdrawal and all-clear as CAP into `DIR`, ready for other channels"},
	)
}

// Issue is "alert issue".
func Issue(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:      "issue",
		Usage:     "sign a warning and send it",
		ArgsUsage: "[FILE.xml]",
		Description: "Shows the whole warning and wants its place typed before it signs. Where a second\n" +
			"officer must sign, it goes to the other stations of the unit first; they use\n" +
			"kreidfeuer alert approve. A CAP file of any origin is issued as the unit's own:\n" +
			"sender, identifier, time and status are set. \"-\" is standard input.\n\n" +
			"Examples:\n" +
			"  kreidfeuer alert issue --drill --template hochwasser --area \"Kreis Ahrweiler\" --key weber.key\n" +
			"  kreidfeuer alert issue --live --key weber.key warning.xml\n" +
			"  kreidfeuer alert issue --live --key weber.key --out draft.pem warning.xml",
		Flags: append(append(dialogue.DraftFlags(), issueFlags()...),
			&cli.BoolFlag{Name: "as-is", Usage: "keep the file's sender, identifier and time"},
			&cli.IntFlag{Name: "entry", Usage: "issue the `N`-th alert of a feed", DefaultText: "the only one"},
		),
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 0, 1, "at most one CAP file"); err != nil {
				return err
			}
			return issueAlert(e, c)
		},
	}, exit.OK, exit.No, exit.Usage, exit.Daemon, exit.Trust, exit.Data, exit.System, exit.Aborted)
}

func issueAlert(e *shell.Env, c *cli.Context) error {
	lane, err := dialogue.LaneOf(c)
	if err != nil {
		return err
	}
	file := c.Args().First()
	if err := oneSource(c, file); err != nil {
		return err
	}
	o, err := officer.Open(e, c)
	if err != nil {
		return err
	}
	var m *compose.Message
	if file != "" {
		m, err = fromFile(o, file, lane)
	} else {
		d := compose.Draft{Author: o.Author(), Lane: lane}
		if err := dialogue.FillDraft(e, c, &d); err != nil {
			return err
		}
		m, err = compose.Compose(d, e.Random)
	}
	if err != nil {
		return dialogue.ComposeFailure(err)
	}
	dialog, closeDialog := dialogue.New(e, file == "-")
	defer closeDialog()
	return issueNew(o, m, dialog)
}

// oneSource: a warning comes from a file or from a template and flags.
func oneSource(c *cli.Context, file string) error {
	flag := dialogue.DraftFlagSet(c)
	switch {
	case file == "" && flag == "":
		return exit.Errorf(exit.Usage, "what shall be issued?").Hintf("a CAP file, or --template and --area; kreidfeuer alert compose asks step by step")
	case file != "" && flag != "":
		return exit.Errorf(exit.Usage, "--%s does not change a file", flag).Hintf("change the file, or compose with --template")
	case file == "" && (c.Bool("as-is") || c.IsSet("entry")):
		return exit.Errorf(exit.Usage, "--as-is and --entry belong to a file")
	}
	return nil
}

// issueNew issues a new warning and prepares its ends.
func issueNew(o *officer.Officer, m *compose.Message, dialog *dialogue.Dialog) error {
	c := o.C
	s := officer.Sending{Screen: dialogue.Screen{Action: "Herausgeben"}, Role: wire.RoleAuthor, Out: c.String("out"), Yes: c.Bool("yes"), Dialog: dialog}
	if c.Bool("emergency") {
		s.Role, s.Emergency = wire.RoleEmergency, true
	}
	done, err := o.Issue(m, s)
	if err != nil {
		return err
	}
	if dir := c.String("prepare"); dir != "" {
		return prepare(o, done.Alert, dir)
	}
	return nil
}

// fromFile reads a CAP document and makes it the officer's own.
func fromFile(o *officer.Officer, name string, lane wire.Lane) (*compose.Message, error) {
	doc, err := readAlertFile(o.Env, o.C, name)
	if err != nil {
		return nil, err
	}
	if o.C.IsSet("expires") {
		expires, err := dialogue.ParseMoment(o.Env, o.C.String("expires"))
		if err != nil {
			return nil, fmt.Errorf("--expires: %w", err)
		}
		for i := range doc.Info {
			doc.Info[i].Expires = cap.MakeTime(int64(expires), o.Env.Offset())
		}
	}
	if !o.C.Bool("as-is") {
		return compose.Respell(doc, o.Author(), lane, o.Env.Random)
	}
	if is := alert.LaneOf(doc.Status); is != lane {
		return nil, exit.Errorf(exit.Usage, "%s has status %s, which is not %s", shell.InputName(name), doc.Status, lane).
			Hintf("without --as-is the status is set, but an exercise never becomes real")
	}
	if problems := compose.Issuable(doc); len(problems) > 0 {
		return nil, &compose.Refused{Problems: problems}
	}
	return &compose.Message{CAP: doc}, nil
}

// readAlertFile reads one alert of any format, as strict CAP 1.2.
func readAlertFile(e *shell.Env, c *cli.Context, name string) (*cap.Alert, error) {
	data, err := e.ReadInput(name)
	if err != nil {
		return nil, err
	}
	f := capfile.ReadCAP(data)
	doc, err := f.One(shell.InputName(name), c.Int("entry"))
	if err != nil {
		return nil, err
	}
	doc, changes := cap.Upgrade(doc)
	for _, p := range changes {
		e.Notef("%s: %s", p.Path, p.Message)
	}
	return doc.Clone(), nil
}

// prepare writes how the alert would be ended, for channels that need the text
// now. Sent through the mesh, an end is written anew, with its own time.
func prepare(o *officer.Officer, a *alert.Alert, dir string) error {
	prev := []*alert.Alert{a}
	withdrawal, err := compose.Withdraw(prev, o.Author(), o.Env.Random)
	if err != nil {
		return dialogue.ComposeFailure(err)
	}
	allClear, err := compose.AllClear(prev, o.Author(), o.Env.Random)
	if err != nil {
		return dialogue.ComposeFailure(err)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return exit.Errorf(exit.System, "make %s: %w", dir, err)
	}
	for name, m := range map[string]*compose.Message{"withdraw": withdrawal, "allclear": allClear} {
		var b bytes.Buffer
		if err := cap.Write(&b, m.CAP, cap.WriteOptions{}); err != nil {
			return fmt.Errorf("write prepared %s: %w", name, err)
		}
		if err := o.Env.WriteFile(filepath.Join(dir, a.ID.Short()+"-"+name+".xml"), b.Bytes(), 0o666); err != nil {
			return err
		}
	}
	return nil
}

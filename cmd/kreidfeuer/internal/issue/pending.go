package issue

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/armor"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/device"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/inbox"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/officer"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/client"
)

// Pending is "alert pending".
func Pending(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:  "pending",
		Usage: "list drafts that wait for a second officer",
		Description: "Drafts come from the stations of the same unit. With --json, one object a line.\n\n" +
			"Examples:\n" +
			"  kreidfeuer alert pending\n" +
			"  kreidfeuer alert pending --all --json",
		Flags: []cli.Flag{&cli.BoolFlag{Name: "all", Usage: "also what was answered"}},
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 0, 0, "none"); err != nil {
				return err
			}
			return listDrafts(e, c)
		},
	}, exit.OK, exit.Usage, exit.Daemon, exit.System)
}

func listDrafts(e *shell.Env, c *cli.Context) error {
	dev, err := device.Client(e, c)
	if err != nil {
		return err
	}
	defer dev.Close()
	rows := []string{"ID\tSTAND\tSIGNIERT\tVON\tSEIT\tWAS\tGEBIET"}
	for d, err := range dev.Drafts(c.Context) {
		if err != nil {
			return device.Error(err)
		}
		if d.State != apitype.DraftPending && !c.Bool("all") {
			continue
		}
		if e.JSON {
			if err := e.PrintItem(apitype.SchemaDraftItem, d); err != nil {
				return err
			}
			continue
		}
		rows = append(rows, draftRow(e, &d))
	}
	if e.JSON {
		return nil
	}
	if len(rows) == 1 {
		e.Notef("Kein Entwurf wartet auf Freigabe.")
	} else {
		e.Table(e.Stdout, rows)
	}
	return noteUnconfirmed(e, c, dev)
}

func draftRow(e *shell.Env, d *apitype.DraftSummary) string {
	state := inbox.DraftStates[d.State]
	if d.Overdue && d.State == apitype.DraftPending {
		state = "ÜBERFÄLLIG"
	}
	what := inbox.Kinds[d.Kind] + " " + shell.OneLine(d.Headline)
	if d.Lane == wire.LaneDrill.String() {
		what = "ÜBUNG: " + what
	}
	return strings.Join([]string{inbox.ShortID(d.ID), state, fmt.Sprintf("%d/%d", d.Signed, d.Needed), shell.OneLine(d.Author),
		inbox.ClockTime(e, d.Arrived), what, shell.OneLine(strings.Join(d.Areas, ", "))}, "\t")
}

// noteUnconfirmed tells of what was sent already and still wants a second person.
func noteUnconfirmed(e *shell.Env, c *cli.Context, dev *client.Client) error {
	for a, err := range dev.Alerts(c.Context, apitype.AlertFilter{}) {
		if err != nil {
			return device.Error(err)
		}
		if a.Unconfirmed && a.Level < a.Needed {
			e.Notef("Herausgegeben und noch nicht bestätigt: %s %s; kreidfeuer alert approve %s", inbox.ShortID(a.ID), inbox.Title(&a), inbox.ShortID(a.ID))
		}
	}
	return nil
}

// unsigned is an alert that an officer may add a signature to.
type unsigned struct {
	envelope *wire.Envelope
	draft    *apitype.DraftSummary // nil: not a draft of the running device
}

// findUnsigned reads a file, or finds a draft or a sent but unconfirmed alert by
// a part of its ID.
func findUnsigned(e *shell.Env, c *cli.Context, dev *client.Client, name string) (*unsigned, error) {
	if _, err := os.Stat(name); err == nil || name == "-" {
		o, err := armor.Read(e, name, wire.TypeAlert)
		return &unsigned{envelope: o}, err
	}
	prefix, err := inbox.CheckPrefix(name)
	if err != nil {
		return nil, exit.Errorf(exit.Usage, "%s is neither a file nor the ID of a draft", name)
	}
	if dev == nil {
		return nil, exit.Errorf(exit.Daemon, "no device is running here that could hold the draft %s", prefix).
			Hintf("start kreidfeuer up in another terminal, or name the draft's file")
	}
	d, err := inbox.FindDraft(c, dev, prefix)
	if err != nil {
		return nil, err
	}
	if d == nil || d.State == apitype.DraftPublished {
		a, err := inbox.Find(c, dev, prefix)
		if err != nil {
			return nil, err
		}
		o, _, err := inbox.Held(c, dev, a.ID)
		return &unsigned{envelope: o}, err
	}
	full, err := dev.Draft(c.Context, d.ID)
	if err != nil {
		return nil, device.Error(err)
	}
	o, err := wire.Decode(full.Envelope)
	if err != nil {
		return nil, fmt.Errorf("read the device's draft %s: %w", d.ID, err)
	}
	return &unsigned{o, d}, nil
}

// Reject is "alert reject".
func Reject(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:        "reject",
		Usage:       "refuse a draft, so that it does not wait any longer",
		ArgsUsage:   "ID",
		Description: "Example:\n  kreidfeuer alert reject 7kq3abcd --reason \"Gebiet ist zu groß\"",
		Flags:       []cli.Flag{&cli.StringFlag{Name: "reason", Usage: "`TEXT` for the author"}},
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 1, 1, "the draft's ID"); err != nil {
				return err
			}
			if c.String("reason") == "" {
				return exit.Errorf(exit.Usage, "the author must know why").Hintf("--reason TEXT")
			}
			return rejectDraft(e, c, c.Args().First())
		},
	}, exit.OK, exit.No, exit.Usage, exit.Daemon, exit.System)
}

func rejectDraft(e *shell.Env, c *cli.Context, name string) error {
	prefix, err := inbox.CheckPrefix(name)
	if err != nil {
		return err
	}
	dev, err := device.Client(e, c)
	if err != nil {
		return err
	}
	defer dev.Close()
	found, err := inbox.FindDraft(c, dev, prefix)
	if err != nil {
		return err
	}
	if found == nil {
		return exit.Errorf(exit.No, "no draft %s on this device", prefix).Hintf("kreidfeuer alert pending lists them")
	}
	d, err := dev.AnswerDraft(c.Context, found.ID, apitype.DraftAnswer{Answer: apitype.DraftRejected, Comment: c.String("reason")})
	if isCode(err, apitype.CodeConflict) {
		return exit.Errorf(exit.No, "draft %s was answered before", prefix).Hintf("kreidfeuer alert pending --all shows how")
	}
	if err != nil {
		return device.Error(err)
	}
	return officer.PrintDraft(e, &d)
}

// isCode reports whether the device answered with an error of this code.
func isCode(err error, code apitype.Code) bool {
	var known *apitype.Error
	return errors.As(err, &known) && known.Code == code
}

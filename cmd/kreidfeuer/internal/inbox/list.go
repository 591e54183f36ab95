// Package inbox shows the warnings that came: as a list, in full, as they come, on paper
// and as codes. Its words are those of everything that shows warnings in a terminal.
package inbox

import (
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/device"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/client"
)

// List is "alert list".
func List(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:  "list",
		Usage: "list the warnings that this device holds",
		Description: "Shows what is in force, unless --all is given; the latest first. With --json, one\n" +
			"object a line.\n\n" +
			"Examples:\n" +
			"  kreidfeuer alert list\n" +
			"  kreidfeuer alert list --all --lane drill\n" +
			"  kreidfeuer alert list --concerns --json | jq .headline",
		Flags: []cli.Flag{
			&cli.BoolFlag{Name: "active", Usage: "only what is in force, not yet, or perhaps (this is the default)"},
			&cli.BoolFlag{Name: "all", Usage: "also what is over"},
			&cli.StringFlag{Name: "lane", Usage: "only `LANE` live or drill"},
			&cli.BoolFlag{Name: "concerns", Usage: "only what concerns, or may concern, one of this device's places"},
		},
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 0, 0, "none"); err != nil {
				return err
			}
			if c.Bool("active") && c.Bool("all") {
				return exit.Errorf(exit.Usage, "--active and --all exclude each other")
			}
			f := apitype.AlertFilter{Active: !c.Bool("all"), Lane: c.String("lane")}
			if f.Lane != "" && f.Lane != wire.LaneLive.String() && f.Lane != wire.LaneDrill.String() {
				return exit.Errorf(exit.Usage, "unknown lane %q", f.Lane).Hintf("--lane live or --lane drill")
			}
			return listAlerts(e, c, f)
		},
	}, exit.OK, exit.Usage, exit.Daemon, exit.System)
}

func listAlerts(e *shell.Env, c *cli.Context, f apitype.AlertFilter) error {
	dev, err := device.Client(e, c)
	if err != nil {
		return err
	}
	defer dev.Close()
	rows := []string{"ID\tSTAND\tSTUFE\tWAS\tGEBIET\tBIS\tHERAUSGEBER"}
	for a, err := range dev.Alerts(c.Context, f) {
		if err != nil {
			return device.Error(err)
		}
		if c.Bool("concerns") && a.Concerns == apitype.ConcernsNo {
			continue // what is not known counts as yes
		}
		if e.JSON {
			if err := e.PrintItem(apitype.SchemaAlertItem, a); err != nil {
				return err
			}
			continue
		}
		rows = append(rows, Row(e, &a))
	}
	if e.JSON {
		return nil
	}
	if len(rows) == 1 {
		e.Notef("Keine Warnungen. Ob Warnungen fehlen können, sagt kreidfeuer status.")
		return nil
	}
	e.Table(e.Stdout, rows)
	return nil
}

// Row is an alert as a line of a table, its cells divided by tabs.
func Row(e *shell.Env, a *apitype.AlertSummary) string {
	state := States[a.State]
	if a.Unconfirmed {
		state += ", noch nicht bestätigt"
	}
	level := "-"
	if a.Kind == apitype.KindAlert || a.Kind == apitype.KindUpdate {
		level = fmt.Sprint(a.Warnstufe)
	}
	return strings.Join([]string{ShortID(a.ID), state, level, Title(a), shell.OneLine(strings.Join(a.Areas, ", ")),
		DayTime(e, a.Expires), shell.OneLine(a.AuthorityName)}, "\t")
}

// Find finds the alert whose ID begins with a text.
func Find(c *cli.Context, dev *client.Client, prefix string) (*apitype.AlertSummary, error) {
	var found []apitype.AlertSummary
	prefix, err := CheckPrefix(prefix)
	if err != nil {
		return nil, err
	}
	for a, err := range dev.Alerts(c.Context, apitype.AlertFilter{}) {
		if err != nil {
			return nil, device.Error(err)
		}
		if strings.HasPrefix(a.ID, prefix) {
			found = append(found, a)
		}
	}
	switch len(found) {
	case 1:
		return &found[0], nil
	case 0:
		return nil, exit.Errorf(exit.No, "no alert %s on this device", prefix).Hintf("kreidfeuer alert list --all lists them")
	}
	return nil, exit.Errorf(exit.Usage, "%d alerts begin with %s", len(found), prefix).Hintf("give more characters of the ID")
}

// minPrefix is the shortest part of an ID that names an alert: what is shorter
// is more likely a slip.
const minPrefix = 4

// CheckPrefix brings a part of an ID into its form, and refuses what cannot be one.
func CheckPrefix(text string) (string, error) {
	text = strings.ToLower(strings.TrimSpace(text))
	if len(text) < minPrefix || strings.Trim(text, "abcdefghijklmnopqrstuvwxyz234567") != "" {
		return "", exit.Errorf(exit.Usage, "%q is no ID of an alert", text).Hintf("at least %d characters of it, as kreidfeuer alert list shows them", minPrefix)
	}
	return text, nil
}

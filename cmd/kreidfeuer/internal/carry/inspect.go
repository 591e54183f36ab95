package carry

import (
	"context"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/inbox"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// Inspect is "carry inspect".
func Inspect(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:      "inspect",
		Usage:     "show what a bundle holds, and take nothing in",
		ArgsUsage: "FILE",
		Description: "Says for each warning whether this device can verify it, with what the bundle brings\n" +
			"along. Without a data folder nothing is verified.\n\n" +
			"Examples:\n" +
			"  kreidfeuer carry inspect warnings.kfb\n" +
			"  kreidfeuer carry inspect --json warnings.kfb | jq '.alerts[] | select(.verified) | .headline'",
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 1, 1, "the file to look at"); err != nil {
				return err
			}
			return With(e, c, true, func(ctx context.Context, dev Device) error {
				return inspect(ctx, e, c, dev, c.Args().First())
			})
		},
	}, exit.OK, exit.No, exit.Usage, exit.Data, exit.Busy, exit.System)
}

// inspectedJSON is what carry inspect prints with --json.
type inspectedJSON struct {
	apitype.BundleContent
	File string `json:"file"`
}

func inspect(ctx context.Context, e *shell.Env, c *cli.Context, dev Device, name string) error {
	in, err := openCarried(e, name)
	if err != nil {
		return err
	}
	defer in.Close()
	if IsPicture(in.head) {
		pictures := newPictures()
		if err := pictures.read(ctx, name, in); err != nil {
			return err
		}
		if in, err = expandPictures(ctx, e, dev, pictures); err != nil {
			return err
		}
	}
	bar := e.Progress(shell.InputName(name), in.size)
	content, err := dev.InspectBundle(ctx, bar.Reader(in))
	bar.End()
	if err != nil {
		return carryError(shell.InputName(name), err)
	}
	if e.JSON {
		err = e.PrintJSON(inspectedJSON{content, name})
	} else {
		printContent(e, name, &content)
	}
	switch {
	case err != nil:
		return err
	case in.broken != nil:
		return exit.Errorf(exit.System, "read %s: %w", shell.InputName(name), in.broken)
	case content.Damaged > 0:
		return exit.Silent(exit.No)
	}
	return nil
}

func printContent(e *shell.Env, name string, b *apitype.BundleContent) {
	rows := []string{"file\t" + shell.InputName(name)}
	if !b.Created.IsZero() {
		rows = append(rows, "made\t"+inbox.DayTime(e, b.Created)+", as its maker says")
	}
	for _, l := range b.Lanes {
		where := "domain " + inbox.ShortID(l.Domain)
		switch {
		case l.Domain == "" && l.Lane != "":
			where = "further domains"
		case l.Domain == "":
			where = "cannot be read"
		case l.Name != "":
			where = shell.OneLine(l.Name)
		}
		rows = append(rows, fmt.Sprintf("holds\t%d %s, %s, %d of them verified by this device (%s)", l.Envelopes, l.Lane, shell.Size(l.Bytes), l.Verified, where))
	}
	rows = append(rows, DamageRows(b.BundleState)...)
	e.Table(e.Stdout, rows)
	if len(b.Alerts) == 0 {
		return
	}
	rows = []string{"", "ID\tGEPRÜFT\tSTAND\tSTUFE\tWAS\tGEBIET\tBIS\tHERAUSGEBER"}
	for i := range b.Alerts {
		rows = append(rows, bundleRow(e, &b.Alerts[i]))
	}
	e.Table(e.Stdout, rows)
	if more := b.AlertCount - len(b.Alerts); more > 0 {
		e.Notef("%d more warnings are not listed", more)
	}
}

// bundleRow is an alert's row. Of one that is not verified, everything behind the
// second column is what anybody may have written.
func bundleRow(e *shell.Env, a *apitype.BundleAlert) string {
	cells := strings.SplitN(inbox.Row(e, &a.AlertSummary), "\t", 3) // ID, state, the rest
	if a.Verified {
		return cells[0] + "\tja\t" + cells[1] + "\t" + cells[2]
	}
	return cells[0] + "\tNEIN: " + refusalText(a.Reason) + "\tunbewiesen\t" + cells[2]
}

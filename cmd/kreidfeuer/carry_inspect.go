package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

func carryInspectCommand(e *env) *cli.Command {
	return document(&cli.Command{
		Name:      "inspect",
		Usage:     "show what a bundle holds, and take nothing in",
		ArgsUsage: "FILE",
		Description: "Says for each warning whether this device can verify it, with what the bundle brings\n" +
			"along. Without a data folder nothing is verified.\n\n" +
			"Examples:\n" +
			"  kreidfeuer carry inspect warnings.kfb\n" +
			"  kreidfeuer carry inspect --json warnings.kfb | jq '.alerts[] | select(.verified) | .headline'",
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 1, 1, "the file to look at"); err != nil {
				return err
			}
			return e.withCarrier(c, true, func(ctx context.Context, dev carrier) error {
				return e.inspect(ctx, c, dev, c.Args().First())
			})
		},
	}, exitOK, exitNo, exitUsage, exitData, exitBusy, exitSystem)
}

// inspectedJSON is what carry inspect prints with --json.
type inspectedJSON struct {
	apitype.BundleContent
	File string `json:"file"`
}

func (e *env) inspect(ctx context.Context, c *cli.Context, dev carrier, name string) error {
	in, err := e.openCarried(name)
	if err != nil {
		return err
	}
	defer in.Close()
	if isPicture(in.head) {
		pictures := newPictures()
		if err := pictures.read(ctx, name, in); err != nil {
			return err
		}
		if in, err = e.expandPictures(ctx, dev, pictures); err != nil {
			return err
		}
	}
	bar := e.progress(inputName(name), in.size)
	content, err := dev.InspectBundle(ctx, bar.reader(in))
	bar.end()
	if err != nil {
		return carryError(inputName(name), err)
	}
	if e.json {
		err = e.printJSON(inspectedJSON{content, name})
	} else {
		e.printContent(name, &content)
	}
	switch {
	case err != nil:
		return err
	case in.broken != nil:
		return failf(exitSystem, "read %s: %w", inputName(name), in.broken)
	case content.Damaged > 0:
		return silent(exitNo)
	}
	return nil
}

func (e *env) printContent(name string, b *apitype.BundleContent) {
	rows := []string{"file\t" + inputName(name)}
	if !b.Created.IsZero() {
		rows = append(rows, "made\t"+e.dayTime(b.Created)+", as its maker says")
	}
	for _, l := range b.Lanes {
		where := "domain " + shortID(l.Domain)
		switch {
		case l.Domain == "" && l.Lane != "":
			where = "further domains"
		case l.Domain == "":
			where = "cannot be read"
		case l.Name != "":
			where = oneLine(l.Name)
		}
		rows = append(rows, fmt.Sprintf("holds\t%d %s, %s, %d of them verified by this device (%s)", l.Envelopes, l.Lane, bundleSize(l.Bytes), l.Verified, where))
	}
	rows = append(rows, damageRows(b.BundleState)...)
	e.table(e.stdout, rows)
	if len(b.Alerts) == 0 {
		return
	}
	rows = []string{"", "ID\tGEPRÜFT\tSTAND\tSTUFE\tWAS\tGEBIET\tBIS\tHERAUSGEBER"}
	for i := range b.Alerts {
		rows = append(rows, e.bundleRow(&b.Alerts[i]))
	}
	e.table(e.stdout, rows)
	if more := b.AlertCount - len(b.Alerts); more > 0 {
		e.notef("%d more warnings are not listed", more)
	}
}

// bundleRow is an alert's row. Of one that is not verified, everything behind the
// second column is what anybody may have written.
func (e *env) bundleRow(a *apitype.BundleAlert) string {
	cells := strings.SplitN(e.alertRow(&a.AlertSummary), "\t", 3) // ID, state, the rest
	if a.Verified {
		return cells[0] + "\tja\t" + cells[1] + "\t" + cells[2]
	}
	return cells[0] + "\tNEIN: " + refusalText(a.Reason) + "\tunbewiesen\t" + cells[2]
}

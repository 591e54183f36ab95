// Package stick keeps a folder on a stick that many devices share: each visit takes what is
// new and leaves what others lack.
package stick

import (
	"context"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/carry"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
)

// Sync is "carry sync".
func Sync(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:      "sync",
		Usage:     "exchange with a stick: each side gets what it lacks",
		ArgsUsage: "DIR",
		Description: "Reads what other devices left in DIR, a folder on a stick, and adds what the stick\n" +
			"lacks. Any number of devices may share it. Nothing is written twice, what has ended\n" +
			"is cleared away, and the stick may be pulled at any moment. It works whether the\n" +
			"device is running or not.\n\n" +
			"Examples:\n" +
			"  kreidfeuer carry sync /media/stick\n" +
			"  kreidfeuer carry sync --json E:\\ ",
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 1, 1, "a folder on the stick"); err != nil {
				return err
			}
			dir := c.Args().First()
			stick, err := openStick(dir)
			if err != nil {
				return err
			}
			defer stick.Close()
			return carry.With(e, c, false, func(ctx context.Context, dev carry.Device) error {
				return syncStick(ctx, e, dev, stick, dir)
			})
		},
	}, exit.OK, exit.No, exit.Usage, exit.Trust, exit.Data, exit.Busy, exit.System)
}

package inbox

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"syscall"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/device"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/client"
)

// Watch is "alert watch".
func Watch(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:  "watch",
		Usage: "show warnings as they come",
		Description: "Runs until it is stopped, also over a restart of the device. With --json it prints\n" +
			"one event a line; its \"seq\" is what --since takes, so that a program which was away\n" +
			"misses nothing.\n\n" +
			"Examples:\n" +
			"  kreidfeuer alert watch\n" +
			"  kreidfeuer alert watch --since 1204 --json",
		Flags: []cli.Flag{
			&cli.Uint64Flag{Name: "since", Usage: "begin after the event `N`; 0: with the oldest kept", DefaultText: "now"},
			&cli.IntFlag{Name: "count", Usage: "end after `N` events", DefaultText: "never"},
		},
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 0, 0, "none"); err != nil {
				return err
			}
			return watchAlerts(e, c)
		},
	}, exit.OK, exit.No, exit.Usage, exit.Daemon, exit.System)
}

func watchAlerts(e *shell.Env, c *cli.Context) error {
	dev, err := device.Client(e, c)
	if err != nil {
		return err
	}
	defer dev.Close()
	since, err := watchFrom(c, dev)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(c.Context, os.Interrupt, syscall.SIGTERM)
	defer stop()
	return watchEvents(ctx, e, dev, since, c.Int("count"))
}

// watchFrom is the event after which to begin.
func watchFrom(c *cli.Context, dev *client.Client) (uint64, error) {
	if c.Uint64("since") > 0 {
		return c.Uint64("since"), nil
	}
	s, err := dev.Status(c.Context)
	switch {
	case err != nil:
		return 0, device.Error(err)
	case !c.IsSet("since"):
		return s.Events.Latest, nil
	case s.Events.Oldest > 0:
		return s.Events.Oldest - 1, nil
	}
	return 0, nil
}

func watchEvents(ctx context.Context, e *shell.Env, dev *client.Client, since uint64, count int) error {
	shown := 0
	for event, err := range dev.Events(ctx, since) {
		var gone *apitype.Error
		switch {
		case errors.As(err, &gone) && gone.Code == apitype.CodeGone:
			return exit.Errorf(exit.No, "the events after %d are no longer kept", since).
				Hintf("--since %d begins with the oldest; kreidfeuer alert list shows what is in force", max(gone.Oldest, 1)-1)
		case err != nil:
			return device.Error(err)
		}
		if ok, err := printWatched(e, &event); err != nil {
			return err
		} else if ok {
			shown++
		}
		if shown == count && count > 0 {
			return nil
		}
	}
	return nil
}

// printWatched prints an event about alerts, and reports whether it is one.
func printWatched(e *shell.Env, event *apitype.Event) (bool, error) {
	if e.JSON && (event.Alert != nil || event.Draft != nil || event.Expiring != nil) {
		return true, e.PrintJSON(event)
	}
	return !e.JSON && PrintEvent(e, event), nil
}

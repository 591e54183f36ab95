// Package store holds the commands that look after what the device keeps: status, verify,
// repair, compact, backup.
package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/datadir"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/device"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/node"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/client"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

// Command is "store" with its subcommands.
func Command(e *shell.Env) *cli.Command {
	return &cli.Command{
		Name:  "store",
		Usage: "look after what this device keeps: check, repair, back up, restore",
		Subcommands: []*cli.Command{
			storeStatusCommand(e), storeVerifyCommand(e), storeCompactCommand(e), storeExportCommand(e), storeImportCommand(e),
		},
	}
}

// withStore calls running with the device that runs on the data folder, or
// stopped with the folder if none does.
func withStore(e *shell.Env, c *cli.Context, running func(*client.Client) error, stopped func(datadir.Dir) error) error {
	dev, err := device.Running(e, c)
	if err != nil {
		return err
	}
	if dev != nil {
		defer dev.Close()
		return device.Error(running(dev))
	}
	d, err := datadir.Find(e, c)
	if err != nil {
		return err
	}
	if _, err := d.OpenConfig(); err != nil {
		return err
	}
	return stopped(d)
}

// readStore calls f with the store of a device that does not run; it is not changed.
func readStore(ctx context.Context, e *shell.Env, d datadir.Dir, f func(*persist.Store) error) error {
	st, unread, err := persist.OpenReadOnly(ctx, d.Store(), persist.Options{})
	if err != nil {
		return Failure(e, d, err)
	}
	if unread != nil && unstored(d) {
		err = exit.Errorf(exit.Data, "nothing is stored yet in %s", d.Store()).Hintf("kreidfeuer up starts the device, and makes its store")
	} else if unread != nil {
		err = exit.Errorf(exit.Data, "read the store in %s: %w", d.Store(), unread).
			Hintf("kreidfeuer store verify --repair keeps what is good; kreidfeuer up does so by itself")
	} else {
		err = f(st)
	}
	return errors.Join(err, st.Close())
}

// warnDamage says that what is read of a store is not all that was stored.
func warnDamage(e *shell.Env, st *persist.Store) {
	if damage := st.Damage(); damage != nil {
		e.Warnf("%v", damage)
	}
}

// writeStore calls f with the store of a device that does not run.
func writeStore(ctx context.Context, e *shell.Env, d datadir.Dir, f func(*persist.Store) error) error {
	st, err := Open(ctx, e, d, persist.LevelDB)
	if err != nil {
		return err
	}
	err = f(st)
	if closing := st.Close(); err == nil {
		err = closing
	}
	return err
}

func storeStatusCommand(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:  "status",
		Usage: "show what is kept, how much room it takes and how much is left",
		Description: "Works whether the device is running or not, and changes nothing.\n\n" +
			"Examples:\n" +
			"  kreidfeuer store status\n" +
			"  kreidfeuer store status --json | jq .disk.free",
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 0, 0, "none"); err != nil {
				return err
			}
			var s apitype.Store
			err := withStore(e, c, func(dev *client.Client) (err error) {
				s, err = dev.Store(c.Context)
				return err
			}, func(d datadir.Dir) error {
				return readStore(c.Context, e, d, func(st *persist.Store) error {
					warnDamage(e, st)
					s = node.DescribeStore(st, string(persist.LevelDB))
					s.Kept = true // it is only looked at
					describeSpace(&s, persist.FolderSpace(d.Store()))
					return nil
				})
			})
			if err != nil {
				return err
			}
			return printStore(e, &s)
		},
	}, exit.OK, exit.Usage, exit.Data, exit.Busy, exit.System)
}

// describeSpace says of the disk of a device that does not run what the device
// would say if it did.
func describeSpace(s *apitype.Store, space persist.Space) {
	if !space.Known {
		return
	}
	s.Disk.Free, s.Reserve = int64(space.Free), int64(space.Reserve)
	err := space.Room()
	switch {
	case errors.As(err, new(*persist.LowSpaceError)):
		s.Disk.State, s.Disk.Error = apitype.DiskLow, err.Error()
	case err != nil:
		s.Disk.State, s.Disk.Error = apitype.DiskFull, err.Error()
	case space.Free < 2*space.Reserve:
		s.Disk.State = apitype.DiskLow
	}
}

func printStore(e *shell.Env, s *apitype.Store) error {
	if e.JSON {
		return e.PrintJSON(s)
	}
	row := func(name, text string) { e.Printf("%-10s%s\n", name, text) }
	row("backend", s.Backend)
	if !s.Kept {
		row("attention", e.Paint(shell.Yellow, "nothing is kept: all that comes is gone when the device stops"))
	}
	for _, l := range s.Lanes {
		row(l.Lane, fmt.Sprintf("%d envelopes, %s", l.Envelopes, shell.Size(l.Bytes)))
	}
	row("parts", fmt.Sprintf("%d, %s", s.Parts.Count, shell.Size(s.Parts.Bytes)))
	row("events", fmt.Sprintf("%d to %d", s.Events.Oldest, s.Events.Latest))
	for _, r := range s.Removed {
		row("removed", fmt.Sprintf("%s: %d envelopes, %s, last %s", r.Reason, r.Count, shell.Size(r.Bytes), r.Last.Format(time.RFC3339)))
	}
	row("folder", shell.Size(s.Folder))
	if s.Disk.Free >= 0 {
		text := shell.Size(s.Disk.Free) + " free"
		if s.Reserve > 0 {
			text += fmt.Sprintf("; exercises and letters leave %s free for warnings", shell.Size(s.Reserve))
		}
		row("disk", text)
	}
	if s.Disk.State != apitype.DiskOK {
		text := "the disk is " + string(s.Disk.State)
		if s.Disk.Error != "" {
			text += ": " + shell.Printable(s.Disk.Error)
		}
		row("attention", e.Paint(shell.Yellow, text))
	}
	return nil
}

func storeCompactCommand(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:  "compact",
		Usage: "give the room of what was deleted back to the disk",
		Description: "The store does so by itself in time; this is for a disk that is needed now. A\n" +
			"running device goes on receiving meanwhile.\n\n" +
			"Examples:\n" +
			"  kreidfeuer store compact",
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 0, 0, "none"); err != nil {
				return err
			}
			var s apitype.Store
			tell, done := e.Steps("compact")
			err := withStore(e, c, func(dev *client.Client) (err error) {
				s, err = dev.CompactStore(c.Context, func(p apitype.Progress) { tell(p.Done, p.Of) })
				return err
			}, func(d datadir.Dir) error {
				return writeStore(c.Context, e, d, func(st *persist.Store) error {
					err := st.Compact(c.Context, tell)
					s = node.DescribeStore(st, string(persist.LevelDB))
					describeSpace(&s, st.Space())
					return err
				})
			})
			done()
			if err != nil {
				return err
			}
			return printStore(e, &s)
		},
	}, exit.OK, exit.Usage, exit.Data, exit.Busy, exit.System)
}

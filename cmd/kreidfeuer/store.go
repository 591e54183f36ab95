package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/node"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/client"
	"github.com/kreidfeuer/kreidfeuer/persist"
)

func storeCommand(e *env) *cli.Command {
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
func (e *env) withStore(c *cli.Context, running func(*client.Client) error, stopped func(dataDir) error) error {
	dev, err := e.runningClient(c)
	if err != nil {
		return err
	}
	if dev != nil {
		defer dev.Close()
		return deviceError(running(dev))
	}
	d, err := e.dataDir(c)
	if err != nil {
		return err
	}
	if _, err := d.openConfig(); err != nil {
		return err
	}
	return stopped(d)
}

// readStore calls f with the store of a device that does not run; it is not changed.
func (e *env) readStore(ctx context.Context, d dataDir, f func(*persist.Store) error) error {
	st, unread, err := persist.OpenReadOnly(ctx, d.store(), persist.Options{})
	if err != nil {
		return e.storeFailure(d, err)
	}
	if unread != nil {
		err = failf(exitData, "read the store in %s: %w", d.store(), unread).
			hintf("kreidfeuer store verify --repair keeps what is good; a device that never ran has no store")
	} else {
		err = f(st)
	}
	return errors.Join(err, st.Close())
}

// writeStore calls f with the store of a device that does not run.
func (e *env) writeStore(ctx context.Context, d dataDir, f func(*persist.Store) error) error {
	st, err := e.openStore(ctx, d, persist.LevelDB)
	if err != nil {
		return err
	}
	err = f(st)
	if closing := st.Close(); err == nil {
		err = closing
	}
	return err
}

func storeStatusCommand(e *env) *cli.Command {
	return document(&cli.Command{
		Name:  "status",
		Usage: "show what is kept, how much room it takes and how much is left",
		Description: "Works whether the device is running or not, and changes nothing.\n\n" +
			"Examples:\n" +
			"  kreidfeuer store status\n" +
			"  kreidfeuer store status --json | jq .disk.free",
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 0, 0, "none"); err != nil {
				return err
			}
			var s apitype.Store
			err := e.withStore(c, func(dev *client.Client) (err error) {
				s, err = dev.Store(c.Context)
				return err
			}, func(d dataDir) error {
				return e.readStore(c.Context, d, func(st *persist.Store) error {
					s = node.DescribeStore(st, string(persist.LevelDB))
					s.Kept = true // it is only looked at
					return nil
				})
			})
			if err != nil {
				return err
			}
			return e.printStore(&s)
		},
	}, exitOK, exitUsage, exitData, exitBusy, exitSystem)
}

func (e *env) printStore(s *apitype.Store) error {
	if e.json {
		return e.printJSON(s)
	}
	row := func(name, text string) { e.printf("%-10s%s\n", name, text) }
	row("backend", s.Backend)
	if !s.Kept {
		row("attention", e.paint(sgrYellow, "nothing is kept: all that comes is gone when the device stops"))
	}
	for _, l := range s.Lanes {
		row(l.Lane, fmt.Sprintf("%d envelopes, %s", l.Envelopes, bundleSize(l.Bytes)))
	}
	row("parts", fmt.Sprintf("%d, %s", s.Parts.Count, bundleSize(s.Parts.Bytes)))
	row("events", fmt.Sprintf("%d to %d", s.Events.Oldest, s.Events.Latest))
	for _, r := range s.Removed {
		row("removed", fmt.Sprintf("%s: %d envelopes, %s, last %s", r.Reason, r.Count, bundleSize(r.Bytes), r.Last.Format(time.RFC3339)))
	}
	row("folder", bundleSize(s.Folder))
	if s.Disk.Free >= 0 {
		text := bundleSize(s.Disk.Free) + " free"
		if s.Reserve > 0 {
			text += fmt.Sprintf("; exercises and letters leave %s free for warnings", bundleSize(s.Reserve))
		}
		row("disk", text)
	}
	if s.Disk.State != apitype.DiskOK {
		row("attention", e.paint(sgrYellow, "the disk is "+string(s.Disk.State)+" "+printable(s.Disk.Error)))
	}
	return nil
}

func storeCompactCommand(e *env) *cli.Command {
	return document(&cli.Command{
		Name:  "compact",
		Usage: "give the room of what was deleted back to the disk",
		Description: "The store does so by itself in time; this is for a disk that is needed now. A\n" +
			"running device goes on receiving meanwhile.\n\n" +
			"Examples:\n" +
			"  kreidfeuer store compact",
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 0, 0, "none"); err != nil {
				return err
			}
			var s apitype.Store
			tell, done := e.steps("compact")
			err := e.withStore(c, func(dev *client.Client) (err error) {
				s, err = dev.CompactStore(c.Context, func(p apitype.Progress) { tell(p.Done, p.Of) })
				return err
			}, func(d dataDir) error {
				return e.writeStore(c.Context, d, func(st *persist.Store) error {
					err := st.Compact(c.Context, tell)
					s = node.DescribeStore(st, string(persist.LevelDB))
					return err
				})
			})
			done()
			if err != nil {
				return err
			}
			return e.printStore(&s)
		},
	}, exitOK, exitUsage, exitData, exitBusy, exitSystem)
}

// steps tells a person at a terminal how far work in steps has come.
func (e *env) steps(what string) (tell func(done, of int), end func()) {
	var last time.Time
	tell = func(done, of int) {
		if !e.stderrTerminal || e.json || e.now().Sub(last) < tellEvery {
			return
		}
		last = e.now()
		text := fmt.Sprint(done)
		if of > 0 {
			text = fmt.Sprintf("%d %%", 100*done/of)
		}
		fmt.Fprintf(e.stderr, "\r\x1b[K%s: %s", what, text)
	}
	return tell, func() {
		if !last.IsZero() {
			fmt.Fprint(e.stderr, "\r\x1b[K")
		}
	}
}

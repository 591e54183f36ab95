package store

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/datadir"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/node"
	"github.com/kreidfeuer/kreidfeuer/node/client"
	"github.com/kreidfeuer/kreidfeuer/persist"
	"github.com/kreidfeuer/kreidfeuer/persist/backup"
)

func storeExportCommand(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:      "export",
		Usage:     "back up the device: its store, its configuration and its pins",
		ArgsUsage: "FILE",
		Description: "Writes everything the device keeps into one checksummed file, of one moment, whether\n" +
			"the device is running or not. FILE may be - for standard output. The backup holds what\n" +
			"this device knows of itself, such as its places and drafts: keep it private.\n\n" +
			"The device's private key is NOT in it unless --device-key is given: a device restored\n" +
			"without it is another one to its neighbours and stations. Keys with which people sign\n" +
			"warnings are never in it: they are files of their own.\n\n" +
			"To hand warnings to others, use kreidfeuer carry export.\n\n" +
			"Examples:\n" +
			"  kreidfeuer store export device.kfbackup\n" +
			"  kreidfeuer store export --device-key - | age -p > device.kfbackup.age",
		Flags: []cli.Flag{&cli.BoolFlag{Name: "device-key", Usage: "put the device's private key into the backup"}},
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 1, 1, "the file to write"); err != nil {
				return err
			}
			if err := wantDevice(e, c); err != nil {
				return err
			}
			name := c.Args().First()
			if name == "-" {
				if e.StdoutTerminal {
					return exit.Errorf(exit.Usage, "refusing to write binary data to a terminal").Hintf("name a file, or write into a pipe")
				}
				return backUp(e, c, e.Stdout)
			}
			if err := shell.CheckNew(name); err != nil {
				return err
			}
			return e.StreamFile(name, 0o600, func(w io.Writer) error { return backUp(e, c, w) })
		},
	}, exit.OK, exit.Usage, exit.Data, exit.Busy, exit.System)
}

// wantDevice refuses a folder without a device, before anything is written.
func wantDevice(e *shell.Env, c *cli.Context) error {
	d, err := datadir.Find(e, c)
	if err != nil {
		return err
	}
	if _, err := os.Stat(d.Config()); errors.Is(err, fs.ErrNotExist) { // what is damaged is backed up as it is
		_, err := d.OpenConfig()
		return err
	}
	return nil
}

// backUp writes the backup: files first, so that a restored device is complete
// when its store is.
func backUp(e *shell.Env, c *cli.Context, out io.Writer) error {
	bar := e.Progress("export", 0)
	defer bar.End()
	w, err := backup.NewWriter(io.MultiWriter(out, counter{bar}))
	if err != nil {
		return err
	}
	d, err := datadir.Find(e, c)
	if err != nil {
		return err
	}
	if err := addFiles(w, d, c.Bool("device-key")); err != nil {
		return err
	}
	err = withStore(e, c, func(dev *client.Client) error {
		in, pipe := io.Pipe()
		go func() { pipe.CloseWithError(dev.BackupStore(c.Context, pipe)) }()
		defer in.Close()
		return copyValues(w, in)
	}, func(d datadir.Dir) error {
		return readStore(c.Context, e, d, func(st *persist.Store) error {
			warnDamage(e, st)
			return node.AddValues(c.Context, w, st)
		})
	})
	if err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	if !c.Bool("device-key") {
		e.Notef("The device's private key is not in this backup; --device-key puts it there.")
	}
	return nil
}

type counter struct{ *shell.Progress }

func (c counter) Write(b []byte) (int, error) {
	c.Add(len(b))
	return len(b), nil
}

func addFiles(w *backup.Writer, d datadir.Dir, key bool) error {
	names := []string{"config.json"}
	if key {
		names = append(names, "device.key")
	}
	pins, err := filepath.Glob(filepath.Join(d.Pins(), "*.json"))
	if err != nil {
		return err
	}
	for _, p := range pins {
		names = append(names, "pins/"+filepath.Base(p))
	}
	for _, name := range names {
		b, err := os.ReadFile(filepath.Join(d.Path, filepath.FromSlash(name)))
		if err == nil {
			err = w.Add(backup.Record{Kind: backup.File, Name: name, Content: b})
		}
		if err != nil {
			return exit.Errorf(exit.Data, "back up %s: %w", name, err)
		}
	}
	return nil
}

// copyValues copies the values of a device's backup.
func copyValues(w *backup.Writer, in io.Reader) error {
	r, err := backup.NewReader(in)
	for err == nil {
		var one backup.Record
		if one, err = r.Next(); err == nil {
			err = w.Add(one)
		}
	}
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

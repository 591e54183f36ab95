package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/node"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/client"
	"github.com/kreidfeuer/kreidfeuer/persist"
	"github.com/kreidfeuer/kreidfeuer/persist/backup"
)

func storeExportCommand(e *env) *cli.Command {
	return document(&cli.Command{
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
			if err := wantArgs(c, 1, 1, "the file to write"); err != nil {
				return err
			}
			name := c.Args().First()
			if name == "-" {
				if e.stdoutTerminal {
					return failf(exitUsage, "refusing to write binary data to a terminal").hintf("name a file, or write into a pipe")
				}
				return e.backUp(c, e.stdout)
			}
			if err := checkNew(name); err != nil {
				return err
			}
			return e.streamFile(name, 0o600, func(w io.Writer) error { return e.backUp(c, w) })
		},
	}, exitOK, exitUsage, exitData, exitBusy, exitSystem)
}

// backUp writes the backup: files first, so that a restored device is complete
// when its store is.
func (e *env) backUp(c *cli.Context, out io.Writer) error {
	bar := e.progress("export", 0)
	defer bar.end()
	w, err := backup.NewWriter(io.MultiWriter(out, counter{bar}))
	if err != nil {
		return err
	}
	d, err := e.dataDir(c)
	if err != nil {
		return err
	}
	if err := addFiles(w, d, c.Bool("device-key")); err != nil {
		return err
	}
	err = e.withStore(c, func(dev *client.Client) error {
		in, pipe := io.Pipe()
		go func() { pipe.CloseWithError(dev.BackupStore(c.Context, pipe)) }()
		defer in.Close()
		return copyValues(w, in)
	}, func(d dataDir) error {
		return e.readStore(c.Context, d, func(st *persist.Store) error { return node.AddValues(c.Context, w, st) })
	})
	if err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	if !c.Bool("device-key") {
		e.notef("The device's private key is not in this backup; --device-key puts it there.")
	}
	return nil
}

type counter struct{ *progress }

func (c counter) Write(b []byte) (int, error) {
	c.add(len(b))
	return len(b), nil
}

func addFiles(w *backup.Writer, d dataDir, key bool) error {
	names := []string{"config.json"}
	if key {
		names = append(names, "device.key")
	}
	pins, err := filepath.Glob(filepath.Join(d.pins(), "*.json"))
	if err != nil {
		return err
	}
	for _, p := range pins {
		names = append(names, "pins/"+filepath.Base(p))
	}
	for _, name := range names {
		b, err := os.ReadFile(filepath.Join(d.path, filepath.FromSlash(name)))
		if err == nil {
			err = w.Add(backup.Record{Kind: backup.File, Name: name, Content: b})
		}
		if err != nil {
			return failf(exitData, "back up %s: %w", name, err)
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

func storeImportCommand(e *env) *cli.Command {
	return document(&cli.Command{
		Name:      "import",
		Usage:     "restore a device from a backup into an empty data folder",
		ArgsUsage: "FILE",
		Description: "FILE was made by kreidfeuer store export and may be - for standard input. The data\n" +
			"folder must be empty or new; a backup that is damaged or not whole leaves nothing in\n" +
			"it. What was stored is checked while it is restored. A backup also says whom the device\n" +
			"trusts and what it is set to: restore none that a stranger gave you.\n\n" +
			"Without the device's key in the backup a new one is made: to its neighbours and\n" +
			"stations this is then another device. With it, the first one must never run again.\n\n" +
			"To take in warnings from others, use kreidfeuer carry import.\n\n" +
			"Examples:\n" +
			"  kreidfeuer store import device.kfbackup\n" +
			"  kreidfeuer store import --data /media/new/device device.kfbackup",
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 1, 1, "the backup to read"); err != nil {
				return err
			}
			d, err := e.dataDir(c)
			if err != nil {
				return err
			}
			r, err := e.restore(c, d, c.Args().First())
			if err != nil {
				return err
			}
			return e.printReport(&r)
		},
	}, exitOK, exitNo, exitUsage, exitData, exitBusy, exitSystem)
}

func (e *env) restore(c *cli.Context, d dataDir, name string) (report apitype.StoreReport, err error) {
	if entries, err := os.ReadDir(d.path); err == nil && len(entries) > 0 {
		return report, failf(exitData, "%s is not empty", d.path).hintf("name an empty or new folder with --data DIR")
	}
	in := e.stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return report, failf(exitUsage, "%w", err)
		}
		defer f.Close()
		in = f
	}
	bar := e.progress("import", 0)
	defer bar.end()
	r, err := backup.NewReader(bar.reader(in))
	if err != nil {
		return report, failf(exitUsage, "%s: %w", inputName(name), err)
	}
	files := map[string][]byte{}
	found, err := persist.Restore(c.Context, d.store(), stored(r, files), nil)
	if err != nil {
		_ = os.RemoveAll(d.store()) // of the folder that was empty
		_ = os.Remove(d.path)
		code := exitData
		if errors.Is(err, persist.ErrFull) {
			code = exitSystem
		}
		return report, failf(code, "%s: %w", inputName(name), err).hintf("nothing was restored")
	}
	if err := e.restoreFiles(d, files); err != nil {
		return report, err
	}
	return node.DescribeReport(found, true), nil
}

// stored yields the values of a backup and gathers its files.
func stored(r *backup.Reader, files map[string][]byte) iter.Seq2[persist.Pair, error] {
	return func(yield func(persist.Pair, error) bool) {
		for {
			one, err := r.Next()
			if errors.Is(err, io.EOF) {
				return
			}
			if err == nil && one.Kind == backup.File {
				files[one.Name] = one.Content
				continue
			}
			if !yield(persist.Pair{Key: one.Name, Value: one.Content}, err) || err != nil {
				return
			}
		}
	}
}

// restoreFiles writes the files that a data folder may hold, the configuration
// last: it says that the folder is whole.
func (e *env) restoreFiles(d dataDir, files map[string][]byte) error {
	if err := os.MkdirAll(d.pins(), 0o700); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	for name, content := range files {
		pin, isPin := strings.CutPrefix(name, "pins/")
		if !isPin && name != "device.key" || isPin && (!fs.ValidPath(pin) || strings.ContainsAny(pin, `/\`)) {
			continue
		}
		if err := e.createFile(filepath.Join(d.path, filepath.FromSlash(name)), content, 0o600); err != nil {
			return err
		}
	}
	if _, ok := files["device.key"]; !ok {
		if err := e.initDeviceKey(d); err != nil {
			return err
		}
		e.warnf("the backup holds no device key: a new one was made, and to its neighbours and stations this is another device")
	}
	if content, ok := files["config.json"]; ok {
		return e.createFile(d.config(), content, 0o600)
	}
	return failf(exitData, "the backup holds no configuration").hintf("kreidfeuer init --data %s makes one", d.path)
}

package store

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

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/datadir"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/node"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/persist"
	"github.com/kreidfeuer/kreidfeuer/persist/backup"
)

func storeImportCommand(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
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
			if err := command.WantArgs(c, 1, 1, "the backup to read"); err != nil {
				return err
			}
			d, err := datadir.Find(e, c)
			if err != nil {
				return err
			}
			r, err := restore(e, c, d, c.Args().First())
			if err != nil {
				return err
			}
			return printReport(e, &r)
		},
	}, exit.OK, exit.No, exit.Usage, exit.Data, exit.Busy, exit.System)
}

func restore(e *shell.Env, c *cli.Context, d datadir.Dir, name string) (report apitype.StoreReport, err error) {
	if entries, err := os.ReadDir(d.Path); err == nil && len(entries) > 0 {
		return report, exit.Errorf(exit.Data, "%s is not empty", d.Path).Hintf("name an empty or new folder with --data DIR")
	}
	in := e.Stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return report, exit.Errorf(exit.Usage, "%w", err)
		}
		defer f.Close()
		in = f
	}
	bar := e.Progress("import", 0)
	defer bar.End()
	r, err := backup.NewReader(bar.Reader(in))
	if err != nil {
		return report, exit.Errorf(exit.Usage, "%s: %w", shell.InputName(name), err)
	}
	files := map[string][]byte{}
	found, err := persist.Restore(c.Context, d.Store(), stored(r, files), nil)
	if err != nil {
		_ = os.RemoveAll(d.Store()) // of the folder that was empty
		_ = os.Remove(d.Path)
		code := exit.Data
		if errors.Is(err, persist.ErrFull) {
			code = exit.System
		}
		return report, exit.Errorf(code, "%s: %w", shell.InputName(name), err).Hintf("nothing was restored")
	}
	if err := restoreFiles(e, d, files); err != nil {
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
func restoreFiles(e *shell.Env, d datadir.Dir, files map[string][]byte) error {
	if err := os.MkdirAll(d.Pins(), 0o700); err != nil {
		return fmt.Errorf("restore: %w", err)
	}
	for name, content := range files {
		pin, isPin := strings.CutPrefix(name, "pins/")
		if !isPin && name != "device.key" || isPin && (!fs.ValidPath(pin) || strings.ContainsAny(pin, `/\`)) {
			continue
		}
		if err := e.CreateFile(filepath.Join(d.Path, filepath.FromSlash(name)), content, 0o600); err != nil {
			return err
		}
	}
	if _, ok := files["device.key"]; !ok {
		if err := datadir.MakeKey(e, d); err != nil {
			return err
		}
		e.Warnf("the backup holds no device key: a new one was made, and to its neighbours and stations this is another device")
	}
	if content, ok := files["config.json"]; ok {
		return e.CreateFile(d.Config(), content, 0o600)
	}
	return exit.Errorf(exit.Data, "the backup holds no configuration").Hintf("kreidfeuer init --data %s makes one", d.Path)
}

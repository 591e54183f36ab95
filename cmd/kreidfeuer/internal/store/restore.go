package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

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
	}, exit.OK, exit.No, exit.Usage, exit.Data, exit.Busy, exit.System, exit.Aborted)
}

func restore(e *shell.Env, c *cli.Context, d datadir.Dir, name string) (report apitype.StoreReport, err error) {
	if !empty(d) {
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
	ctx, stop := signal.NotifyContext(c.Context, os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // who asks again does not wait
	bar := e.Progress("import", 0)
	defer bar.End()
	r, err := backup.NewReader(bar.Reader(until(ctx, in)))
	if ctx.Err() != nil {
		return report, shell.ErrAborted
	}
	if err != nil {
		return report, exit.Errorf(exit.Usage, "%s: %w", shell.InputName(name), err)
	}
	files := map[string][]byte{}
	found, err := persist.Restore(ctx, d.Store(), stored(r, files), nil)
	switch {
	case errors.As(err, new(*persist.LockedError)):
		return report, Failure(e, d, err)
	case err != nil && ctx.Err() != nil:
		clearAway(d)
		return report, exit.Errorf(exit.Aborted, "aborted").Hintf("nothing was restored")
	case err != nil:
		clearAway(d)
		code := exit.Data
		if errors.Is(err, persist.ErrFull) || errors.As(err, new(*fs.PathError)) {
			code = exit.System
		}
		return report, exit.Errorf(code, "%s: %w", shell.InputName(name), err).Hintf("nothing was restored")
	}
	err = restoreFiles(e, d, files)
	if err != nil && !errors.Is(err, errNoConfig) {
		for _, path := range []string{d.Config(), filepath.Join(d.Path, "device.key"), d.Pins(), d.Store()} {
			_ = os.RemoveAll(path) // what went wrong counts
		}
		clearAway(d)
		return report, exit.Errorf(exit.System, "%s: %w", shell.InputName(name), err).Hintf("nothing was restored")
	}
	if err != nil {
		return report, exit.Errorf(exit.Data, "%w", err).Hintf("all else is restored; kreidfeuer init --data %s makes one", d.Path)
	}
	return node.DescribeReport(found, true), nil
}

// until reads from in until ctx ends, also while nothing comes.
func until(ctx context.Context, in io.Reader) io.Reader {
	r, w := io.Pipe()
	go func() {
		_, err := io.Copy(w, in)
		w.CloseWithError(err)
	}()
	context.AfterFunc(ctx, func() { w.CloseWithError(ctx.Err()) })
	return r
}

// unstored reports whether the store's folder is not there, or holds nothing but
// what the making of a store leaves that was ended too soon.
func unstored(d datadir.Dir) bool {
	left, err := os.ReadDir(d.Store())
	more := func(e fs.DirEntry) bool { return e.Name() != "lock" && e.Name() != "new" }
	return errors.Is(err, fs.ErrNotExist) || err == nil && !slices.ContainsFunc(left, more)
}

// empty reports whether the data folder holds nothing, or nothing but what a
// restore that was killed has left.
func empty(d datadir.Dir) bool {
	entries, err := os.ReadDir(d.Path)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	if len(entries) == 0 {
		return true
	}
	return len(entries) == 1 && filepath.Join(d.Path, entries[0].Name()) == d.Store() && unstored(d)
}

// clearAway removes the folders that a restore has made and left empty; a store
// that another process has made meanwhile stays.
func clearAway(d datadir.Dir) {
	if empty(d) {
		_ = errors.Join(os.RemoveAll(d.Store()), os.Remove(d.Path)) // what went wrong counts
	}
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
	return errNoConfig
}

var errNoConfig = errors.New("the backup holds no configuration")

package shell

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
)

// StreamFile replaces the file at path with what write gives: after a crash or
// an error it holds the old content or the new one. Devices and pipes are written to as they are.
func (e *Env) StreamFile(path string, perm fs.FileMode, write func(io.Writer) error) error {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return exit.Errorf(exit.Usage, "write %s: it is a folder", path)
	}
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return exit.Errorf(exit.System, "write %s: %w", path, err)
		}
		return errors.Join(write(f), f.Close())
	}
	temp, err := e.writeTemp(path, perm, write)
	if err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(temp))
	}
	return SyncFolder(filepath.Dir(path))
}

// writeTemp writes durably to a new file beside path, in the same file system, and
// returns its name.
func (e *Env) writeTemp(path string, perm fs.FileMode, write func(io.Writer) error) (temp string, err error) {
	suffix := make([]byte, 6)
	if _, err := io.ReadFull(e.Random, suffix); err != nil {
		return "", fmt.Errorf("write %s: %w", path, err)
	}
	temp = filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"."+hex.EncodeToString(suffix)+".tmp")
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return "", exit.Errorf(exit.System, "write %s: %w", path, err)
	}
	if err = write(f); err == nil {
		err = f.Sync()
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(temp))
	}
	return temp, nil
}

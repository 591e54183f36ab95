package datadir

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
)

// Make makes the data folder unless it is there. The configuration comes
// last and says that the folder is whole: what an interrupted run left is
// completed by the next one. A device that has lost its configuration gets
// cfg, and its Lost says so.
func Make(e *shell.Env, d Dir, cfg Config) (made bool, err error) {
	if _, err := os.Stat(d.Config()); err == nil {
		if _, err := d.OpenDevice(); err != nil {
			return false, err // without it, no way of mending the configuration helps
		}
		_, err := d.OpenConfig()
		return false, err
	}
	if _, err := os.Stat(d.deviceKey()); err == nil && d.wasUsed() {
		return false, d.remake(e, cfg)
	}
	if err := d.checkFree(); err != nil {
		return false, err
	}
	if err := os.MkdirAll(d.Pins(), 0o700); err != nil {
		return false, exit.Errorf(exit.System, "make the data folder: %w", err)
	}
	if err := os.Chmod(d.Path, 0o700); err != nil {
		return false, exit.Errorf(exit.System, "make the data folder private: %w", err)
	}
	if err := MakeKey(e, d); err != nil {
		return false, err
	}
	return true, d.writeConfig(e, &cfg)
}

// remake gives a device that has lost its configuration another one.
func (d Dir) remake(e *shell.Env, cfg Config) error {
	if _, err := d.OpenDevice(); err != nil {
		return err
	}
	if err := os.MkdirAll(d.Pins(), 0o700); err != nil {
		return exit.Errorf(exit.System, "make the data folder: %w", err)
	}
	cfg.Lost = missingConfig()
	return d.writeConfig(e, &cfg)
}

// MakeKey makes the device's key unless it is there.
func MakeKey(e *shell.Env, d Dir) error {
	if _, err := os.Stat(d.deviceKey()); err == nil {
		_, err := d.OpenDevice()
		return err
	}
	_, key, err := ed25519.GenerateKey(e.Random)
	if err != nil {
		return fmt.Errorf("make the device key: %w", err)
	}
	b, err := Device{Key: key}.encode()
	if err != nil {
		return fmt.Errorf("make the device key: %w", err)
	}
	return e.CreateFile(d.deviceKey(), b, 0o600)
}

// checkFree refuses a folder that holds something else, or a device that has
// lost its key.
func (d Dir) checkFree() error {
	entries, err := os.ReadDir(d.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return exit.Errorf(exit.Data, "read the data folder: %w", err)
	}
	for _, entry := range entries {
		switch name := entry.Name(); {
		case name == "device.key" || name == "pins" || strings.HasSuffix(name, ".tmp") || strings.HasPrefix(name, damagedName):
		case name == "store":
			return exit.Errorf(exit.Data, "%s holds a store but no config.json and no device.key", d.Path).
				Hintf("restore device.key from a backup, or name another folder with --data DIR: without it this is another device")
		default:
			return exit.Errorf(exit.Data, "%s holds other files (%s) and no device", d.Path, name).
				Hintf("name an empty or new folder with --data DIR")
		}
	}
	return nil
}

package datadir

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
)

// settings are the names of what a person may set, as config.json spells them.
var settings = []string{"name", "listen", "peers", "places"}

// Loss is what a damaged or missing config.json has cost. The device says so until
// a person has set the settings again.
type Loss struct {
	Settings []string `json:"settings"`       // these are at their defaults
	Why      string   `json:"why"`            // for people, in one line
	Kept     string   `json:"kept,omitempty"` // the damaged file's name in the data folder

	// First is what a person must do before settings can be set again, as this
	// configuration is in memory alone; empty: nothing.
	First string `json:"-"`
}

func missingConfig() *Loss { return &Loss{Settings: settings, Why: "config.json was missing"} }

// Mend returns the configuration of a device that must start without a person. A
// device that has its key but no config.json that can be read gets another one: what
// is good of it, and the defaults for the rest, which its Lost names. The damaged
// file is kept beside. Where nothing can be written, and over the file of a newer
// program, nothing is. In a folder that holds no device found is false.
func Mend(e *shell.Env, d Dir, defaults Config) (cfg Config, found bool) {
	b, unread := os.ReadFile(d.Config())
	why := unread
	if unread == nil {
		if cfg, why = parseConfig(b); why == nil {
			return cfg, true
		}
	}
	if _, err := d.OpenDevice(); err != nil || errors.Is(unread, fs.ErrNotExist) && !d.wasUsed() {
		return Config{}, false
	}
	cfg, lost := salvageConfig(b, defaults)
	cfg.Lost = &Loss{Settings: lost, Why: "config.json: " + shell.OneLine(why.Error())}
	switch {
	case errors.Is(unread, fs.ErrNotExist):
		cfg.Lost = missingConfig()
	case unread != nil:
		cfg.Lost.First = "make config.json readable, or move it away"
		return cfg, true
	case errors.As(why, new(*newerError)):
		cfg.Lost.First = "install the newer kreidfeuer, or move config.json away"
		return cfg, true
	}
	if err := d.replaceDamaged(e, b, &cfg); err != nil {
		cfg.Lost.Why += "; no other one can be written: " + shell.OneLine(err.Error())
		cfg.Lost.First = "make the data folder writable, with room on its disk"
	}
	return cfg, true
}

// replaceDamaged keeps what config.json held, if there was one, and writes another.
func (d Dir) replaceDamaged(e *shell.Env, b []byte, cfg *Config) (err error) {
	if b != nil { // an empty file is not nil
		if cfg.Lost.Kept, err = d.keepDamaged(e, b); err != nil {
			return err
		}
	}
	return d.writeConfig(e, cfg)
}

// salvageConfig takes what is good of a damaged configuration, and says which
// settings are lost. A list with one bad entry is lost as a whole: without places
// every warning concerns the device, with too few of them too few do.
func salvageConfig(b []byte, defaults Config) (c Config, lost []string) {
	var found map[string]json.RawMessage
	_ = json.NewDecoder(bytes.NewReader(b)).Decode(&found) // of what is no JSON, all is lost
	c = defaults
	for _, name := range settings {
		raw, ok := found[name]
		with := c
		if ok {
			one, err := json.Marshal(map[string]json.RawMessage{name: raw})
			ok = err == nil && json.Unmarshal(one, &with) == nil && with.Check() == nil
		}
		if !ok {
			lost = append(lost, name)
			continue
		}
		c = with
	}
	var before Loss // of a damage that nobody has mended yet
	_ = json.Unmarshal(found["lost"], &before)
	for _, name := range before.Settings {
		if slices.Contains(settings, name) && !slices.Contains(lost, name) {
			lost = append(lost, name)
		}
	}
	return c, lost
}

// damagedName is what a damaged config.json is kept as; further ones get a number.
const damagedName = "config.json.damaged"

// maxDamaged bounds the damaged files that are kept: with more, the disk fails.
const maxDamaged = 100

// keepDamaged keeps a damaged configuration beside the one that replaces it.
func (d Dir) keepDamaged(e *shell.Env, b []byte) (name string, err error) {
	name = damagedName
	for i := range maxDamaged {
		old, err := os.ReadFile(filepath.Join(d.Path, name))
		if err == nil && bytes.Equal(old, b) {
			return name, nil // the run before could not write the other one
		}
		if errors.Is(err, fs.ErrNotExist) {
			if err := e.CreateFile(filepath.Join(d.Path, name), b, 0o600); err != nil {
				return "", err
			}
			return name, nil
		}
		name = fmt.Sprintf("%s-%d", damagedName, i+2)
	}
	return "", fmt.Errorf("%d damaged ones are in %s already", maxDamaged, d.Path)
}

func (d Dir) writeConfig(e *shell.Env, cfg *Config) error {
	b, err := cfg.Encode()
	if err != nil {
		return err
	}
	return e.WriteFile(d.Config(), b, 0o600)
}

// wasUsed reports whether a device has run here or was made to trust somebody, so
// that it had a configuration.
func (d Dir) wasUsed() bool {
	if _, err := os.Stat(d.Store()); err == nil {
		return true
	}
	pins, err := os.ReadDir(d.Pins())
	return err == nil && slices.ContainsFunc(pins, func(p fs.DirEntry) bool { return strings.HasSuffix(p.Name(), ".json") })
}

// newerError is that a newer program wrote the configuration.
type newerError struct{ schema int }

func (e *newerError) Error() string {
	return fmt.Sprintf("written by a newer version (schema %d, this program reads %d)", e.schema, ConfigSchema)
}

// damagedConfig is the error of a configuration that cannot be read, for whoever
// can ask a person.
func (d Dir) damagedConfig(err error) error {
	f := exit.Errorf(exit.Data, "%s: %w", d.Config(), err)
	if errors.As(err, new(*newerError)) {
		return f.Hintf("install the newer kreidfeuer; nothing was changed")
	}
	return f.Hintf("correct the file; or start kreidfeuer up: it goes on with what is good of it, and keeps the file as %s", damagedName)
}

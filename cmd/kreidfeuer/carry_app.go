package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/web"
)

func carryAppCommand(e *env) *cli.Command {
	return document(&cli.Command{
		Name:      "app",
		Usage:     "write the program itself into a folder, for people who have no internet",
		ArgsUsage: "DIR",
		Description: "Writes the program's files with their checksums, how to install them in German and\n" +
			"English, and, of the roots that this device has pinned, their files and a poster with\n" +
			"their fingerprints. All names fit a stick with FAT32. Nothing else in DIR is touched.\n\n" +
			"Whoever gets the stick should compare checksum and fingerprint with a second source:\n" +
			"the poster that hangs in the town hall, a device that is trusted already.\n\n" +
			"Examples:\n" +
			"  kreidfeuer carry app /media/stick\n" +
			"  kreidfeuer carry app /media/stick --app dist",
		Flags: []cli.Flag{
			&cli.StringFlag{Name: "app", Usage: "the program's files are in `DIR`, as make dist makes them", DefaultText: "this program itself, for its own platform"},
		},
		Action: func(c *cli.Context) error {
			if err := wantArgs(c, 1, 1, "the folder"); err != nil {
				return err
			}
			return e.carryApp(c, c.Args().First())
		},
	}, exitOK, exitUsage, exitData, exitSystem)
}

func (e *env) carryApp(c *cli.Context, dir string) error {
	apps, err := ownApp()
	if from := c.String("app"); from != "" {
		apps, err = web.OpenApps(from)
	}
	if err != nil {
		return failf(exitData, "%w", err)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return failf(exitSystem, "%w", err)
	}
	for _, a := range apps.Files() {
		if err := copyApp(a, dir); err != nil {
			return failf(exitSystem, "write %s: %w", a.Name, err).hintf("is there room on the stick?")
		}
		e.printf("%s\t%x\n", a.Name, a.Sum)
	}
	pages, err := e.appPages(c, apps)
	if err != nil {
		return err
	}
	for _, p := range pages {
		if err := e.writeFile(filepath.Join(dir, p.name), p.content, 0o666); err != nil {
			return failf(exitSystem, "%w", err).hintf("is there room on the stick?")
		}
		e.printf("%s\n", p.name)
	}
	return nil
}

// copyApp copies a file of the program and reads it back: sticks lie.
func copyApp(a web.App, dir string) error {
	to := filepath.Join(dir, a.Name)
	if same, err := os.Stat(to); err == nil {
		if from, err := os.Stat(a.Path); err == nil && os.SameFile(same, from) {
			return nil
		}
	}
	in, err := os.Open(a.Path)
	if err != nil {
		return err
	}
	defer in.Close()
	part := to + ".part"
	if err := copySynced(part, in); err != nil {
		return errors.Join(err, os.Remove(part))
	}
	sum, err := sumOf(part)
	if err == nil && sum != a.Sum {
		err = errors.New("what was written reads back differently")
	}
	if err != nil {
		return errors.Join(err, os.Remove(part))
	}
	if err := os.Rename(part, to); err != nil {
		return err
	}
	return syncFolder(dir)
}

func copySynced(path string, in io.Reader) error {
	out, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o777) // to be started
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}

func sumOf(path string) (sum [sha256.Size]byte, err error) {
	f, err := os.Open(path)
	if err != nil {
		return sum, err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return [sha256.Size]byte(h.Sum(nil)), err
}

type namedContent struct {
	name    string
	content []byte
}

// appPages are what lies beside the program's files.
func (e *env) appPages(c *cli.Context, apps *web.Apps) ([]namedContent, error) {
	pages := []namedContent{{web.SumsName, apps.Sums()}}
	for name, language := range map[string]string{"LIESMICH.html": "de", "README.html": "en"} {
		var b bytes.Buffer
		if err := web.WriteApps(&b, apps, language); err != nil {
			return nil, err
		}
		pages = append(pages, namedContent{name, b.Bytes()})
	}
	d, err := e.dataDir(c)
	if err != nil {
		return nil, err
	}
	pins, err := d.readPins()
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(pins) == 0 {
		e.warnf("this device has pinned no root: the stick has no poster")
		return pages, nil
	}
	if err != nil {
		return nil, err
	}
	var roots []apitype.Root
	for i, p := range pins {
		r, err := identity.ParseRoot(p.root)
		if err != nil {
			return nil, failf(exitData, "pinned root: %w", err)
		}
		roots = append(roots, apitype.Root{Name: r.Name, Fingerprint: identity.Fingerprint(p.root.Domain())})
		text, err := armor(append(p.objects, p.root)...)
		if err != nil {
			return nil, err
		}
		pages = append(pages, namedContent{fmt.Sprintf("root-%d.pem", i+1), text})
	}
	var b bytes.Buffer
	if err := web.WritePoster(&b, roots); err != nil {
		return nil, err
	}
	return append(pages, namedContent{"PLAKAT.html", b.Bytes()}), nil
}

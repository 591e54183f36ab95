package carry

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/armor"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/datadir"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/trust"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/web"
)

// App is "carry app".
func App(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
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
			if err := command.WantArgs(c, 1, 1, "the folder"); err != nil {
				return err
			}
			return carryApp(e, c, c.Args().First())
		},
	}, exit.OK, exit.Usage, exit.Data, exit.System)
}

func carryApp(e *shell.Env, c *cli.Context, dir string) error {
	apps, err := OwnApp()
	if from := c.String("app"); from != "" {
		apps, err = web.OpenApps(from)
	}
	if err != nil {
		return exit.Errorf(exit.Data, "%w", err)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return stickFault("the stick", err)
	}
	pages, err := appPages(e, c, apps)
	if err != nil {
		return err
	}
	stick, err := os.OpenRoot(dir) // links on a stranger's stick lead nowhere else
	if err != nil {
		return exit.Errorf(exit.System, "%w", err)
	}
	defer stick.Close()
	out := handedOnJSON{Schema: "kreidfeuer.handed-on/1", Folder: dir, Files: []handedOnFile{}}
	for _, a := range apps.Files() {
		if err := copyApp(a, stick); err != nil {
			return stickFault("write "+a.Name, err)
		}
		out.Files = append(out.Files, handedOnFile{a.Name, hex.EncodeToString(a.Sum[:])})
	}
	for _, p := range pages {
		if err := writeOnto(stick, p.name, 0o666, bytes.NewReader(p.content), sha256.Sum256(p.content)); err != nil {
			return stickFault("write "+p.name, err)
		}
		out.Files = append(out.Files, handedOnFile{Name: p.name})
	}
	if err := shell.SyncFolder(dir); err != nil {
		return stickFault("the stick", err)
	}
	if e.JSON {
		return e.PrintJSON(out)
	}
	for _, f := range out.Files {
		e.Printf("%s\n", strings.TrimSuffix(f.Name+"\t"+f.Sum, "\t"))
	}
	return nil
}

// stickFault says what a person can do about a stick that cannot be written to.
func stickFault(what string, err error) error {
	f := exit.Errorf(exit.System, "%s: %w", what, err)
	switch {
	case errors.As(err, &f):
		return f
	case shell.IsFull(err):
		return f.Hintf("the stick is full: free some space on it and try again")
	case shell.IsReadOnly(err), errors.Is(err, fs.ErrPermission):
		return f.Hintf("the stick cannot be written to: look for a switch on it, or mount it for writing")
	case shell.IsGone(err):
		return f.Hintf("the stick is gone or broken: plug it in again and repeat")
	}
	return f
}

// handedOnJSON is what carry app prints with --json.
type handedOnJSON struct {
	Schema string         `json:"schema"` // kreidfeuer.handed-on/1
	Folder string         `json:"folder"`
	Files  []handedOnFile `json:"files"`
}

// handedOnFile is a file written; Sum is the SHA-256 of one of the program.
type handedOnFile struct {
	Name string `json:"name"`
	Sum  string `json:"sha256,omitempty"`
}

// copyApp copies a file of the program, unless it lies there already.
func copyApp(a web.App, stick *os.Root) error {
	if same, err := stick.Lstat(a.Name); err == nil {
		if from, err := os.Stat(a.Path); err == nil && os.SameFile(same, from) {
			return nil
		}
	}
	in, err := os.Open(a.Path)
	if err != nil {
		return exit.Errorf(exit.Data, "%w", err) // it is not the stick's fault
	}
	defer in.Close()
	return writeOnto(stick, a.Name, 0o777, in, a.Sum) // to be started
}

// writeOnto replaces a file, and reads it back before: sticks lie.
func writeOnto(stick *os.Root, name string, perm fs.FileMode, in io.Reader, want [sha256.Size]byte) error {
	part := name + ".part"
	if err := stick.Remove(part); err != nil && !errors.Is(err, fs.ErrNotExist) { // of a stick that was pulled, or a link
		return err
	}
	if err := copySynced(stick, part, perm, in); err != nil {
		return errors.Join(err, stick.Remove(part))
	}
	sum, err := sumOf(stick, part)
	if err == nil && sum != want {
		err = errors.New("what was written reads back differently")
	}
	if err == nil {
		err = stick.Rename(part, name)
	}
	if err != nil {
		return errors.Join(err, stick.Remove(part))
	}
	return nil
}

func copySynced(stick *os.Root, name string, perm fs.FileMode, in io.Reader) error {
	out, err := stick.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}

func sumOf(stick *os.Root, name string) (sum [sha256.Size]byte, err error) {
	f, err := stick.Open(name)
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
func appPages(e *shell.Env, c *cli.Context, apps *web.Apps) ([]namedContent, error) {
	pages := []namedContent{{web.SumsName, apps.Sums()}}
	for name, language := range map[string]string{"LIESMICH.html": "de", "README.html": "en"} {
		var b bytes.Buffer
		if err := web.WriteApps(&b, apps, language); err != nil {
			return nil, err
		}
		pages = append(pages, namedContent{name, b.Bytes()})
	}
	d, err := datadir.Find(e, c)
	if err != nil {
		return nil, err
	}
	pins, err := trust.ReadPins(d)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(pins) == 0 {
		e.Warnf("this device has pinned no root: the stick has no poster")
		return pages, nil
	}
	if err != nil {
		return nil, err
	}
	var roots []apitype.Root
	for i, p := range pins {
		r, err := identity.ParseRoot(p.Root)
		if err != nil {
			return nil, exit.Errorf(exit.Data, "pinned root: %w", err)
		}
		roots = append(roots, apitype.Root{Name: r.Name, Fingerprint: identity.Fingerprint(p.Root.Domain())})
		text, err := armor.Encode(append(p.Objects, p.Root)...)
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

package carry

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"os"

	"github.com/urfave/cli/v2"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/armor"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/command"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/device"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/shell"
	"github.com/kreidfeuer/kreidfeuer/gossip/bundle"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// Import is "carry import".
func Import(e *shell.Env) *cli.Command {
	return command.Document(&cli.Command{
		Name:      "import",
		Usage:     "read bundles in: each warning is judged as if it came over the network",
		ArgsUsage: "FILE...",
		Description: "Reads bundles, single signed objects and pictures with frames; - is standard input. Of\n" +
			"a damaged file, everything that is whole is read, and the damage is told with its\n" +
			"place. It works whether the device is running or not.\n\n" +
			"Examples:\n" +
			"  kreidfeuer carry import /media/stick/warnings.kfb\n" +
			"  kreidfeuer carry import --json *.kfb | jq .accepted",
		Action: func(c *cli.Context) error {
			if err := command.WantArgs(c, 1, 1000, "files to read"); err != nil {
				return err
			}
			return With(e, c, false, func(ctx context.Context, dev Device) error {
				return importFiles(ctx, e, dev, c.Args().Slice())
			})
		},
	}, exit.OK, exit.No, exit.Usage, exit.Trust, exit.Data, exit.Busy, exit.System)
}

// importedJSON is what carry import prints with --json, a line for each file.
type importedJSON struct {
	apitype.Imported
	File string `json:"file"`
}

// importFiles reads all files, whatever is wrong with one of them, and ends with
// the first thing that was wrong.
func importFiles(ctx context.Context, e *shell.Env, dev Device, names []string) error {
	var first error
	note := func(err error) {
		if first == nil {
			first = err
		} else if err != nil && exit.Classify(err).Err != nil {
			e.Warnf("%v", err)
		}
	}
	pictures := newPictures()
	for _, name := range names {
		in, err := openCarried(e, name)
		if err != nil {
			note(err)
			continue
		}
		if IsPicture(in.head) {
			note(pictures.read(ctx, name, in))
		} else {
			note(importOne(ctx, e, dev, name, in))
		}
		in.Close()
	}
	if len(pictures.names) > 0 {
		note(importPictures(ctx, e, dev, pictures))
	}
	return first
}

func importOne(ctx context.Context, e *shell.Env, dev Device, name string, in *carriedFile) error {
	bar := e.Progress(shell.InputName(name), in.size)
	m, err := dev.ImportBundle(ctx, bar.Reader(in))
	bar.End()
	if err != nil {
		return carryError(shell.InputName(name), err)
	}
	if e.JSON {
		err = e.PrintJSON(importedJSON{m, name})
	} else {
		e.Table(e.Stdout, append([]string{"file\t" + shell.InputName(name)}, ImportRows(&m)...))
	}
	if err == nil && in.broken != nil {
		return exit.Errorf(exit.System, "read %s: %w", shell.InputName(name), in.broken).Hintf("what was read before that is taken in; try another port or copy of the file")
	}
	if err == nil {
		err = ImportVerdict(&m)
	}
	return err
}

// carryError says in which file a device found what it cannot read.
func carryError(name string, err error) error {
	f := exit.Classify(device.Error(err))
	if f.Err == nil {
		return f
	}
	return &exit.Failure{Code: f.Code, Err: fmt.Errorf("%s: %w", name, f.Err), Hint: f.Hint}
}

// carriedFile is a bundle to read. An error of the disk ends it like a cut: the
// device then tells what it has taken in.
type carriedFile struct {
	io.Reader
	head   []byte
	size   int64 // bytes; 0: unknown
	close  func() error
	broken error
}

func (f *carriedFile) Read(b []byte) (int, error) {
	n, err := f.Reader.Read(b)
	if err != nil && err != io.EOF {
		f.broken, err = err, io.EOF
	}
	return n, err
}

func (f *carriedFile) Close() error {
	if f.close == nil {
		return nil
	}
	return f.close()
}

// openCarried opens a file and looks at its first bytes. A single signed object,
// as text or binary, is read as a bundle of it.
func openCarried(e *shell.Env, name string) (*carriedFile, error) {
	f := &carriedFile{Reader: e.Stdin}
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, exit.Errorf(exit.Usage, "%w", err)
		}
		f.Reader, f.close = file, file.Close
		info, err := file.Stat()
		if err == nil && info.IsDir() {
			file.Close()
			return nil, exit.Errorf(exit.Usage, "%s is a folder", name).Hintf("kreidfeuer carry sync exchanges with a folder")
		}
		if err == nil && info.Mode().IsRegular() {
			f.size = info.Size()
		}
	}
	buffered := bufio.NewReaderSize(f.Reader, 64<<10)
	f.Reader = buffered
	f.head, _ = buffered.Peek(len(bundle.Magic))
	if !isObject(f.head) {
		return f, nil
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(buffered, shell.MaxInput))
	if err != nil {
		return nil, exit.Errorf(exit.System, "read %s: %w", shell.InputName(name), err)
	}
	objects, err := armor.Decode(data)
	if err != nil {
		return nil, exit.Errorf(exit.Usage, "read %s: %w", shell.InputName(name), err)
	}
	var envelopes [][]byte
	for _, o := range objects {
		envelopes = append(envelopes, o.EncodeFull())
	}
	b, err := Packed(envelopes)
	return &carriedFile{Reader: bytes.NewReader(b)}, err
}

// isObject reports whether a file that begins with head is an envelope or its
// armor.
func isObject(head []byte) bool {
	return bytes.HasPrefix(head, []byte{0xd8, 98}) || bytes.HasPrefix(head, []byte("-----BEGIN "))
}

// Packed makes a bundle of envelopes that did not come in one.
func Packed(envelopes [][]byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := bundle.NewWriter(&b, bundle.Header{})
	if err != nil {
		return nil, err
	}
	for _, raw := range envelopes {
		if err := w.Write(raw); err != nil {
			return nil, err
		}
	}
	err = w.Close()
	return b.Bytes(), err
}

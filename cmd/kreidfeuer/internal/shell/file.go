package shell

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/kreidfeuer/kreidfeuer/cmd/kreidfeuer/internal/exit"
)

// MaxInput bounds what a command reads of one file or of standard input: the
// largest CAP document twice over.
const MaxInput = 16 << 20

// ReadInput reads a file, or standard input if name is "-".
func (e *Env) ReadInput(name string) ([]byte, error) {
	in := e.Stdin
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			return nil, exit.Errorf(exit.Usage, "%w", err)
		}
		defer f.Close()
		in = f
	}
	b, err := io.ReadAll(io.LimitReader(in, MaxInput+1))
	if err != nil {
		return nil, exit.Errorf(exit.Usage, "read %s: %w", InputName(name), err)
	}
	if len(b) > MaxInput {
		return nil, exit.Errorf(exit.Usage, "read %s: more than %d MiB", InputName(name), MaxInput>>20)
	}
	return b, nil
}

// InputName is a file's name for people. Whoever made a stick has chosen its names:
// they must not move a terminal's cursor or begin lines of their own.
func InputName(name string) string {
	if name == "-" {
		return "standard input"
	}
	return OneLine(name)
}

// WriteOutput writes a command's result to the file out, at once or not at all;
// without out, or with "-", to standard output.
func (e *Env) WriteOutput(out string, data []byte) error {
	if out != "" && out != "-" {
		return e.WriteFile(out, data, 0o666)
	}
	_, err := e.Stdout.Write(data)
	return err
}

// WriteFile replaces the file at path with data: after a crash it holds the old
// content or the new one. Devices and pipes are written to as they are.
func (e *Env) WriteFile(path string, data []byte, perm fs.FileMode) error {
	return e.StreamFile(path, perm, writing(data))
}

// writing gives data to a function that takes it bit by bit.
func writing(data []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	}
}

// CreateFile is WriteFile for a file that must not exist yet, such as a key's.
func (e *Env) CreateFile(path string, data []byte, perm fs.FileMode) error {
	if _, err := os.Lstat(path); err == nil {
		return existing(path)
	}
	temp, err := e.writeTemp(path, perm, writing(data))
	if err != nil {
		return err
	}
	// A link fails if the name has been taken meanwhile, a rename would not.
	// File systems of memory sticks have no links.
	err = os.Link(temp, path)
	if err == nil || errors.Is(err, fs.ErrExist) {
		os.Remove(temp)
	} else {
		err = os.Rename(temp, path)
	}
	if errors.Is(err, fs.ErrExist) {
		return existing(path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(temp))
	}
	return SyncFolder(filepath.Dir(path))
}

// CheckNew refuses a name that a file has already: a root is not overwritten.
func CheckNew(path string) error {
	if info, err := os.Stat(path); path != "-" && err == nil && info.Mode().IsRegular() {
		return existing(path)
	}
	return nil
}

func existing(path string) error {
	return exit.Errorf(exit.Usage, "%s exists already and is not overwritten", path).Hintf("choose another name or move it away")
}

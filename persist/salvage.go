package persist

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// damagedFolder holds the last damaged database that [Salvage] replaced.
const damagedFolder = "damaged"

// Salvage makes a sound store of what can be read of the damaged one in dir. The
// damaged database is kept in the folder "damaged", in place of an earlier one;
// both share what was not damaged where the file system has hard links. Until
// the new database is whole the old one stays as it is. The report says what was
// found; a database of which nothing can be read is replaced by an empty one.
//
// Errors are [*LockedError], [*SchemaError], ErrFull and those of the file system.
func Salvage(ctx context.Context, dir string, progress func(done int)) (Report, error) {
	release, err := lockFolder(dir, holder())
	if err != nil {
		return Report{}, err
	}
	defer release()
	if err := checkFormat(dir); errors.As(err, new(*SchemaError)) {
		return Report{}, err
	}
	db, fresh := filepath.Join(dir, string(LevelDB)), filepath.Join(dir, newFolder)
	old := filepath.Join(dir, damagedFolder)
	source := db
	if _, err := os.Stat(db); errors.Is(err, fs.ErrNotExist) {
		source = old // a salvage was interrupted between the two renames
	}
	report, err := salvageInto(ctx, source, fresh, progress)
	if err != nil {
		return report, fmt.Errorf("salvage the store in %s: %w", dir, noSpace(err))
	}
	if source == db {
		if err := os.RemoveAll(old); err != nil {
			return report, fmt.Errorf("salvage: %w", err)
		}
		if err := os.Rename(db, old); err != nil {
			return report, fmt.Errorf("salvage: %w", err)
		}
	}
	if err := os.Rename(fresh, db); err != nil {
		return report, fmt.Errorf("salvage: %w", err)
	}
	if err := writeFormat(dir); err != nil {
		return report, fmt.Errorf("salvage: %w", noSpace(err))
	}
	return report, nil
}

// salvageInto makes a database in the folder fresh of the files in source.
func salvageInto(ctx context.Context, source, fresh string, progress func(int)) (Report, error) {
	if err := os.RemoveAll(fresh); err != nil {
		return Report{}, err
	}
	damage := checkLevel(source, keySchema)
	l, err := recoverLevel(source, fresh)
	if err != nil {
		return Report{}, err
	}
	s := &Store{ds: l, opt: Options{}.withDefaults()}
	report, err := s.Repair(ctx, progress)
	if closing := s.Close(); err == nil {
		err = closing
	}
	if damage != nil {
		report.found(fmt.Errorf("the database was damaged: %w", damage))
	}
	return report, err
}

// linkFile gives a file a second name, or copies it. Tables are never written
// again, and replaced by renaming; a file that cannot be read is left out.
func linkFile(name, to string, link bool) error {
	if link && os.Link(name, to) == nil {
		return nil
	}
	in, err := os.Open(name)
	if err != nil {
		return nil
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, onlyReadable{in})
	if err == nil {
		err = out.Sync()
	}
	if closing := out.Close(); err == nil {
		err = closing
	}
	return err
}

// onlyReadable ends a file at the first place that the disk cannot read.
type onlyReadable struct{ f *os.File }

func (r onlyReadable) Read(b []byte) (int, error) {
	n, err := r.f.Read(b)
	if err != nil {
		err = io.EOF
	}
	return n, err
}

package persist

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/syndtr/goleveldb/leveldb"
	"github.com/syndtr/goleveldb/leveldb/journal"
)

// checkLevel looks for damage in the database's folder without writing to it.
// goleveldb itself skips what it cannot read in a journal or manifest and then
// deletes the files that held it.
//
// A record that was cut short at the end of a journal is no damage: nobody was
// told that it is stored.
func checkLevel(dir string) error {
	current, err := os.ReadFile(filepath.Join(dir, "CURRENT"))
	if err != nil {
		return err
	}
	journals, err := filepath.Glob(filepath.Join(dir, "*.log"))
	if err != nil {
		return err
	}
	manifest := filepath.Join(dir, strings.TrimSpace(filepath.Base(string(current))))
	for _, name := range append(journals, manifest) {
		if err := checkJournal(name); err != nil {
			return fmt.Errorf("%s: %w", filepath.Base(name), err)
		}
	}
	o := levelOptions()
	o.ReadOnly = true
	db, err := leveldb.OpenFile(dir, o)
	if err != nil {
		return err
	}
	defer db.Close()
	return checkTables(dir, db)
}

// checkJournal reads all records of a journal or manifest.
func checkJournal(name string) error {
	f, err := os.Open(name)
	if err != nil {
		return err
	}
	defer f.Close()
	var hole firstDrop
	r := journal.NewReader(bufio.NewReader(f), &hole, false, true)
	for {
		record, err := r.Next()
		if err == nil {
			_, err = io.Copy(io.Discard, record)
		} else if errors.Is(err, io.EOF) {
			return nil
		}
		switch {
		case errors.Is(err, io.ErrUnexpectedEOF): // within a dropped record
		case err != nil:
			return err
		case hole.err != nil:
			return fmt.Errorf("damaged before its end: %w", hole.err)
		}
	}
}

// firstDrop remembers the first record that the reader could not use.
type firstDrop struct{ err error }

// Drop implements [journal.Dropper].
func (d *firstDrop) Drop(err error) {
	if d.err == nil {
		d.err = err
	}
}

// checkTables compares the tables that the database wants with the files there.
func checkTables(dir string, db *leveldb.DB) error {
	list, err := db.GetProperty("leveldb.sstables")
	if err != nil {
		return err
	}
	for line := range strings.Lines(list) {
		var num, size int64
		if n, _ := fmt.Sscanf(line, "%d:%d", &num, &size); n != 2 {
			continue // a heading
		}
		name := fmt.Sprintf("%06d.ldb", num)
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		if info.Size() != size {
			return fmt.Errorf("%s: %d bytes, want %d", name, info.Size(), size)
		}
	}
	return nil
}

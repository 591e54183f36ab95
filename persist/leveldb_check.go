package persist

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/syndtr/goleveldb/leveldb"
)

// checkLevel looks for damage in the database's folder without writing to it.
// goleveldb itself skips what it cannot read in a journal or manifest and then
// deletes the files that held it.
//
// Without the key want, if it is not empty, the database has lost all it held: none
// is named before it has its schema. Taken for a new one, it would be filled as
// if nothing had happened.
//
// A record that was cut short at the end of a journal is no damage: nobody was
// told that it is stored. checkJournal tells the two apart.
func checkLevel(dir, want string) error {
	manifest, err := currentManifest(dir)
	if err != nil {
		return err
	}
	journals, err := filepath.Glob(filepath.Join(dir, "*.log"))
	if err != nil {
		return err
	}
	for _, name := range append(journals, manifest) {
		if err := checkJournalFile(name); err != nil {
			return err
		}
	}
	o := levelOptions()
	o.ReadOnly = true
	db, err := leveldb.OpenFile(dir, o)
	if err != nil {
		return err
	}
	defer db.Close()
	if err := checkTables(dir, db); err != nil {
		return err
	}
	if held, err := db.Has([]byte(want), nil); want != "" && err == nil && !held {
		return errEmptied
	}
	return nil // opening the store says what is wrong with a single value
}

// errEmptied: a database of a store that holds nothing.
var errEmptied = errors.New("it holds nothing, not even its schema")

// currentManifest returns the name of the manifest in use.
func currentManifest(dir string) (string, error) {
	current, err := os.ReadFile(filepath.Join(dir, "CURRENT"))
	return filepath.Join(dir, strings.TrimSpace(filepath.Base(string(current)))), err
}

func checkJournalFile(name string) error {
	b, err := os.ReadFile(name) // at most a few write buffers long
	if err == nil {
		err = checkJournal(b)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(name), err)
	}
	return nil
}

// checkTables compares the tables that the database wants with the files there.
func checkTables(dir string, db *leveldb.DB) error {
	sizes, err := tableSizes(db)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(sizes)) {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		if info.Size() != sizes[name] {
			return fmt.Errorf("%s: %d bytes, want %d", name, info.Size(), sizes[name])
		}
	}
	return nil
}

// tableSizes returns the sizes of a database's tables by the names of their files.
func tableSizes(db *leveldb.DB) (map[string]int64, error) {
	list, err := db.GetProperty("leveldb.sstables")
	if err != nil {
		return nil, err
	}
	sizes := map[string]int64{}
	for line := range strings.Lines(list) {
		var num, size int64
		if n, _ := fmt.Sscanf(line, "%d:%d", &num, &size); n == 2 { // else a heading
			sizes[fmt.Sprintf("%06d.ldb", num)] = size
		}
	}
	return sizes, nil
}

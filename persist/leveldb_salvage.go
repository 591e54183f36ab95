package persist

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"os"
	"path/filepath"

	"github.com/syndtr/goleveldb/leveldb"
	"github.com/syndtr/goleveldb/leveldb/opt"
	"github.com/syndtr/goleveldb/leveldb/storage"
	"github.com/syndtr/goleveldb/leveldb/table"
)

// recoverLevel builds a database in the folder fresh of the tables and journals
// in source, as far as they can be read, or an empty one.
//
// Of a journal goleveldb drops what shares a block of 32 KiB with a damaged
// place. To look for whole records behind it would be an invitation: their bytes
// may stand in an envelope that a stranger wrote.
func recoverLevel(source, fresh string) (*level, error) {
	if err := os.MkdirAll(fresh, 0o700); err != nil {
		return nil, err
	}
	whole, err := recoverTables(source, fresh)
	if err != nil {
		return nil, err
	}
	patterns := []string{"*.log"}
	if whole {
		patterns = append(patterns, "CURRENT", "MANIFEST-*")
	}
	for _, pattern := range patterns {
		names, _ := filepath.Glob(filepath.Join(source, pattern)) // the pattern is well formed
		for _, name := range names {
			if err := linkFile(name, filepath.Join(fresh, filepath.Base(name)), false); err != nil {
				return nil, err
			}
		}
	}
	var l *level
	if whole {
		l, err = openLevel(fresh)
	}
	if !whole || err != nil && !isNoSpace(err) {
		if err = rebuildManifest(fresh); err == nil {
			l, err = openLevel(fresh)
		}
	}
	if err == nil || isNoSpace(err) {
		return l, err
	}
	if err := os.RemoveAll(fresh); err != nil { // nothing of it can be read
		return nil, err
	}
	return createLevel(fresh)
}

// recoverTables links the tables of the database in source into the folder fresh,
// without their damaged blocks. whole: they are those that the manifest names, and
// it may go on being used.
//
// If the manifest can be read, and all that it names is there, tables that it does not name are left out. They
// hold what has been deleted since, or were being written when the power went:
// what can be read of such a one would be parts of a batch.
func recoverTables(source, fresh string) (whole bool, err error) {
	sizes, err := namedTables(source)
	if whole = err == nil && allThere(source, sizes); !whole {
		sizes = nil
	}
	names, _ := filepath.Glob(filepath.Join(source, "*.ldb")) // the pattern is well formed
	found := 0
	for _, name := range names {
		base := filepath.Base(name)
		size, named := sizes[base]
		if sizes != nil && !named {
			continue
		}
		linked := filepath.Join(fresh, base)
		if err := linkFile(name, linked, true); err != nil {
			return false, err
		}
		info, err := os.Stat(linked)
		whole = whole && err == nil && info.Size() == size
		changed, err := salvageTable(linked)
		if err != nil {
			return false, err
		}
		whole = whole && !changed
		found++
	}
	return whole && found == len(sizes), nil
}

// allThere reports whether a folder has all of some tables. A manifest that names others is of
// an earlier time than the tables: its end was lost.
func allThere(dir string, sizes map[string]int64) bool {
	for name := range sizes {
		if _, err := os.Stat(filepath.Join(dir, name)); err != nil {
			return false
		}
	}
	return true
}

// namedTables returns the sizes of the tables that the manifest of the database in
// dir names, by the names of their files; an error: the manifest is not whole.
func namedTables(dir string) (map[string]int64, error) {
	manifest, err := currentManifest(dir)
	if err == nil {
		err = checkJournalFile(manifest)
	}
	if err != nil {
		return nil, err
	}
	o := levelOptions()
	o.ReadOnly = true
	db, err := leveldb.OpenFile(dir, o)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	return tableSizes(db)
}

// rebuildManifest makes a database of the tables and journals in dir.
func rebuildManifest(dir string) error {
	stor, err := folderStorage(dir)(false)
	if err != nil {
		return err
	}
	defer stor.Close()
	o := levelOptions()
	o.ErrorIfMissing = false
	db, err := leveldb.Recover(&careful{Storage: stor}, o)
	if err != nil {
		return err
	}
	return db.Close()
}

// salvageTable replaces a damaged table by one with what can be read of it, and
// removes one that holds nothing; changed: it did either. goleveldb's own recovery fails here: it writes
// the new table in another order than its keys have.
func salvageTable(name string) (changed bool, err error) {
	in, err := os.Open(name)
	if err != nil {
		return false, err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return false, err
	}
	o := &opt.Options{Comparer: internalOrder{}, Strict: opt.StrictBlockChecksum} // skip what is damaged
	r, err := table.NewReader(in, info.Size(), storage.FileDesc{Type: storage.TypeTable}, nil, nil, o)
	if err != nil {
		return true, os.Remove(name)
	}
	defer r.Release()
	damaged, entries := false, 0
	scan := func(entry func(key, value []byte) error) error {
		it := r.NewIterator(nil, nil)
		defer it.Release()
		if skips, ok := it.(interface{ SetErrorCallback(func(error)) }); ok {
			skips.SetErrorCallback(func(error) { damaged = true })
		}
		for it.Next() {
			if len(it.Key()) < internalSize {
				damaged = true
				continue
			}
			if err := entry(it.Key(), it.Value()); err != nil {
				return err
			}
		}
		if it.Error() != nil {
			damaged = true // its index, or the disk below it
		}
		return nil
	}
	_ = scan(func([]byte, []byte) error { entries++; return nil })
	switch {
	case entries == 0:
		return true, os.Remove(name)
	case !damaged:
		return false, nil
	}
	return true, rewriteTable(name, o, scan)
}

func rewriteTable(name string, o *opt.Options, scan func(func(key, value []byte) error) error) error {
	out, err := os.OpenFile(name+".tmp", os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	w := table.NewWriter(out, o)
	err = scan(w.Append)
	if closing := w.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = out.Sync()
	}
	if closing := out.Close(); err == nil {
		err = closing
	}
	if err == nil {
		err = os.Rename(name+".tmp", name) // the damaged database keeps its own name for the old one
	}
	return err
}

// internalSize is the length of what goleveldb appends to keys in tables: a
// version number and a kind, as one little-endian number.
const internalSize = 8

// internalOrder is the order of keys in goleveldb's tables: the latest version of
// a key first.
type internalOrder struct{}

func (internalOrder) Compare(a, b []byte) int {
	i, j := len(a)-internalSize, len(b)-internalSize
	return cmp.Or(bytes.Compare(a[:i], b[:j]), cmp.Compare(binary.LittleEndian.Uint64(b[j:]), binary.LittleEndian.Uint64(a[i:])))
}

func (internalOrder) Name() string                    { return "leveldb.BytewiseComparator" }
func (internalOrder) Separator(_, _, _ []byte) []byte { return nil } // keys are not shortened
func (internalOrder) Successor(_, _ []byte) []byte    { return nil }

package persist

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/syndtr/goleveldb/leveldb"
	"github.com/syndtr/goleveldb/leveldb/journal"
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
// told that it is stored.
func checkLevel(dir, want string) error {
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

// checkJournal reads all records of a journal or manifest.
func checkJournal(name string) error {
	b, err := os.ReadFile(name) // at most a few write buffers long
	if err != nil {
		return err
	}
	for block := range slices.Chunk(b, journalBlock) {
		if err := checkBlock(block); err != nil {
			return err
		}
	}
	var hole firstDrop
	r := journal.NewReader(bytes.NewReader(b), &hole, false, true)
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

// The journal's form (goleveldb's package journal): blocks of chunks, each with a
// masked CRC-32C over what follows it, a length and a type.
const (
	journalBlock  = 32 << 10
	journalHeader = 7
	chunkFull     = 1 // begins and ends a record
	chunkFirst    = 2 // begins one that goes on in the next block
)

// checkBlock looks for a damaged chunk with a whole record behind it in one
// block. The reader drops the rest of a block after a damaged chunk, which at the
// end of the journal looks like a record that was cut short. But every record is
// synced before the next one is written, so only the last one can be.
func checkBlock(block []byte) error {
	at := 0
	for at < len(block) {
		size, whole := wholeChunk(block[at:])
		if !whole {
			break
		}
		at += size
	}
	for next := at + 1; next+journalHeader < len(block); next++ {
		kind := block[next+journalHeader-1]
		if kind != chunkFull && kind != chunkFirst {
			continue
		}
		if _, whole := wholeChunk(block[next:]); whole {
			return fmt.Errorf("damaged before its end: a chunk at byte %d of a block, with a whole record behind it at byte %d", at, next)
		}
	}
	return nil
}

// wholeChunk returns the size of the chunk that b begins with, if it is whole.
func wholeChunk(b []byte) (size int, whole bool) {
	if len(b) < journalHeader {
		return 0, false
	}
	size = journalHeader + int(binary.LittleEndian.Uint16(b[4:]))
	if size == journalHeader || size > len(b) {
		return 0, false
	}
	sum := crc32.Checksum(b[6:size], crc32.MakeTable(crc32.Castagnoli))
	return size, binary.LittleEndian.Uint32(b) == (sum>>15|sum<<17)+0xa282ead8
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

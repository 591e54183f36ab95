package persist

import (
	"context"
	"fmt"

	"github.com/syndtr/goleveldb/leveldb"
	"github.com/syndtr/goleveldb/leveldb/util"
)

// compacter is a datastore that can give back the room of what was deleted.
type compacter interface {
	compact(from, to []byte) error
}

// compactPieces divides the range of keys below prefixes whose keys are spread
// evenly: each piece is compacted by itself, so that writers wait for none long.
const compactPieces = "234567abcdefghijklmnopqrstuvwxyz" // base32, in the order of bytes

// Compact gives the room of what was deleted and replaced back to the disk. The
// store goes on meanwhile. It needs some free space, a few MiB at a time. progress,
// if not nil, is called after each piece.
func (s *Store) Compact(ctx context.Context, progress func(done, of int)) error {
	ds, ok := s.ds.(compacter)
	if !ok {
		return nil
	}
	var bounds []string
	for _, prefix := range []string{keyArrival, keyEnvelope, keyKnown, keyEvent, keyMemo, keyPart, keyRefs, keySlot} {
		bounds = append(bounds, prefix+"/")
		if prefix == keyEnvelope || prefix == keyPart {
			for _, c := range compactPieces {
				bounds = append(bounds, fmt.Sprintf("%s/%c", prefix, c))
			}
		}
	}
	bounds = append(bounds, "0") // follows '/'
	for i := range len(bounds) - 1 {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := ds.compact([]byte(bounds[i]), []byte(bounds[i+1])); err != nil {
			return fmt.Errorf("compact the store: %w", noSpace(err))
		}
		if progress != nil {
			progress(i+1, len(bounds)-1)
		}
	}
	return nil
}

// compact is a write: a database that is open for reading, for want of space, says
// so, and is opened anew if there is some again.
func (l *level) compact(from, to []byte) error {
	l.writing.Lock()
	err := l.writable()
	l.writing.Unlock()
	if err != nil {
		return err
	}
	return l.view(func(db *leveldb.DB) error { return db.CompactRange(util.Range{Start: from, Limit: to}) })
}

package persist

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path/filepath"

	"github.com/syndtr/goleveldb/leveldb"
)

// Pair is one stored value as it lies in the datastore, with its checksum.
type Pair struct {
	Key   string // as in FORMAT.md
	Value []byte
}

// Pairs iterates over everything that is stored at the moment of the call, in
// order of keys: a backup. Writers do not wait for it. Damaged values are left
// out; any other error ends it.
func (s *Store) Pairs(ctx context.Context) iter.Seq2[Pair, error] {
	return func(yield func(Pair, error) bool) {
		src, release, err := s.moment()
		if err != nil {
			yield(Pair{}, err)
			return
		}
		defer release()
		for v, err := range scanFrom(ctx, src, "/", "", 0) {
			if errors.As(err, new(*CorruptError)) {
				continue
			}
			if err != nil {
				yield(Pair{}, err)
				return
			}
			if !yield(Pair{v.key, sealValue(v.key, v.content)}, nil) {
				return
			}
		}
	}
}

// restoreBatch bounds the bytes written at once.
const restoreBatch = 1 << 20

// Restore makes a store in the folder dir, which must not hold one, of what
// [Store.Pairs] gave. It is there as a whole or not at all, and sound: what does
// not fit together in it is dropped, as the report says.
func Restore(ctx context.Context, dir string, pairs iter.Seq2[Pair, error], progress func(done int)) (Report, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return Report{}, fmt.Errorf("restore: %w", err)
	}
	release, err := lockFolder(dir, holder())
	if err != nil {
		return Report{}, err
	}
	defer release()
	db, fresh := filepath.Join(dir, string(LevelDB)), filepath.Join(dir, newFolder)
	for _, name := range []string{db, filepath.Join(dir, formatFile)} {
		if _, err := os.Stat(name); !errors.Is(err, fs.ErrNotExist) {
			return Report{}, fmt.Errorf("restore: there is a store in %s already", dir)
		}
	}
	if err := os.RemoveAll(fresh); err != nil {
		return Report{}, fmt.Errorf("restore: %w", err)
	}
	report, err := restoreInto(ctx, fresh, pairs, progress)
	if err != nil {
		_ = os.RemoveAll(fresh)
		return report, fmt.Errorf("restore: %w", noSpace(err))
	}
	if err = os.Rename(fresh, db); err == nil {
		err = writeFormat(dir)
	}
	if err != nil {
		_ = errors.Join(os.RemoveAll(fresh), os.RemoveAll(db), os.RemoveAll(filepath.Join(dir, formatFile))) // what went wrong counts
		return report, fmt.Errorf("restore: %w", noSpace(err))
	}
	return report, nil
}

func restoreInto(ctx context.Context, fresh string, pairs iter.Seq2[Pair, error], progress func(int)) (Report, error) {
	l, err := createLevel(fresh)
	if err != nil {
		return Report{}, err
	}
	s := &Store{ds: l, opt: Options{}.withDefaults()}
	if err = l.fill(ctx, pairs); err == nil {
		err = s.checkSchema(ctx)
	}
	var report Report
	if err == nil {
		report, err = s.Repair(ctx, progress)
	}
	if closing := s.Close(); err == nil {
		err = closing
	}
	return report, err
}

// fill writes pairs whose checksums are right.
func (l *level) fill(ctx context.Context, pairs iter.Seq2[Pair, error]) error {
	var b leveldb.Batch
	size := 0
	for p, err := range pairs {
		if err == nil {
			err = ctx.Err()
		}
		if err == nil {
			_, err = openValue(p.Key, p.Value)
		}
		if err != nil {
			return err
		}
		b.Put([]byte(p.Key), p.Value)
		if size += len(p.Key) + len(p.Value); size < restoreBatch {
			continue
		}
		if err := l.write(&b); err != nil {
			return err
		}
		b.Reset()
		size = 0
	}
	return l.write(&b)
}

package persist

import (
	"bytes"
	"context"
	"slices"

	"github.com/ipfs/go-datastore"
	"github.com/ipfs/go-datastore/query"
	"github.com/syndtr/goleveldb/leveldb/util"
)

// A query reads the database in pieces, so that a reader who stops half way, or
// takes hours, holds neither an old version of the database nor its lock.
const (
	pieceEntries = 256
	pieceBytes   = 256 << 10
)

// levelQuery walks over a range of keys in pieces.
type levelQuery struct {
	ctx      context.Context
	view     func(func(levelReader) error) error
	rng      util.Range
	keysOnly bool
	piece    []query.Result // what is read and not yet given
	done     bool
}

// queryLevel runs q. The prefix and a lower bound by [query.FilterKeyCompare]
// become a seek; everything else is applied to what is read.
func queryLevel(ctx context.Context, view func(func(levelReader) error) error, q query.Query) query.Results {
	rest := q
	rng := util.BytesPrefix([]byte("/"))
	if prefix := datastore.NewKey(q.Prefix).String(); prefix != "/" {
		rng = util.BytesPrefix([]byte(prefix + "/"))
	}
	rest.Prefix = ""
	rest.Filters = slices.DeleteFunc(slices.Clone(q.Filters), func(f query.Filter) bool {
		from, ok := f.(query.FilterKeyCompare)
		if !ok || from.Op != query.GreaterThanOrEqual {
			return false
		}
		if key := []byte(from.Key); bytes.Compare(key, rng.Start) > 0 {
			rng.Start = key
		}
		return true
	})
	if len(q.Orders) > 0 {
		if _, ok := q.Orders[0].(query.OrderByKey); ok {
			rest.Orders = nil
		}
	}
	w := &levelQuery{ctx: ctx, view: view, rng: *rng, keysOnly: q.KeysOnly && len(rest.Filters)+len(rest.Orders) == 0}
	r := query.ResultsFromIterator(q, query.Iterator{Next: w.next, Close: func() error { return nil }})
	return query.NaiveQueryApply(rest, r)
}

func (w *levelQuery) next() (query.Result, bool) {
	if len(w.piece) == 0 && !w.done {
		w.read()
	}
	if len(w.piece) == 0 {
		return query.Result{}, false
	}
	r := w.piece[0]
	w.piece = w.piece[1:]
	return r, true
}

// read fills the next piece. An error is its last entry and ends the query.
func (w *levelQuery) read() {
	w.piece = w.piece[:0]
	err := w.ctx.Err()
	if err == nil {
		err = w.view(w.fill)
	}
	if err != nil {
		w.piece, w.done = append(w.piece, query.Result{Error: err}), true
	}
}

func (w *levelQuery) fill(db levelReader) error {
	it := db.NewIterator(&w.rng, nil)
	defer it.Release()
	for size := 0; it.Next(); {
		if len(w.piece) == pieceEntries || size > pieceBytes {
			w.rng.Start = bytes.Clone(it.Key())
			return nil
		}
		e := query.Entry{Key: string(it.Key()), Size: len(it.Value())}
		if !w.keysOnly {
			e.Value = bytes.Clone(it.Value())
		}
		size += len(e.Key) + len(e.Value)
		w.piece = append(w.piece, query.Result{Entry: e})
	}
	w.done = true
	return it.Error()
}

package persist

import (
	"github.com/ipfs/go-datastore"
	"github.com/syndtr/goleveldb/leveldb/storage"
)

// For tests in package persist_test.
var (
	SealValue    = sealValue
	CheckJournal = checkJournal
)

// NewLevel is a database on a storage made by the test.
func NewLevel(stor storage.Storage, writeBuffer int) (datastore.Batching, error) {
	l := &level{storage: func(bool) (storage.Storage, error) { return stor, nil }, options: levelOptions()}
	l.options.ErrorIfMissing, l.options.WriteBuffer = false, writeBuffer
	return l, l.reopen()
}

// NewOverlay is a datastore in memory above an empty one that is only read.
func NewOverlay() (datastore.Batching, error) {
	below, err := newMemoryLevel()
	if err != nil {
		return nil, err
	}
	above, err := newMemoryLevel()
	return &overlay{below: below, above: above, close: below.Close}, err
}

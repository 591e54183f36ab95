package main

import (
	"encoding/binary"
	"math/rand/v2"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

const (
	hour = 3600
	week = 7 * 24 * hour
)

// record is one envelope, as far as reconciliation is concerned.
type record struct {
	id      [32]byte
	created uint64 // seconds into the week; it lives a week
}

func (r *record) item() wire.Item {
	it := wire.Item{Level: 1}
	it.ID[0] = 1
	copy(it.ID[1:], r.id[:])
	return it
}

func (r *record) expires() uint64 { return r.created + week }

// draw makes n records, created from a second on and before another one.
func draw(rng *rand.Rand, n int, from, to uint64) []record {
	records := make([]record, n)
	for i := range records {
		for j := 0; j < 32; j += 8 {
			binary.BigEndian.PutUint64(records[i].id[j:], rng.Uint64())
		}
		records[i].created = from + rng.Uint64N(to-from)
	}
	return records
}

// world is what two sides have.
type world struct {
	common, onlyA, onlyB []record
}

// a and b call f with all records of a side.
func (w *world) a(f func(*record)) { each(w.common, f); each(w.onlyA, f) }
func (w *world) b(f func(*record)) { each(w.common, f); each(w.onlyB, f) }

func each(records []record, f func(*record)) {
	for i := range records {
		f(&records[i])
	}
}

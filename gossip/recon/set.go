package recon

import (
	"encoding/binary"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// bucketSeconds is the width of a bucket of expiry.
const bucketSeconds = 3600

// Ref is the short name of an item on the wire: its expiry bucket (8 bits), the
// first 48 bits of its ID's hash, and its level (8 bits). Whoever makes IDs can
// make two items of one Ref; so it serves to find items, never to prove them equal.
type Ref uint64

// Level is the named item's level.
func (r Ref) Level() wire.Level { return wire.Level(r) }

// RefOf names an item that expires at the given time, in seconds UTC.
func RefOf(it wire.Item, expires uint64) Ref {
	prefix := binary.BigEndian.Uint64(it.ID[1:9]) >> 16
	return Ref(expires/bucketSeconds<<56 | prefix<<8 | uint64(it.Level))
}

// Set is the set of items that a device knows of one lane of one domain: what it
// holds, and what it gave up or refused for good. It is not safe for concurrent use.
type Set struct {
	items map[wire.ID]entry
}

type entry struct {
	level   wire.Level
	expires uint64
}

// NewSet returns an empty set.
func NewSet() *Set { return &Set{items: map[wire.ID]entry{}} }

// Len is the number of items.
func (s *Set) Len() int { return len(s.items) }

// Add puts in an item that expires at the given time, in seconds UTC. What an
// envelope says of its own expiry never changes, so an ID always comes with the
// same. An ID may be in the set at one level only: adding another one replaces it.
func (s *Set) Add(it wire.Item, expires uint64) { s.items[it.ID] = entry{it.Level, expires} }

// Remove takes an item out, if it is in at this level.
func (s *Set) Remove(it wire.Item, expires uint64) {
	if s.items[it.ID] == (entry{it.Level, expires}) {
		delete(s.items, it.ID)
	}
}

// Find returns the items of a short name: none, one, or several if their IDs
// were made to collide.
func (s *Set) Find(r Ref) []wire.Item {
	var found []wire.Item
	for id, e := range s.items {
		if it := (wire.Item{ID: id, Level: e.level}); RefOf(it, e.expires) == r {
			found = append(found, it)
		}
	}
	return found
}

package recon

import "github.com/kreidfeuer/kreidfeuer/gossip/wire"

// Set is the set of items that a device knows of one lane of one domain: what it
// holds, and what it gave up or refused for good. It is kept so that a session
// costs what the difference costs: a tree of digests proves equality and names what
// differs in any case, a sketch finds small differences in few bytes. It is not
// safe for concurrent use.
type Set struct {
	tree   tree
	sketch sketch
	strata strata
}

// NewSet returns an empty set.
func NewSet() *Set {
	s := &Set{tree: newTree(), sketch: sketch{owner: new(owner)}}
	s.sketch.extend(minCells)
	return s
}

// Len is the number of items.
func (s *Set) Len() int { return s.tree.len() }

// Add puts in an item that expires at the given time, in seconds UTC. What an
// envelope says of its own expiry never changes, so an ID always comes with the
// same. An ID is in the set at one level: adding another one replaces it.
func (s *Set) Add(it wire.Item, expires uint64) {
	e := newEntry(it, expires)
	if old, found := s.tree.get(&e.key); found {
		if old == e.level {
			return
		}
		s.toggle(&entry{e.key, old})
	}
	s.tree.put(&e)
	s.toggle(&e)
	if size := cellsFor(s.Len()); size > s.sketch.len() {
		from := s.sketch.len()
		s.sketch.extend(size)
		s.tree.root.walk(nil, nil, func(e *entry) bool { s.sketch.toggle(e.ref(), from); return true })
	}
}

// Remove takes an item out, if it is in at this level.
func (s *Set) Remove(it wire.Item, expires uint64) {
	e := newEntry(it, expires)
	if level, found := s.tree.get(&e.key); found && level == e.level {
		s.tree.remove(&e.key)
		s.toggle(&e)
	}
}

// Find returns the items of a short name: none, one, or several if their IDs were
// made to collide.
func (s *Set) Find(r Ref) []wire.Item {
	var items []wire.Item
	for _, e := range s.tree.find(r) {
		items = append(items, e.item())
	}
	return items
}

func (s *Set) toggle(e *entry) {
	r := e.ref()
	s.sketch.toggle(r, 0)
	s.strata.toggle(r)
}

func (s *Set) snapshot() *Set {
	return &Set{s.tree.snapshot(), s.sketch.snapshot(), s.strata}
}

// close leaves out what is in buckets before the given one. If that is too much to
// take out of the sketch, the set has none from then on.
func (s *Set) close(bucket uint32) {
	lo := floorKey(bucket)
	n := 0
	all := s.tree.root.walk(nil, &lo, func(e *entry) bool {
		n++
		return n <= maxClosing
	})
	if all {
		s.tree.root.walk(nil, &lo, func(e *entry) bool { s.toggle(e); return true })
	} else {
		s.sketch.chunks = nil
	}
	s.tree.dropBelow(&lo)
}

package recon

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"sort"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// leafMax is the number of entries that a leaf holds before it becomes a fork. It
// decides the hash of every set, so it is part of the format.
const leafMax = 32

type digest = [sha256.Size]byte

// tree is a set of entries with a digest that depends on the set alone, not on how
// it came about: at most leafMax entries are a leaf; more are a fork at the first
// digit in which they differ. Snapshots share nodes; who changes a shared node
// copies it.
type tree struct {
	root  *node
	owner *owner
}

// owner marks the nodes that a tree may change in place.
type owner struct{ _ byte }

type node struct {
	owner   *owner
	fork    *fork // nil: a leaf
	entries []entry
	count   int
	sum     digest
	hashed  bool
}

type fork struct {
	path  key // some key below
	depth int // digits that all keys below share
	kids  [4]*node
}

func newTree() tree { return tree{owner: new(owner)} }

// snapshot returns a copy that shares nodes. All shared nodes are hashed, so that
// both copies only read them, even at the same time.
func (t *tree) snapshot() tree {
	t.digest()
	t.owner = new(owner)
	return tree{t.root, new(owner)}
}

func (t *tree) len() int {
	if t.root == nil {
		return 0
	}
	return t.root.count
}

// digest is collision-resistant: equal digests mean equal sets.
func (t *tree) digest() digest { return t.root.digest() }

func (n *node) digest() digest {
	if n == nil {
		return digest{}
	}
	if !n.hashed {
		n.sum, n.hashed = n.hash(), true
	}
	return n.sum
}

func (n *node) hash() digest {
	if n.fork == nil {
		return hashEntries(n.entries)
	}
	var buf [2 + 4*sha256.Size]byte
	buf[0], buf[1] = 1, byte(n.fork.depth)
	for i, kid := range n.fork.kids {
		sum := kid.digest()
		copy(buf[2+i*sha256.Size:], sum[:])
	}
	return sha256.Sum256(buf[:])
}

func hashEntries(entries []entry) digest {
	if len(entries) == 0 {
		return digest{}
	}
	var buf [1 + leafMax*(keySize+1)]byte
	b := buf[:1]
	for i := range entries {
		b = entries[i].append(b)
	}
	return sha256.Sum256(b)
}

// mine returns n, or a copy of it, that t may change.
func (t *tree) mine(n *node) *node {
	if n.owner != t.owner {
		c := *n
		c.owner = t.owner
		if n.fork != nil {
			f := *n.fork
			c.fork = &f
		}
		c.entries = slices.Clone(n.entries)
		n = &c
	}
	n.hashed = false
	return n
}

// get returns the level at which a key is in.
func (t *tree) get(k *key) (wire.Level, bool) {
	n := t.root
	for n != nil && n.fork != nil {
		n = n.fork.kids[k.digit(n.fork.depth)]
	}
	if n == nil {
		return 0, false
	}
	i, found := n.search(k)
	if !found {
		return 0, false
	}
	return n.entries[i].level, true
}

// search finds the place of a key in a leaf.
func (n *node) search(k *key) (int, bool) {
	i := sort.Search(len(n.entries), func(i int) bool { return !n.entries[i].key.less(k) })
	return i, i < len(n.entries) && n.entries[i].key == *k
}

// put adds e, or gives its key another level. The caller knows by get that it changes something.
func (t *tree) put(e *entry) { t.root = t.insert(t.root, e) }

func (t *tree) insert(n *node, e *entry) *node {
	if n == nil {
		return &node{owner: t.owner, entries: []entry{*e}, count: 1}
	}
	if n.fork != nil {
		if at := common(&n.fork.path, &e.key); at < n.fork.depth {
			return t.join(at, n, t.insert(nil, e))
		}
		n = t.mine(n)
		kid := &n.fork.kids[e.key.digit(n.fork.depth)]
		n.count -= (*kid).len()
		*kid = t.insert(*kid, e)
		n.count += (*kid).len()
		return n
	}
	n = t.mine(n)
	i, found := n.search(&e.key)
	if found {
		n.entries[i].level = e.level
		return n
	}
	if len(n.entries) == cap(n.entries) { // leaves are most of the memory: grow by little
		grown := make([]entry, len(n.entries), len(n.entries)+leafMax/4)
		copy(grown, n.entries)
		n.entries = grown
	}
	n.entries = slices.Insert(n.entries, i, *e)
	n.count++
	if n.count > leafMax {
		return t.split(n)
	}
	return n
}

func (n *node) len() int {
	if n == nil {
		return 0
	}
	return n.count
}

func (n *node) anyKey() *key {
	if n.fork != nil {
		return &n.fork.path
	}
	return &n.entries[0].key
}

// join makes a fork of two nodes whose keys part at a digit.
func (t *tree) join(depth int, a, b *node) *node {
	f := &fork{path: *a.anyKey(), depth: depth}
	f.kids[a.anyKey().digit(depth)] = a
	f.kids[b.anyKey().digit(depth)] = b
	return &node{owner: t.owner, fork: f, count: a.count + b.count}
}

// split makes a fork of a leaf. Its entries differ in the fork's digit, so no child
// is too large.
func (t *tree) split(n *node) *node {
	f := &fork{path: n.entries[0].key, depth: common(&n.entries[0].key, &n.entries[len(n.entries)-1].key)}
	for rest := n.entries; len(rest) > 0; {
		d := rest[0].key.digit(f.depth)
		size := sort.Search(len(rest), func(i int) bool { return rest[i].key.digit(f.depth) > d })
		f.kids[d] = &node{owner: t.owner, entries: slices.Clone(rest[:size]), count: size}
		rest = rest[size:]
	}
	return &node{owner: t.owner, fork: f, count: n.count}
}

// remove takes a key out. The caller knows by get that it is in.
func (t *tree) remove(k *key) { t.root = t.delete(t.root, k) }

func (t *tree) delete(n *node, k *key) *node {
	n = t.mine(n)
	if n.fork == nil {
		i, _ := n.search(k)
		n.entries = slices.Delete(n.entries, i, i+1)
		n.count--
		if n.count == 0 {
			return nil
		}
		return n
	}
	kid := &n.fork.kids[k.digit(n.fork.depth)]
	*kid = t.delete(*kid, k)
	n.count--
	return t.tidy(n)
}

// tidy gives a fork that has lost entries the one form its set has.
func (t *tree) tidy(n *node) *node {
	if n.count == 0 {
		return nil
	}
	if n.count <= leafMax {
		entries := make([]entry, 0, n.count)
		n.walk(nil, nil, func(e *entry) bool { entries = append(entries, *e); return true })
		return &node{owner: t.owner, entries: entries, count: n.count}
	}
	var last *node
	for _, kid := range n.fork.kids {
		if kid == nil {
			continue
		}
		if last != nil {
			return n
		}
		last = kid
	}
	return last
}

// append writes an entry as hashes and messages hold it.
func (e *entry) append(b []byte) []byte { return append(append(b, e.key[:]...), byte(e.level)) }

// pattern is what a Ref says of a key's bytes 2 to 8.
func (r Ref) pattern() (k key) {
	binary.BigEndian.PutUint64(k[2:10], uint64(r)&^0xff)
	return k
}

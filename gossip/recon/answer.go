package recon

import "encoding/binary"

// answerer answers questions about its set and notes what the peer lacks. All it
// remembers of the session is rest.
type answerer struct {
	own    *Set
	rest   tree // own without what the peer said it differs in
	bucket uint32
	begun  bool
	steps  int // left
	bytes  int // left to send
	told   int // items that the peer may still name
}

// toldSlack is how many items a peer may name beyond what there is: short names
// that it has misread.
const toldSlack = 1024

func (x *answerer) step(in []byte, t *turn) error {
	r := &reader{rest: in}
	if !x.begun {
		x.begun = true
		return x.begin(r, t)
	}
	kind := r.byte()
	if err := x.note(r, t); err != nil {
		return err
	}
	if !x.answer(kind, r, t) || !r.end() {
		return ErrPeer
	}
	x.steps--
	x.bytes -= len(t.out)
	if x.steps < 0 || x.bytes < 0 {
		return ErrPeer
	}
	return nil
}

func (x *answerer) begin(r *reader, t *turn) error {
	if r.byte() != msgHello {
		return ErrPeer
	}
	h := r.hello()
	if !r.end() {
		return ErrPeer
	}
	// Of clocks that differ most often nothing follows: then what one side leaves out
	// and the other does not is nothing, or the same.
	x.own.close(h.bucket)
	same := h.root == x.own.tree.digest()
	x.bucket = max(x.bucket, h.bucket)
	x.own.close(x.bucket)
	x.rest = x.own.tree.snapshot()
	n := x.own.Len()
	x.steps, x.bytes, x.told = maxSteps(n, h.count), baseBytes+bytesPerItem*n, n+toldSlack
	if t.done = same || h.root == x.rest.digest(); t.done {
		t.out = []byte{msgEqual}
		return nil
	}
	mine := hello{x.bucket, n, x.rest.digest()}
	t.out = mine.append([]byte{msgSummary})
	t.out = x.own.strata.append(t.out)
	t.out = x.own.sketch.append(t.out, 0, min(firstCells, x.own.sketch.len()))
	return nil
}

// note takes down what the peer lacks and what it has at another level.
func (x *answerer) note(r *reader, t *turn) error {
	refs, claims := r.refs(), r.claims()
	x.told -= len(refs) + len(claims)
	if r.bad || x.told < 0 {
		return ErrPeer
	}
	for _, ref := range refs {
		for _, e := range x.rest.find(ref) {
			x.rest.remove(&e.key)
			t.have = append(t.have, e.item())
		}
	}
	for i := range claims {
		c := &claims[i]
		level, found := x.rest.get(&c.key)
		if !found {
			continue
		}
		x.rest.remove(&c.key)
		if !c.held || c.level < level {
			mine := entry{c.key, level}
			t.have = append(t.have, mine.item())
		}
	}
	return nil
}

// answer reports whether the question may be asked.
func (x *answerer) answer(kind byte, r *reader, t *turn) bool {
	switch kind {
	case msgCells:
		from, n := int(r.number(maxCells)), int(r.number(messageCells))
		if n == 0 || from+n > x.own.sketch.len() {
			return false
		}
		t.out = x.own.sketch.append([]byte{msgCellRow}, from, n)
	case msgList:
		t.out = x.list(r.bound(), r.bound())
	case msgQuery:
		return x.query(r, t)
	case msgCheck:
		if t.out = []byte{msgUnequal}; r.digest() == x.rest.digest() {
			t.out, t.done = []byte{msgEqual}, true
		}
	case msgNote:
		t.out = []byte{msgNoted}
	case msgEnough:
		t.out, t.done = []byte{msgNoted}, true
	default:
		return false
	}
	return true
}

// list names what is in a range of keys, and where it stopped.
func (x *answerer) list(from, to *key) []byte {
	var refs []Ref
	var next *key
	x.rest.root.walk(from, to, func(e *entry) bool {
		if len(refs) == listRefs {
			k := e.key
			next = &k
			return false
		}
		refs = append(refs, e.ref())
		return true
	})
	return appendRefs(appendBound([]byte{msgRefs}, next), refs)
}

// query describes nodes, as many of those asked for as a message holds.
func (x *answerer) query(r *reader, t *turn) bool {
	n := int(r.number(queryPrefixes))
	if n == 0 {
		return false
	}
	var nodes []byte
	described := 0
	for range n {
		p := r.prefix()
		if r.bad {
			return false
		}
		if len(nodes)+maxNode < MaxMessage {
			nodes = x.rest.describe(nodes, &p)
			described++
		}
	}
	t.out = append([]byte{msgNodes, byte(described)}, nodes...)
	return true
}

const (
	fanDigits = 2 // of a described fork's branches
	fan       = 1 << (fanDigits * digitBits)

	maxNode = 2 + leafMax*(keySize+1) // bytes of a description; more than a fork's
)

// describe writes what is below a prefix: the entries, if they are few, or what all
// of them share and the digests of their parts.
func (t *tree) describe(b []byte, p *prefix) []byte {
	v := t.view(p)
	if v.node == nil || v.node.fork == nil {
		b = appendNumber(append(b, 0), v.len())
		v.walk(func(e *entry) bool { b = e.append(b); return true })
		return b
	}
	shared := cut(&v.node.fork.path, v.node.fork.depth)
	b = appendPrefix(append(b, 1), &shared)
	at := len(b)
	b = append(b, 0, 0)
	mask := uint16(0)
	for i := range fan {
		part := shared.child(i, fanDigits)
		if w := t.view(&part); w.len() > 0 {
			mask |= 1 << i
			sum := w.digest()
			b = append(b, sum[:]...)
		}
	}
	binary.BigEndian.PutUint16(b[at:], mask)
	return b
}

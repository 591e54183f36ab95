package recon

import "encoding/binary"

// descent is the part of the asking side that finds, by digests of the tree, what
// short names hide: items that were made to collide cancel each other in a sketch,
// and one stands for the other in a list. It costs a few hundred bytes for each of
// them and level of the tree, and it cannot be deceived: entries are compared in
// full.
type descent struct {
	begun   bool
	queue   []prefix // to be asked about, the last first
	pending []prefix // asked about
	queries int
	found   int
}

// descend begins the descent. After a whole one nothing can differ, unless the peer
// contradicts itself.
func (x *asker) descend(t *turn) bool {
	if x.begun {
		return false
	}
	x.begun = true
	t.have = append(t.have, x.held...) // perhaps they were no pairs
	x.held = nil
	x.queue = []prefix{{}}
	x.question = msgQuery
	return true
}

func (x *asker) appendQuery(b []byte) []byte {
	n := min(len(x.queue), queryPrefixes)
	x.pending = append(x.pending[:0], x.queue[len(x.queue)-n:]...)
	x.queue = x.queue[:len(x.queue)-n]
	b = appendNumber(b, n)
	for i := range x.pending {
		b = appendPrefix(b, &x.pending[i])
	}
	return b
}

func (x *asker) takeNodes(r *reader, t *turn) bool {
	n := int(r.number(uint64(len(x.pending))))
	if n == 0 {
		return false
	}
	x.queue = append(x.queue, x.pending[n:]...) // there was no room for them
	for i := range x.pending[:n] {
		ok := false
		switch r.byte() {
		case 0:
			ok = x.compareEntries(&x.pending[i], r, t)
		case 1:
			ok = x.compareParts(&x.pending[i], r, t)
		}
		if !ok {
			return false
		}
	}
	if !r.end() {
		return false
	}
	switch {
	case x.found > maxFound || x.queries > maxQueries:
		x.question = msgEnough
	case len(x.queue) == 0:
		x.question = msgCheck
	}
	return true
}

// compareEntries compares what is below a prefix with the few that the peer has.
func (x *asker) compareEntries(p *prefix, r *reader, t *turn) bool {
	theirs := make(map[key]bool)
	entries := make([]entry, r.number(leafMax))
	for i := range entries {
		e := r.entry()
		if r.bad || !p.covers(&e.key) || i > 0 && !entries[i-1].key.less(&e.key) {
			return false
		}
		entries[i] = e
		theirs[e.key] = true
	}
	x.offer(x.rest.view(p), func(e *entry) bool { return !theirs[e.key] }, t)
	for i := range entries {
		x.compare(&entries[i], t)
	}
	return true
}

// compare settles one item of the peer's.
func (x *asker) compare(e *entry, t *turn) {
	level, found := x.rest.get(&e.key)
	if found && level == e.level {
		return
	}
	if found {
		x.rest.remove(&e.key)
	}
	mine, held := x.own.tree.get(&e.key)
	x.claims = append(x.claims, claim{entry{e.key, mine}, held})
	switch {
	case !held || mine < e.level:
		t.need = append(t.need, e.ref())
	case found:
		own := entry{e.key, mine}
		t.have = append(t.have, own.item())
	}
	x.found++
}

// offer settles what the peer lacks of a view.
func (x *asker) offer(v view, lacks func(*entry) bool, t *turn) {
	var mine []entry
	v.walk(func(e *entry) bool {
		if lacks(e) {
			mine = append(mine, *e)
		}
		return x.found+len(mine) <= maxFound
	})
	for i := range mine {
		x.rest.remove(&mine[i].key)
		t.have = append(t.have, mine[i].item())
	}
	x.found += len(mine)
}

// compareParts compares what is below a prefix with the digests of the peer's parts.
func (x *asker) compareParts(p *prefix, r *reader, t *turn) bool {
	shared := r.prefix()
	mask := binary.BigEndian.Uint16(r.bytes(2))
	if r.bad || mask == 0 || shared.digits < p.digits || !p.covers(&shared.key) || shared.digits+fanDigits > keyDigits {
		return false
	}
	if v := x.rest.view(p); v.len() != x.rest.view(&shared).len() {
		x.offer(v, func(e *entry) bool { return !shared.covers(&e.key) }, t)
	}
	for i := range fan {
		part := shared.child(i, fanDigits)
		if mask&(1<<i) == 0 {
			x.offer(x.rest.view(&part), func(*entry) bool { return true }, t)
			continue
		}
		if r.digest() == x.rest.view(&part).digest() {
			continue
		}
		if x.queries++; x.queries <= maxQueries {
			x.queue = append(x.queue, part)
		}
	}
	return !r.bad
}

package recon

import "github.com/kreidfeuer/kreidfeuer/gossip/wire"

// asker drives a session: it reads the difference from sketches, or has the peer
// list its set, and proves by digests that nothing was missed. What was missed,
// because short names collide, it finds in the tree (descent).
type asker struct {
	own    *Set
	rest   tree // own without what was found to differ
	bucket uint32
	theirs hello
	steps  int // left

	question byte // what is to be asked
	asked    byte // what the peer was asked last
	refs     []Ref
	claims   []claim // refs and claims are what the peer is to be told with the question

	cells    []cell // of the peer
	estimate int    // of the number of items that differ
	target   int    // cells to have before the next attempt to read them
	from, to *key   // the range to list
	needed   int
	held     []wire.Item // that the peer seems to have at a higher level

	descent
}

// close leaves out the buckets before the given one and begins anew.
func (x *asker) close(bucket uint32) {
	x.bucket = bucket
	x.own.close(bucket)
	x.rest = x.own.tree.snapshot()
}

func (x *asker) step(in []byte, t *turn) error {
	r := &reader{rest: in}
	if x.asked == 0 {
		x.close(x.bucket)
		mine := hello{x.bucket, x.own.Len(), x.rest.digest()}
		t.out, x.asked = mine.append([]byte{msgHello}), msgHello
		x.steps = maxSteps(x.own.Len(), 0)
		return nil
	}
	if x.steps--; x.steps < 0 {
		return ErrPeer
	}
	if err := x.take(r.byte(), r, t); err != nil || t.done {
		return err
	}
	x.say(t)
	return nil
}

// take reads the answer to what was asked and decides on the next question.
func (x *asker) take(kind byte, r *reader, t *turn) error {
	var ok bool
	switch {
	case kind == msgEqual && (x.asked == msgHello || x.asked == msgCheck):
		t.done = true
		ok = r.end()
	case kind == msgSummary && x.asked == msgHello:
		ok = x.takeSummary(r, t)
	case kind == msgCellRow && x.asked == msgCells:
		ok = x.takeCells(r, t)
	case kind == msgRefs && x.asked == msgList:
		ok = x.takeRefs(r, t)
	case kind == msgNodes && x.asked == msgQuery:
		ok = x.takeNodes(r, t)
	case kind == msgNoted && (x.asked == msgNote || x.asked == msgEnough):
		t.done = x.asked == msgEnough
		ok = r.end()
	case kind == msgUnequal && x.asked == msgCheck:
		ok = r.end() && x.descend(t)
	}
	if !ok {
		return ErrPeer
	}
	return nil
}

// say asks the question and tells what there is to tell; if that is too much for
// one message, the question waits.
func (x *asker) say(t *turn) {
	const room = MaxMessage - 4<<10
	refs := min(len(x.refs), room/8)
	claims := min(len(x.claims), (room-refs*8)/claimSize)
	x.asked = x.question
	if refs < len(x.refs) || claims < len(x.claims) {
		x.asked = msgNote
	}
	b := appendRefs([]byte{x.asked}, x.refs[:refs])
	b = appendNumber(b, claims)
	for i := range claims {
		b = x.claims[i].append(b)
	}
	x.refs, x.claims = x.refs[refs:], x.claims[claims:]
	switch x.asked {
	case msgCells:
		b = appendNumber(b, len(x.cells))
		b = appendNumber(b, min(x.target-len(x.cells), messageCells))
	case msgList:
		b = appendBound(appendBound(b, x.from), x.to)
	case msgQuery:
		b = x.appendQuery(b)
	case msgCheck:
		root := x.rest.digest()
		b = append(b, root[:]...)
	}
	t.out = b
}

func (x *asker) takeSummary(r *reader, t *turn) bool {
	x.theirs = r.hello()
	stratum := readStrata(r.bytes(strataSize))
	cells := r.cells()
	if !r.end() || x.theirs.bucket < x.bucket || len(cells) > firstCells {
		return false
	}
	if x.theirs.bucket > x.bucket {
		x.close(x.theirs.bucket)
	}
	x.steps = maxSteps(x.own.Len(), x.theirs.count)
	if x.theirs.root == x.rest.digest() {
		x.question = msgCheck // the peer does not know yet
		return true
	}
	difference := x.own.Len() - x.theirs.count
	x.estimate = max(difference, -difference, x.own.strata.difference(&stratum))
	x.cells = cells
	x.readSketch(t)
	return true
}

func (x *asker) takeCells(r *reader, t *turn) bool {
	cells := r.cells()
	if !r.end() || len(cells) != min(x.target-len(x.cells), messageCells) {
		return false
	}
	x.cells = append(x.cells, cells...)
	if len(x.cells) >= x.target {
		x.readSketch(t)
	}
	return true
}

// readSketch reads the difference from the cells, or finds out how to go on.
func (x *asker) readSketch(t *turn) {
	n := len(x.cells)
	if n > 0 && n <= x.own.sketch.len() {
		difference := make([]cell, n)
		for i := range difference {
			mine := x.own.sketch.at(i)
			difference[i] = cell{x.cells[i].sum ^ mine.sum, x.cells[i].check ^ mine.check}
		}
		if refs, ok := read(difference); ok {
			x.takeDifference(refs, t)
			return
		}
	}
	x.question, x.target = msgCells, cellsToRead(x.estimate)
	if x.target <= n {
		x.target = n + n/10 + 16 // more than expected
	}
	limit := min(x.own.sketch.len(), cellsFor(x.theirs.count))
	if n == 0 || x.target > limit || (x.target-n)*cellSize > x.theirs.count*8 {
		x.listNext()
	}
}

// cellsToRead is how many cells read a difference of an estimated size in 99 of 100
// cases: it needs 1.38 cells an item, give or take 2 %, and more if it is small;
// the estimate is right give or take 7 %.
func cellsToRead(estimate int) int { return estimate*33/20 + 32 }

func (x *asker) takeDifference(refs []Ref, t *turn) {
	var mine []entry
	var theirs []Ref
	for _, r := range refs {
		if found := x.own.tree.find(r); len(found) > 0 {
			mine = append(mine, found...)
		} else {
			theirs = append(theirs, r)
		}
	}
	x.question = msgCheck
	if len(refs) == 0 {
		x.descend(t) // the digests differ all the same
	}
	x.settle(mine, theirs, t)
}

// listNext asks for the peer's items from x.from on, up to where we have as many as
// one step should compare.
func (x *asker) listNext() {
	x.question, x.to = msgList, nil
	n := 0
	x.own.tree.root.walk(x.from, nil, func(e *entry) bool {
		if n++; n <= listOwn {
			return true
		}
		k := e.key
		x.to = &k
		return false
	})
}

func (x *asker) takeRefs(r *reader, t *turn) bool {
	next := r.bound()
	refs := r.refs()
	if !r.end() || len(refs) > listRefs {
		return false
	}
	if next == nil {
		next = x.to
	} else if x.from != nil && !x.from.less(next) || x.to != nil && !next.less(x.to) {
		return false
	}
	listed := make(map[Ref]bool, len(refs)) // true: we have it
	for _, ref := range refs {
		listed[ref] = false
	}
	var mine []entry
	x.own.tree.root.walk(x.from, next, func(e *entry) bool {
		if _, both := listed[e.ref()]; both {
			listed[e.ref()] = true
		} else {
			mine = append(mine, *e)
		}
		return true
	})
	var theirs []Ref
	for _, ref := range refs {
		if !listed[ref] {
			listed[ref] = true
			theirs = append(theirs, ref)
		}
	}
	if x.from = next; next == nil {
		x.question = msgCheck
	} else {
		x.listNext()
	}
	x.settle(mine, theirs, t)
	return true
}

// namesakes are what both sides have of one name.
type namesakes struct {
	mine, theirs        int
	myLevel, theirLevel wire.Level
}

// pair reports whether they are taken for one item at two levels.
func (n namesakes) pair() bool { return n.mine == 1 && n.theirs == 1 }

// settle takes in what only we have and what only the peer has. Where both have one
// of the same name, it is taken for one item at two levels, and the peer is told
// our full name of it: a short name does not prove it.
func (x *asker) settle(mine []entry, theirs []Ref, t *turn) {
	names := make(map[uint64]namesakes, len(theirs))
	for _, r := range theirs {
		names[r.name()] = namesakes{theirs: names[r.name()].theirs + 1, theirLevel: r.Level()}
	}
	for i := range mine {
		e := &mine[i]
		if n := names[e.ref().name()]; n.theirs > 0 {
			n.mine++
			n.myLevel = e.level
			names[e.ref().name()] = n
		}
	}
	for i := range mine {
		e := &mine[i]
		x.rest.remove(&e.key)
		n := names[e.ref().name()]
		if n.pair() {
			x.claims = append(x.claims, claim{*e, true})
		}
		if n.pair() && n.theirLevel > e.level {
			x.held = append(x.held, e.item())
		} else {
			t.have = append(t.have, e.item())
		}
	}
	for _, r := range theirs {
		n := names[r.name()]
		if !n.pair() {
			x.refs = append(x.refs, r)
		}
		if !n.pair() || n.theirLevel > n.myLevel {
			t.need = append(t.need, r)
		}
	}
	if x.needed += len(theirs); x.needed > maxNeed {
		x.question = msgEnough
	}
}

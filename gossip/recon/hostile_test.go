package recon

import (
	"encoding/binary"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// TestGround lets an author make IDs of equal Refs, in all ways in which they could
// hide an item: nothing may be missing after one session.
func TestGround(t *testing.T) {
	k := known{1, bucketSeconds}
	raised := known{2, bucketSeconds}
	for name, plant := range map[string]func(a, b oracle, i int, x, y, z wire.ID){
		"one on each side":           func(a, b oracle, i int, x, y, z wire.ID) { a[x], b[y] = k, k },
		"two on one side":            func(a, b oracle, i int, x, y, z wire.ID) { a[x], a[y] = k, k },
		"two on the other side":      func(a, b oracle, i int, x, y, z wire.ID) { b[x], b[y] = k, k },
		"beside what both have":      func(a, b oracle, i int, x, y, z wire.ID) { a[x], b[x], b[y] = k, k, k },
		"beside what both have here": func(a, b oracle, i int, x, y, z wire.ID) { a[x], b[x], a[y] = k, k, k },
		"three":                      func(a, b oracle, i int, x, y, z wire.ID) { a[x], a[y], b[z] = k, k, k },
		"seems lower":                func(a, b oracle, i int, x, y, z wire.ID) { a[x], b[y] = k, raised },
		"seems higher":               func(a, b oracle, i int, x, y, z wire.ID) { a[x], b[y] = raised, k },
		"two raised alike":           func(a, b oracle, i int, x, y, z wire.ID) { a[x], a[y], b[x], b[y] = k, k, raised, raised },
		"two raised alike here":      func(a, b oracle, i int, x, y, z wire.ID) { a[x], a[y], b[x], b[y] = raised, raised, k, k },
		"raised beside another":      func(a, b oracle, i int, x, y, z wire.ID) { a[x], b[x], b[y] = k, raised, raised },
	} {
		t.Run(name, func(t *testing.T) {
			a, b := pair(3, 4000, 30, 30, 5)
			for i := range 30 {
				n := 1<<28 + i<<10
				plant(a, b, i, colliding(n, n), colliding(n, n+1), colliding(n, n+2))
			}
			o := converse(t, Ask(a.set(), Limits{}), Answer(b.set(), Limits{}))
			if strings.HasPrefix(name, "two raised") && !slices.Equal(o.need, b.refs(b.over(a))) {
				t.Errorf("needs %d, want %d", len(o.need), len(b.over(a)))
			}
			if o.trips > 12 || o.sent+o.received > 100_000 {
				t.Errorf("%+v", o.traffic)
			}
			converges(t, a, b, 1)
		})
	}
}

// TestGroundApart hides items where the peer has nothing, and so many that
// descriptions of nodes do not fit into messages.
func TestGroundApart(t *testing.T) {
	a, b := oracle{}, oracle{}
	full := func(i, n int) wire.ID { // 31 below each first byte
		id := colliding(i, n)
		id[1] = byte(i)
		return id
	}
	for i := range 31 << 8 {
		k := known{1, 7 * bucketSeconds}
		if i%(3<<8) < 1<<8 {
			a[full(i, 1<<29+i)], b[full(i, 1<<30+i)] = k, k
		} else {
			a[full(i, i)], b[full(i, i)] = k, k
		}
	}
	elsewhere := known{1, 5 * bucketSeconds}
	a[colliding(-1, -2)], a[colliding(-1, -3)] = elsewhere, elsewhere
	o := converse(t, Ask(a.set(), Limits{}), Answer(b.set(), Limits{}))
	o.exact(t, a, b)
	a, b = b, a
	o = converse(t, Ask(a.set(), Limits{}), Answer(b.set(), Limits{}))
	o.exact(t, a, b)
}

// TestGroundBeyondOneSession makes more collide than one session finds.
func TestGroundBeyondOneSession(t *testing.T) {
	a, b := oracle{}, oracle{}
	for i := range maxFound/2 + 1000 {
		a[colliding(i, 2*i+1<<20)] = known{1, bucketSeconds}
		b[colliding(i, 2*i+1<<20+1)] = known{1, bucketSeconds}
	}
	o := converse(t, Ask(a.set(), Limits{}), Answer(b.set(), Limits{}))
	if o.err != nil || len(o.have) == 0 || len(o.have) > maxFound || len(o.gave) == 0 {
		t.Fatalf("%v with %d and %d items", o.err, len(o.have), len(o.gave))
	}
	converges(t, a, b, 4)
}

// liar answers each message by what a test makes of it.
func liar(t *testing.T, a oracle, answer func(in []byte) []byte) (o outcome) {
	t.Helper()
	ask := Ask(a.set(), Limits{})
	var in []byte
	for {
		out, have, need, done, err := ask.Step(in)
		o.have, o.need = append(o.have, have...), append(o.need, need...)
		if done {
			o.err = err
			return o
		}
		if o.trips++; o.trips > maxSteps(len(a), maxNeed)+3 {
			t.Fatal("endless session")
		}
		in = answer(out)
	}
}

// asking reads a question up to what is asked.
func asking(in []byte) *reader {
	r := &reader{rest: in[1:]}
	r.refs()
	r.claims()
	return r
}

func (o oracle) summary(change func(h *hello, strata []byte, cells []cell)) []byte {
	s := o.set()
	h := hello{0, s.Len(), s.tree.digest()}
	strata := s.strata.append(nil)
	cells := make([]cell, firstCells)
	for i := range cells {
		cells[i] = *s.sketch.at(i)
	}
	change(&h, strata, cells)
	out := append(h.append([]byte{msgSummary}), strata...)
	copied := sketch{owner: new(owner)}
	copied.extend(chunkCells)
	for i, c := range cells {
		*copied.at(i) = c
	}
	return copied.append(out, 0, len(cells))
}

func TestLyingAnswer(t *testing.T) {
	a, _ := pair(4, 9000, 9000, 0, 0)
	rng := rand.New(rand.NewPCG(4, 4))
	noise := func(n int) []byte {
		b := make([]byte, n)
		for i := range b {
			b[i] = byte(rng.Uint32())
		}
		return b
	}
	garbage := func(h *hello, strata []byte, cells []cell) {
		h.root[0]++
		h.count = maxCount
		copy(strata, noise(len(strata)))
		for i := range cells {
			cells[i] = cell{rng.Uint64(), rng.Uint32() >> 8}
		}
	}
	otherRoot := func(h *hello, strata []byte, cells []cell) { h.root[0]++ }
	row := func(in []byte) []byte { // as many random cells as were asked for
		r := asking(in)
		r.number(maxCells)
		n := int(r.number(messageCells))
		return append(appendNumber([]byte{msgCellRow}, n), noise(n*cellSize)...)
	}
	creep := func(step uint64, refs int) map[byte]func([]byte) []byte {
		return map[byte]func([]byte) []byte{
			msgHello: func([]byte) []byte { return a.summary(garbage) },
			msgCells: row,
			msgList: func(in []byte) []byte {
				r := asking(in)
				next := key{1: 1}
				if from := r.bound(); from != nil {
					next = *from
				}
				binary.BigEndian.PutUint64(next[1:], binary.BigEndian.Uint64(next[1:])+step)
				listed := make([]Ref, refs)
				for i := range listed {
					listed[i] = Ref(rng.Uint64())
				}
				return appendRefs(appendBound([]byte{msgRefs}, &next), listed)
			},
			msgNote: func([]byte) []byte { return []byte{msgNoted} },
		}
	}
	early := map[string]bool{"list that creeps": true, "tree without end": true} // the asking side has had enough
	for name, answers := range map[string]map[byte]func([]byte) []byte{
		"noise": {},
		"equal after a difference": {
			msgHello: func([]byte) []byte { return a.summary(otherRoot) },
			msgQuery: func([]byte) []byte { return []byte{msgEqual} },
		},
		"garbage cells": {
			msgHello: func([]byte) []byte { return a.summary(garbage) },
			msgCells: row,
			msgList:  func([]byte) []byte { return appendRefs([]byte{msgRefs, 0}, nil) },
			msgCheck: func([]byte) []byte { return []byte{msgUnequal} },
			msgNote:  func([]byte) []byte { return []byte{msgNoted} },
			msgQuery: func([]byte) []byte { return []byte{msgNodes, 1, 0, 0} },
		},
		"list that creeps":         creep(1, listRefs),
		"list that creeps emptily": creep(1, 0),
		"list that stands still":   creep(0, 1),
		"tree without end": {
			msgHello: func([]byte) []byte { return a.summary(otherRoot) },
			msgQuery: func(in []byte) []byte {
				r := asking(in)
				n := int(r.number(queryPrefixes))
				b := []byte{msgNodes, byte(n)}
				for range n {
					p := r.prefix()
					if p.digits+fanDigits > keyDigits {
						b = append(b, 0, 0)
						continue
					}
					b = append(appendPrefix(append(b, 1), &p), 0xff, 0xff)
					b = append(b, noise(fan*32)...)
				}
				return b
			},
			msgCheck: func([]byte) []byte { return []byte{msgUnequal} },
			msgNote:  func([]byte) []byte { return []byte{msgNoted} },
		},
	} {
		t.Run(name, func(t *testing.T) {
			o := liar(t, a, func(in []byte) []byte {
				if in[0] == msgEnough {
					return []byte{msgNoted}
				}
				if answer := answers[in[0]]; answer != nil {
					return answer(in)
				}
				return noise(100)
			})
			if o.err != ErrPeer && !early[name] {
				t.Errorf("ended with %v", o.err)
			}
			t.Logf("%d trips, %d have, %d need, %v", o.trips, len(o.have), len(o.need), o.err)
			if name == "list that stands still" && o.trips > 4 {
				t.Errorf("went on for %d trips", o.trips)
			}
			if len(o.have) > 2*len(a) || len(o.need) > maxNeed+2*listRefs {
				t.Errorf("was made to note %d and %d items", len(o.have), len(o.need))
			}
		})
	}
}

// TestGreedyAsker asks for the dearest answers until it is refused.
func TestGreedyAsker(t *testing.T) {
	_, b := pair(5, 20000, 0, 20000, 0)
	b[numbered(-1)] = known{1, 1}
	set := b.set()
	h := hello{0, 0, digest{}}
	query := []byte{msgQuery, 0, 0, queryPrefixes}
	for range queryPrefixes {
		query = append(query, 0)
	}
	var refs []Ref
	for id, k := range b {
		if refs = append(refs, RefOf(wire.Item{ID: id, Level: 1}, k.expires)); len(refs) == 7000 {
			break
		}
	}
	for name, question := range map[string][]byte{
		"cells": appendNumber([]byte{msgCells, 0, 0, 0}, messageCells),
		"list":  {msgList, 0, 0, 0, 0},
		"query": query,
		"note":  append(appendRefs([]byte{msgNote}, refs), 0),
		"check": append([]byte{msgCheck, 0, 0}, make([]byte, 32)...),
	} {
		t.Run(name, func(t *testing.T) {
			answer := Answer(set, Limits{})
			if _, _, _, _, err := answer.Step(h.append([]byte{msgHello})); err != nil {
				t.Fatal(err)
			}
			bytes, gave, steps := 0, 0, 0
			for ; ; steps++ {
				out, have, _, _, err := answer.Step(question)
				bytes, gave = bytes+len(out), gave+len(have)
				if err != nil {
					break
				}
				if steps > maxSteps(len(b), 0) {
					t.Fatal("endless session")
				}
			}
			if steps == 0 || bytes > baseBytes+bytesPerItem*len(b) || gave > len(b) {
				t.Errorf("%d steps, %d bytes, %d items", steps, bytes, gave)
			}
			if name == "note" && steps*7000 > len(b)+toldSlack {
				t.Errorf("%d times 7000 Refs were noted", steps)
			}
			if _, _, _, _, err := answer.Step(question); err != ErrPeer {
				t.Errorf("after the end: %v", err)
			}
		})
	}
}

// TestBrokenNodes gives descriptions of nodes that contradict what was asked.
func TestBrokenNodes(t *testing.T) {
	asked := prefix{}.child(0, 2)
	at := func(first byte) key { return key{first} }
	entries := func(keys ...key) []byte {
		b := appendNumber([]byte{msgNodes, 1, 0}, len(keys))
		for _, k := range keys {
			b = (&entry{k, 1}).append(b)
		}
		return b
	}
	part := func(p prefix, mask uint16) []byte {
		b := binary.BigEndian.AppendUint16(appendPrefix([]byte{msgNodes, 1, 1}, &p), mask)
		for ; mask > 0; mask &= mask - 1 {
			b = append(b, make([]byte, 32)...)
		}
		return b
	}
	for name, c := range map[string]struct {
		message []byte
		fine    bool
	}{
		"entries":           {entries(at(1), at(2)), true},
		"entries elsewhere": {entries(at(1), at(0x10)), false},
		"entries disorder":  {entries(at(2), at(1)), false},
		"entry twice":       {entries(at(1), at(1)), false},
		"parts":             {part(asked.child(2, 2), 3), true},
		"parts elsewhere":   {part(prefix{}.child(1, 2), 3), false},
		"parts above":       {part(prefix{}, 3), false},
		"no parts":          {part(asked, 0), false},
		"parts too deep":    {part(cut(&key{}, keyDigits-1), 3), false},
		"no nodes":          {[]byte{msgNodes, 0}, false},
		"too many nodes":    {[]byte{msgNodes, 2, 0, 0, 0, 0}, false},
		"unknown form":      {[]byte{msgNodes, 1, 2, 0}, false},
		"bytes after it":    {append(entries(at(1)), 0), false},
	} {
		x := &asker{own: NewSet(), asked: msgQuery, steps: 10}
		x.close(0)
		x.pending = []prefix{asked}
		var turn turn
		if err := x.step(c.message, &turn); (err == nil) != c.fine {
			t.Errorf("%s: %v", name, err)
		}
	}
}

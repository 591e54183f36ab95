package main

import (
	"encoding/binary"
	"fmt"
	"math"
)

// iblt is the peer: a rateless invertible Bloom lookup table after
// arXiv:2402.02668. A cell has the XOR of IDs, the XOR of their hashes (8 bytes)
// and their number, which is sent as the difference from what is to be expected
// (section 6 of the paper), about a byte.
type iblt struct {
	idSize int // 32, or 8: the first bytes of the ID
	cells  []ibltCell
}

type ibltCell struct {
	sum   [4]uint64
	hash  uint64
	count int
}

func (t *iblt) symbol(r *record) (sum [4]uint64, hash uint64) {
	for i := range t.idSize / 8 {
		sum[i] = binary.BigEndian.Uint64(r.id[i*8:])
		hash = (hash ^ sum[i]) * 0x9e3779b97f4a7c15
		hash ^= hash >> 29
	}
	return sum, hash
}

// walk calls f with the cells below n that a symbol is in (section 4.2).
func walk(hash uint64, n int, f func(int)) {
	state, index := hash|1, uint64(0)
	for index < uint64(n) {
		f(int(index))
		state *= 0xda942042e4dd58b5
		index += uint64(math.Ceil((float64(index) + 1.5) * (float64(1<<32)/math.Sqrt(float64(state)+1) - 1)))
	}
}

func (c *ibltCell) add(sum *[4]uint64, hash uint64, sign int) {
	for i := range sum {
		c.sum[i] ^= sum[i]
	}
	c.hash ^= hash
	c.count += sign
}

func (t *iblt) add(r *record, sign int) {
	sum, hash := t.symbol(r)
	walk(hash, len(t.cells), func(i int) { t.cells[i].add(&sum, hash, sign) })
}

// needed is the number of cells after which the last difference is read: the table
// of a difference is the difference of the tables.
func needed(idSize int, w *world) (int, error) {
	d := len(w.onlyA) + len(w.onlyB)
	if d == 0 {
		return 1, nil // the first cell is empty
	}
	t := iblt{idSize, make([]ibltCell, 3*d+1000)}
	each(w.onlyA, func(r *record) { t.add(r, 1) })
	each(w.onlyB, func(r *record) { t.add(r, -1) })
	read := 0
	for n := 1; n <= len(t.cells); n++ {
		if read += t.peel(n-1, n); read == d {
			return n, nil
		}
	}
	return 0, fmt.Errorf("a table of %d cells does not hold %d differences", len(t.cells), d)
}

// peel reads what can be read of the first n cells, beginning with one of them.
func (t *iblt) peel(start, n int) (read int) {
	queue := []int{start}
	for len(queue) > 0 {
		c := t.cells[queue[len(queue)-1]]
		queue = queue[:len(queue)-1]
		if c.count != 1 && c.count != -1 {
			continue
		}
		var r record
		for i := range t.idSize / 8 {
			binary.BigEndian.PutUint64(r.id[i*8:], c.sum[i])
		}
		if _, hash := t.symbol(&r); hash != c.hash {
			continue
		}
		read++
		walk(c.hash, len(t.cells), func(i int) {
			t.cells[i].add(&c.sum, c.hash, -c.count)
			if i < n {
				queue = append(queue, i)
			}
		})
	}
	return read
}

// runTable measures a session in which b sends its table to a.
func runTable(idSize int, w *world) (cost, error) {
	n, err := needed(idSize, w)
	if err != nil {
		return cost{}, err
	}
	c := cost{trips: 1, request: idSize * len(w.onlyB)}
	theirs := iblt{idSize, make([]ibltCell, n)}
	c.answerCPU = timed(func() { w.b(func(r *record) { theirs.add(r, 1) }) })
	size := len(w.common) + len(w.onlyB)
	for i, cell := range theirs.cells {
		off := int64(cell.count) - int64(float64(size)/(1+float64(i)/2))
		c.received += idSize + 8 + len(binary.AppendVarint(nil, off))
	}
	c.askCPU = timed(func() {
		w.a(func(r *record) { theirs.add(r, -1) })
		for i := range theirs.cells {
			theirs.peel(i, n)
		}
	})
	for _, cell := range theirs.cells {
		if cell != (ibltCell{}) {
			return cost{}, fmt.Errorf("a table of %d cells was not read", n)
		}
	}
	return c, nil
}

package recon

import (
	"math"
	"slices"
)

// A sketch is the beginning of an endless row of cells (rateless invertible Bloom
// lookup table, arXiv:2402.02668): every Ref is in the cells that its mapping
// names, in cell i with probability 1/(1+i/2). The difference of two sketches is
// the sketch of the difference, and about 1.4 cells for each Ref in it are enough
// to read it. There is no count in a cell: whoever reads looks up which side holds
// a Ref.
type cell struct {
	sum   uint64 // XOR of Refs
	check uint32 // XOR of their checks, 24 bits
}

const (
	cellSize   = 8 + 3 // on the wire
	chunkCells = 256

	// minCells and maxCells bound the cells that a set keeps up to date. The upper end
	// reads differences of 45,000 items and costs 1 MB and, in each Add, 22 cells;
	// beyond it, listing is nearly as good.
	minCells = chunkCells
	maxCells = 1 << 16
)

type chunk struct {
	owner *owner
	cells [chunkCells]cell
}

// sketch is kept in chunks that snapshots share; who changes one copies it.
type sketch struct {
	owner  *owner
	chunks []*chunk
}

// cellsFor is the number of cells that a set of n items keeps at least: more of
// them never cost less than listing the items.
func cellsFor(n int) int {
	size := minCells
	for size < n/2 && size < maxCells {
		size *= 2
	}
	return size
}

func (s *sketch) len() int { return len(s.chunks) * chunkCells }

func (s *sketch) snapshot() sketch {
	s.owner = new(owner)
	return sketch{new(owner), slices.Clone(s.chunks)}
}

// toggle adds r to the cells from the given one on, or takes it out again.
func (s *sketch) toggle(r Ref, from int) {
	size := uint64(s.len())
	check := r.check()
	for m := r.mapping(); m.index < size; m.next() {
		if m.index < uint64(from) {
			continue
		}
		c := s.chunks[m.index/chunkCells]
		if c.owner != s.owner {
			copied := *c
			copied.owner = s.owner
			c = &copied
			s.chunks[m.index/chunkCells] = c
		}
		cell := &c.cells[m.index%chunkCells]
		cell.sum ^= uint64(r)
		cell.check ^= check
	}
}

// extend appends empty cells up to size.
func (s *sketch) extend(size int) {
	for s.len() < size {
		s.chunks = append(s.chunks, &chunk{owner: s.owner})
	}
}

func (s *sketch) at(i int) *cell { return &s.chunks[i/chunkCells].cells[i%chunkCells] }

// mix is the finaliser of SplitMix64. It spreads Refs over cells; nothing rests on
// its being hard to predict.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// Constants that make independent hashes of a Ref: the fractional parts of the
// square roots of 2, 3 and 5.
const (
	seedMapping = 0x6a09e667f3bcc908
	seedCheck   = 0xbb67ae8584caa73b
	seedStratum = 0x3c6ef372fe94f82b
)

func (r Ref) check() uint32 { return uint32(mix(uint64(r)^seedCheck) >> 40) }

// mapping generates the indices of the cells that a Ref is in.
type mapping struct {
	state, index uint64
}

func (r Ref) mapping() mapping { return mapping{state: mix(uint64(r)^seedMapping) | 1} }

// next is the paper's generator (section 4.2). The gap is computed in IEEE 754
// binary64, rounded after each operation; the conversions keep compilers from
// fusing two.
func (m *mapping) next() {
	m.state *= 0xda942042e4dd58b5
	gap := float64(float64(1<<32)/math.Sqrt(float64(m.state)+1)) - 1
	m.index += uint64(math.Ceil(float64(float64(m.index)+1.5) * gap))
}

// read finds the Refs whose sketch the cells are. It consumes the cells. ok is
// false if there are not enough of them, or what they hold is no sketch.
func read(cells []cell) (refs []Ref, ok bool) {
	seen := map[Ref]bool{}
	queue := make([]int, 0, len(cells))
	for i := range cells {
		queue = append(queue, i)
	}
	left := len(cells) // cells that are not empty
	for _, c := range cells {
		if c == (cell{}) {
			left--
		}
	}
	for len(queue) > 0 {
		i := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		r := Ref(cells[i].sum)
		if cells[i] == (cell{}) || cells[i].check != r.check() || !r.inCell(i) {
			continue
		}
		if seen[r] || len(refs) == len(cells) {
			return refs, false
		}
		seen[r] = true
		refs = append(refs, r)
		for m := r.mapping(); m.index < uint64(len(cells)); m.next() {
			c := &cells[m.index]
			before := *c == (cell{})
			c.sum ^= uint64(r)
			c.check ^= r.check()
			switch after := *c == (cell{}); {
			case after:
				left--
			case before:
				left++
			default:
				queue = append(queue, int(m.index))
			}
		}
	}
	return refs, left == 0
}

func (r Ref) inCell(i int) bool {
	m := r.mapping()
	for m.index < uint64(i) {
		m.next()
	}
	return m.index == uint64(i)
}

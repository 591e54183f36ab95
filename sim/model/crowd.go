package model

import "math/rand/v2"

// grid cuts the plane into cells at least as wide as a reach.
type grid struct {
	width  float64
	across int32
	down   int32
}

// maxCells bounds a grid's memory; its cells grow instead.
const maxCells = 8 << 20

func newGrid(reach, x, y float64) grid {
	width := max(reach, 1)
	for (x/width+3)*(y/width+3) > maxCells {
		width *= 1.5
	}
	return grid{width, int32(x/width) + 3, int32(y/width) + 3}
}

// cell is the number of the cell of a place; there is a border of empty ones.
func (g grid) cell(x, y float32) int32 {
	cx := min(max(int32(float64(x)/g.width)+1, 1), g.across-2)
	cy := min(max(int32(float64(y)/g.width)+1, 1), g.down-2)
	return cy*g.across + cx
}

func (g grid) around() [9]int32 {
	a := g.across
	return [9]int32{-a - 1, -a, -a + 1, -1, 0, 1, a - 1, a, a + 1}
}

func (g grid) cells() int { return int(g.across) * int(g.down) }

// crowd is devices that stand still, by the cells of a grid.
type crowd struct {
	grid
	resting []uint32
	first   []uint32 // resting[first[c]:first[c+1]] are in cell c
}

// newCrowd puts devices into cells, in each in the order in which they are given.
func (r *run) newCrowd(g grid, devices []uint32) crowd {
	c := crowd{grid: g, resting: make([]uint32, len(devices)), first: make([]uint32, g.cells()+2)}
	for _, d := range devices {
		c.first[g.cell(r.x[d], r.y[d])+2]++
	}
	for i := 2; i < len(c.first); i++ {
		c.first[i] += c.first[i-1]
	}
	for _, d := range devices {
		cell := g.cell(r.x[d], r.y[d])
		c.resting[c.first[cell+1]] = d
		c.first[cell+1]++
	}
	c.first = c.first[:g.cells()+1]
	return c
}

// rows are those in the cell of a place and in the eight around it.
func (c *crowd) rows(x, y float32) (rows [3][]uint32) {
	at := c.cell(x, y)
	for i := range rows {
		row := at + int32(i-1)*c.across
		rows[i] = c.resting[c.first[row-1]:c.first[row+2]]
	}
	return rows
}

// survey goes through those whom a device has in range, each once and in an order
// of chance, until one is enough. It reports whether one was.
func (r *run) survey(c *crowd, reach float64, d uint32, enough func(other uint32) bool) bool {
	rows := c.rows(r.x[d], r.y[d])
	n := len(rows[0]) + len(rows[1]) + len(rows[2])
	order := newStroll(r.chance, n)
	for range n {
		i, row := order.next(), 0
		for i >= len(rows[row]) {
			i -= len(rows[row])
			row++
		}
		if other := rows[row][i]; other != d && r.near(d, other, reach) && enough(other) {
			return true
		}
	}
	return false
}

func (r *run) near(a, b uint32, reach float64) bool {
	dx, dy := float64(r.x[a]-r.x[b]), float64(r.y[a]-r.y[b])
	return dx*dx+dy*dy <= reach*reach
}

// stroll goes through 0 to n-1 in an order of chance that takes no memory: by a stride
// that has no divisor in common with n.
type stroll struct{ at, stride, n int }

func newStroll(chance *rand.Rand, n int) stroll {
	if n < 2 {
		return stroll{n: max(1, n)}
	}
	s := stroll{chance.IntN(n), 0, n}
	for divisor := 0; divisor != 1; {
		s.stride = 1 + chance.IntN(n-1)
		divisor = s.stride
		for rest := n % divisor; rest != 0; {
			divisor, rest = rest, divisor%rest
		}
	}
	return s
}

func (s *stroll) next() int {
	at := s.at
	s.at = (s.at + s.stride) % s.n
	return at
}

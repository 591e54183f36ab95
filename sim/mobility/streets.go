package mobility

import (
	"container/heap"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/wkt"
	"github.com/paulmach/orb/geojson"
)

// maxNodes bounds a map: all crossings and bends of a large city.
const maxNodes = 1 << 20

// maxTrees is how many next nodes are kept for all destinations together, of four
// bytes each: 4,000 nodes may all be destinations. Of a larger map only as many
// are, spread evenly over the list of nodes.
const maxTrees = 16 << 20

// Map is a network of streets: nodes, and between some of them straight
// segments that are passed both ways.
type Map struct {
	Nodes []Point
	edges [][]edge
	// trees holds, for each destination asked for, the next node from everywhere.
	trees map[int32][]int32
}

type edge struct {
	to     int32
	length float64
}

// ParseWKT reads streets from well-known text: LINESTRING and MULTILINESTRING,
// one after the other, in metres. Streets meet where they have the same
// coordinates. Only the largest connected part is kept.
func ParseWKT(text []byte) (*Map, error) {
	var b builder
	for i, statement := range statements(text) {
		g, err := wkt.Unmarshal(statement)
		if err != nil {
			return nil, fmt.Errorf("geometry %d, %.40q: %w", i+1, statement, err)
		}
		if err := b.add(g, func(p orb.Point) Point { return Point{p[0], p[1]} }); err != nil {
			return nil, fmt.Errorf("geometry %d: %w", i+1, err)
		}
	}
	return b.build()
}

// ParseGeoJSON reads streets from the lines of a feature collection (RFC 7946)
// in degrees, and lays them out in metres around their middle.
func ParseGeoJSON(text []byte) (*Map, error) {
	features, err := geojson.UnmarshalFeatureCollection(text)
	if err != nil {
		return nil, fmt.Errorf("read GeoJSON: %w", err)
	}
	var box orb.Bound
	for i, f := range features.Features {
		if f.Geometry == nil {
			continue
		}
		if b := f.Geometry.Bound(); i == 0 {
			box = b
		} else {
			box = box.Union(b)
		}
	}
	var b builder
	plane := NewPlane(box)
	for i, f := range features.Features {
		if err := b.add(f.Geometry, plane.Place); err != nil {
			return nil, fmt.Errorf("feature %d: %w", i, err)
		}
	}
	return b.build()
}

// statements cuts a text into one geometry each: they end with their last
// closing parenthesis.
func statements(text []byte) (list []string) {
	depth, begin := 0, 0
	for i, c := range text {
		switch c {
		case '(':
			depth++
		case ')':
			if depth--; depth == 0 {
				list = append(list, string(trim(text[begin:i+1])))
				begin = i + 1
			}
		}
	}
	if rest := trim(text[begin:]); len(rest) > 0 {
		list = append(list, string(rest))
	}
	return list
}

func trim(b []byte) []byte {
	for len(b) > 0 && (b[0] <= ' ' || b[0] == ';') {
		b = b[1:]
	}
	for len(b) > 0 && b[len(b)-1] <= ' ' {
		b = b[:len(b)-1]
	}
	return b
}

type builder struct {
	m     Map
	known map[Point]int32
}

func (b *builder) add(g orb.Geometry, place func(orb.Point) Point) error {
	switch g := g.(type) {
	case orb.LineString:
		for i := 1; i < len(g); i++ {
			b.join(b.node(place(g[i-1])), b.node(place(g[i])))
		}
	case orb.MultiLineString:
		for _, line := range g {
			if err := b.add(line, place); err != nil {
				return err
			}
		}
	}
	// Points and areas among the features are no streets.
	if len(b.m.Nodes) > maxNodes {
		return fmt.Errorf("more than %d nodes", maxNodes)
	}
	return nil
}

func (b *builder) node(p Point) int32 {
	if n, known := b.known[p]; known {
		return n
	}
	if b.known == nil {
		b.known = map[Point]int32{}
	}
	n := int32(len(b.m.Nodes))
	b.known[p] = n
	b.m.Nodes, b.m.edges = append(b.m.Nodes, p), append(b.m.edges, nil)
	return n
}

func (b *builder) join(a, c int32) {
	if a == c || slices.ContainsFunc(b.m.edges[a], func(e edge) bool { return e.to == c }) {
		return
	}
	length := b.m.Nodes[a].Distance(b.m.Nodes[c])
	b.m.edges[a], b.m.edges[c] = append(b.m.edges[a], edge{c, length}), append(b.m.edges[c], edge{a, length})
}

// build keeps the largest connected part.
func (b *builder) build() (*Map, error) {
	part, sizes := make([]int32, len(b.m.Nodes)), []int{}
	for i := range part {
		part[i] = -1
	}
	for i := range part {
		if part[i] >= 0 {
			continue
		}
		number, size := int32(len(sizes)), 0
		stack := []int32{int32(i)}
		part[i] = number
		for len(stack) > 0 {
			n := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			size++
			for _, e := range b.m.edges[n] {
				if part[e.to] < 0 {
					part[e.to] = number
					stack = append(stack, e.to)
				}
			}
		}
		sizes = append(sizes, size)
	}
	if len(sizes) == 0 || slices.Max(sizes) < 2 {
		return nil, errors.New("no streets: want at least one line of two points")
	}
	keep := int32(slices.Index(sizes, slices.Max(sizes)))
	m, number := &Map{trees: map[int32][]int32{}}, make([]int32, len(part))
	for i, p := range part {
		if p == keep {
			number[i] = int32(len(m.Nodes))
			m.Nodes = append(m.Nodes, b.m.Nodes[i])
		}
	}
	for i, p := range part {
		if p == keep {
			for j, e := range b.m.edges[i] {
				b.m.edges[i][j].to = number[e.to]
			}
			m.edges = append(m.edges, b.m.edges[i])
		}
	}
	return m, nil
}

// Size is the corner opposite the origin of the rectangle that holds the map.
func (m *Map) Size() (far Point) {
	for _, n := range m.Nodes {
		far.X, far.Y = max(far.X, n.X), max(far.Y, n.Y)
	}
	return far
}

// destination is a random node of those that hosts go to.
func (m *Map) destination(c Chance) int32 {
	n := len(m.Nodes)
	most := max(2, maxTrees/n)
	if n <= most {
		return int32(c.IntN(n))
	}
	return int32(c.IntN(most) * n / most)
}

// way returns the nodes of the shortest way, both ends included.
func (m *Map) way(from, to int32) []int32 {
	tree := m.trees[to]
	if tree == nil {
		tree = m.tree(to)
		m.trees[to] = tree
	}
	nodes := []int32{from}
	for from != to {
		from = tree[from]
		nodes = append(nodes, from)
	}
	return nodes
}

// tree is Dijkstra's, from the destination: the next node from everywhere.
func (m *Map) tree(to int32) []int32 {
	next, far := make([]int32, len(m.Nodes)), make([]float64, len(m.Nodes))
	for i := range far {
		far[i] = math.Inf(1)
	}
	far[to], next[to] = 0, to
	queue := reaches{{to, 0}}
	for len(queue) > 0 {
		r := heap.Pop(&queue).(reach)
		if r.far > far[r.node] {
			continue
		}
		for _, e := range m.edges[r.node] {
			if d := r.far + e.length; d < far[e.to] {
				far[e.to], next[e.to] = d, r.node
				heap.Push(&queue, reach{e.to, d})
			}
		}
	}
	return next
}

type reach struct {
	node int32
	far  float64
}

type reaches []reach

func (r reaches) Len() int           { return len(r) }
func (r reaches) Less(i, j int) bool { return r[i].far < r[j].far }
func (r reaches) Swap(i, j int)      { r[i], r[j] = r[j], r[i] }
func (r *reaches) Push(x any)        { *r = append(*r, x.(reach)) }
func (r *reaches) Pop() any {
	old := *r
	x := old[len(old)-1]
	*r = old[:len(old)-1]
	return x
}

// Somewhere is a random place on a random street.
func (m *Map) Somewhere(c Chance) Point {
	p, _ := m.beside(c)
	return p
}

// beside is a random place on a random street that begins at a random node.
func (m *Map) beside(c Chance) (Point, int32) {
	node := int32(c.IntN(len(m.Nodes)))
	near := m.edges[node]
	a, b := m.Nodes[node], m.Nodes[near[c.IntN(len(near))].to]
	share := c.Float64()
	return Point{a.X + share*(b.X-a.X), a.Y + share*(b.Y-a.Y)}, node
}

// ParseStreets reads streets in either format: GeoJSON begins with a brace.
func ParseStreets(text []byte) (*Map, error) {
	if t := trim(text); len(t) > 0 && t[0] == '{' {
		return ParseGeoJSON(text)
	}
	return ParseWKT(text)
}

// Plane lays degrees out in metres: equirectangular around the middle, which is
// off by well below a percent within a district.
type Plane struct {
	west, south, shrink float64
}

// metresPerDegree is along a meridian, of a sphere of the Earth's mean radius.
const metresPerDegree = 111_195

// NewPlane has its origin at the box's south-western corner.
func NewPlane(box orb.Bound) Plane {
	return Plane{box.Min.Lon(), box.Min.Lat(), math.Cos(box.Center().Lat() * math.Pi / 180)}
}

// Place is in metres from the origin.
func (p Plane) Place(q orb.Point) Point {
	return Point{(q.Lon() - p.west) * metresPerDegree * p.shrink, (q.Lat() - p.south) * metresPerDegree}
}

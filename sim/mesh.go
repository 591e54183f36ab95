package sim

import (
	"math"
	"math/rand/v2"
	"slices"
	"time"
)

// Mesh makes the list of the devices that each device dials. Connections carry
// both ways.
type Mesh func(devices int, seed uint64) [][]int

// Random connects every device with about degree others, chosen at random, and
// so that all hang together: device i dials its predecessor on a ring and
// degree/2-1 others.
func Random(degree int) Mesh {
	return func(devices int, seed uint64) [][]int {
		r := rand.New(rand.NewPCG(seed, uint64(degree)))
		dials := make([][]int, devices)
		joined := map[[2]int]bool{}
		join := func(a, b int) bool {
			edge := [2]int{min(a, b), max(a, b)}
			if a == b || joined[edge] {
				return false
			}
			joined[edge] = true
			dials[a] = append(dials[a], b)
			return true
		}
		for i := range devices {
			join(i, (i+devices-1)%devices)
			for tries := 0; len(dials[i]) < degree/2 && tries < 100; tries++ {
				join(i, r.IntN(devices))
			}
		}
		return dials
	}
}

// Line connects each device with the next.
func Line(devices int, _ uint64) [][]int {
	dials := make([][]int, devices)
	for i := 1; i < devices; i++ {
		dials[i] = []int{i - 1}
	}
	return dials
}

// Star has the first device dial all others.
func Star(devices int, _ uint64) [][]int {
	dials := make([][]int, devices)
	for i := 1; i < devices; i++ {
		dials[0] = append(dials[0], i)
	}
	return dials
}

// neighbours turns dials into an undirected graph.
func neighbours(dials [][]int) [][]int {
	all := make([][]int, len(dials))
	for a, list := range dials {
		for _, b := range list {
			all[a] = append(all[a], b)
			all[b] = append(all[b], a)
		}
	}
	for _, list := range all {
		slices.Sort(list)
	}
	return all
}

// hops is the breadth-first distance of every node from one of them over the ways
// that are open; -1 where there is none.
func hops(graph [][]int, from int, open func(a, b int) bool) []int {
	dist := make([]int, len(graph))
	for i := range dist {
		dist[i] = -1
	}
	dist[from] = 0
	for queue := []int{from}; len(queue) > 0; queue = queue[1:] {
		a := queue[0]
		for _, b := range graph[a] {
			if dist[b] < 0 && open(a, b) {
				dist[b] = dist[a] + 1
				queue = append(queue, b)
			}
		}
	}
	return dist
}

// quickest is how long the quickest way from one node to each other takes, by
// Dijkstra's algorithm: the least that any way of spreading could need.
func quickest(graph [][]int, from int, length func(a, b int) time.Duration) []time.Duration {
	const far = time.Duration(math.MaxInt64)
	least, done := make([]time.Duration, len(graph)), make([]bool, len(graph))
	for i := range least {
		least[i] = far
	}
	least[from] = 0
	for {
		a := -1
		for i, d := range least {
			if !done[i] && d < far && (a < 0 || d < least[a]) {
				a = i
			}
		}
		if a < 0 {
			return least
		}
		done[a] = true
		for _, b := range graph[a] {
			least[b] = min(least[b], least[a]+length(a, b))
		}
	}
}

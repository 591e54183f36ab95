package sim

import (
	"testing"
	"time"
)

func TestMeshes(t *testing.T) {
	for name, mesh := range map[string]Mesh{"random": Random(8), "line": Line, "star": Star} {
		graph := neighbours(mesh(100, 1))
		for i, n := range hops(graph, 0, func(int, int) bool { return true }) {
			if n < 0 {
				t.Errorf("%s: device %d hangs with nobody", name, i)
			}
		}
	}
	degree := 0
	for _, list := range neighbours(Random(20)(1000, 1)) {
		degree += len(list)
	}
	if degree != 20*1000 {
		t.Errorf("%d connections in a mesh of degree 20 and 1,000 devices", degree/2)
	}
	if a, b := Random(8)(50, 1), Random(8)(50, 2); len(a) == len(b) && a[10][1] == b[10][1] && a[20][1] == b[20][1] && a[30][1] == b[30][1] {
		t.Error("another seed makes the same mesh")
	}
}

// The quickest way is not the one with the fewest hops.
func TestQuickest(t *testing.T) {
	graph := neighbours([][]int{{1, 2}, {2}, {3}, nil})
	length := func(a, b int) time.Duration {
		if min(a, b) == 0 && max(a, b) == 2 {
			return 10 * time.Second
		}
		return time.Second
	}
	want := []time.Duration{0, time.Second, 2 * time.Second, 3 * time.Second}
	for i, d := range quickest(graph, 0, length) {
		if d != want[i] {
			t.Errorf("to %d in %s, want %s", i, d, want[i])
		}
	}
	if n := hops(graph, 0, func(a, b int) bool { return a+b != 2 })[3]; n != 3 {
		t.Errorf("%d hops past a closed way", n)
	}
}

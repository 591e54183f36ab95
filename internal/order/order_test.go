package order

import "testing"

func TestBool(t *testing.T) {
	for _, test := range []struct {
		a, b bool
		want int
	}{{false, false, 0}, {true, true, 0}, {false, true, -1}, {true, false, 1}} {
		if got := Bool(test.a, test.b); got != test.want {
			t.Errorf("%v, %v: %d, want %d", test.a, test.b, got, test.want)
		}
	}
}

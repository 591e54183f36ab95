// Package order compares what package cmp of the standard library leaves out, for
// [cmp.Or] and package slices.
package order

// Bool is -1 if only b holds, 0 if both or neither do, and +1 if only a does: what
// does not hold comes first.
func Bool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

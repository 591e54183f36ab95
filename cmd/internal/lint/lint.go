// Package lint holds the rules of this repository's architecture and checks its source tree against them: which package
// may import which, what the pure core may not touch, and how packages and files are named, sized and documented.
//
// The rules run as this package's tests, so go test ./... holds them. They read the tree in the test process itself
// (not through go list), so that Go's test cache notices every changed, added or removed file.
package lint

// Rules are all rules. Each returns what breaks it, in no particular order; none means that the tree keeps the rule.
var Rules = []struct {
	Name  string
	Check func(*Tree) []Problem
}{
	{"layers", layering},
	{"purity", purity},
	{"package comments", packageComments},
	{"file sizes", fileSizes},
	{"names", vagueNames},
	{"top level", topLevel},
	{"machine paths", machinePaths},
}

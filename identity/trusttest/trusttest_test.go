package trusttest

import "testing"

func TestTreeVerifiesFromTheRootAlone(t *testing.T) {
	tree, err := NewTree(1, 2)
	if err != nil {
		t.Fatal(err)
	}
	p := tree.Pinned()
	for id, err := range p.AddAll(tree.Made) {
		t.Errorf("%s: %v", id.Short(), err)
	}
}

package recon

import (
	"crypto/sha256"
	"fmt"
	"testing"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

func testItem(name string, level wire.Level) wire.Item {
	it := wire.Item{Level: level}
	it.ID[0] = 1
	sum := sha256.Sum256([]byte(name))
	copy(it.ID[1:], sum[:])
	return it
}

// converse runs a session to its end and returns what each side holds over the other.
func converse(t *testing.T, a, b *Set, la, lb Limits) (aHas, bHas []wire.Item, need []Ref) {
	t.Helper()
	ask, answer := Ask(a, la), Answer(b, lb)
	var in []byte
	for round := 0; ; round++ {
		if round > 1000 {
			t.Fatal("endless session")
		}
		out, have, lacks, done, err := ask.Step(in)
		if err != nil {
			t.Fatal("ask:", err)
		}
		aHas, need = append(aHas, have...), append(need, lacks...)
		if len(out) > 0 {
			reply, have, _, ended, err := answer.Step(out)
			if err != nil {
				t.Fatal("answer:", err)
			}
			bHas = append(bHas, have...)
			if ended && done {
				return aHas, bHas, need
			}
			in = reply
		}
		if done {
			return aHas, bHas, need
		}
	}
}

func TestUnion(t *testing.T) {
	a, b := NewSet(), NewSet()
	const expires = 1 << 20
	for i := range 100 {
		it := testItem(fmt.Sprint(i), 1)
		if i%10 != 0 {
			a.Add(it, expires)
		}
		if i%7 != 0 {
			b.Add(it, expires)
		}
	}
	a.Add(testItem("raised", 1), expires)
	b.Add(testItem("raised", 2), expires)
	aHas, bHas, need := converse(t, a, b, Limits{}, Limits{})
	if len(aHas) != 13 || len(bHas) != 9 || len(need) != len(bHas) {
		t.Errorf("ask has %d items more, answer %d, ask needs %d; want 13, 9, 9", len(aHas), len(bHas), len(need))
	}
	for _, it := range aHas {
		b.Add(it, expires)
	}
	for _, it := range bHas {
		a.Add(it, expires)
	}
	if aHas, bHas, _ := converse(t, a, b, Limits{}, Limits{}); len(aHas)+len(bHas) != 0 {
		t.Errorf("after the exchange they still differ by %d and %d items", len(aHas), len(bHas))
	}
}

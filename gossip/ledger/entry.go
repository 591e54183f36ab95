package ledger

import (
	"cmp"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Entry is what is remembered of an accepted envelope. It must not be modified
// once it was admitted.
type Entry struct {
	wire.Item
	wire.Place
	Kind     wire.Type
	Priority wire.Priority
	Sequence uint64
	Expires  uint64 // seconds UTC
	Size     uint64 // bytes of the stored form and the parts
	Author   [32]byte
	// Accounts are the certificates that the envelope is charged to: the author's,
	// its unit's, and every ancestor's. A root version is charged to the one before it.
	Accounts  []wire.ID
	Whole     bool   // every part is here
	Full      bool   // more signatures would not raise the level
	Recovered bool   // a root version that recovery keys have signed
	Written   bool   // it is in the store; else on its way there
	Emergency uint64 // when one person signed it in an emergency, seconds UTC; 0: nobody did
}

// Grade is what catch-up compares of an envelope: twice the level, and one more
// if every part is here. The higher one is worth having.
func (e *Entry) Grade() wire.Level { return grade(e.Level, e.Whole) }

func grade(level wire.Level, whole bool) wire.Level {
	if whole {
		return 2*level + 1
	}
	return 2 * level
}

// CompareRank is the one total order in which overflow keeps, and in which
// catch-up gives: first what is Severe and has all its signatures, then severity, then
// sequence, then ID. It depends on the envelopes alone. An end is accepted with one
// signature, at any severity, and sequences are free to choose: without the first rule, one
// stolen key could crowd out the warnings of a whole Land.
func CompareRank(a, b *Entry) int {
	if first := a.first(); first != b.first() {
		if first {
			return -1
		}
		return 1
	}
	return cmp.Or(cmp.Compare(b.Priority, a.Priority), cmp.Compare(b.Sequence, a.Sequence), a.ID.Compare(b.ID))
}

// first reports whether an envelope says what only all persons needed can say.
func (e *Entry) first() bool { return e.Recovered || e.Full && e.Priority >= wire.PrioritySevere }

package ledger

import (
	"cmp"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// slotKey names a place where only the highest sequence is kept.
type slotKey struct {
	domain wire.ID
	author [32]byte // public key
	kind   wire.Type
}

func (e *Entry) slot() slotKey { return slotKey{e.Domain, e.Author, e.Kind} }

// holder is the entry in e's slot, if it has one and another envelope holds it.
func (l *Ledger) holder(e *Entry) *Entry {
	if !e.Kind.Slot() {
		return nil
	}
	if held := l.slots[e.slot()]; held != nil && held.ID != e.ID {
		return held
	}
	return nil
}

// later reports whether a takes the slot from b. Of equal sequences the smaller
// ID stays, on every device.
func later(a, b *Entry) bool {
	return cmp.Or(cmp.Compare(a.Sequence, b.Sequence), b.ID.Compare(a.ID)) > 0
}

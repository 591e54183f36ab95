package gossip

import "github.com/kreidfeuer/kreidfeuer/gossip/wire"

// slotKey names a place where only the highest sequence is kept.
type slotKey struct {
	domain wire.ID
	author [32]byte // public key
	kind   wire.Type
}

// slots remembers which entry holds each slot.
type slots map[slotKey]*entry

// replace puts n into its slot. It returns the entry that has to go: the one
// replaced, n itself if it is the older, or nil. With equal sequences the
// smaller ID stays, on every device.
func (s slots) replace(n *entry, kind wire.Type) *entry {
	if !kind.Slot() {
		return nil
	}
	key := slotKey{n.domain, n.author, kind}
	old := s[key]
	if old == nil || old.ID == n.ID {
		s[key] = n
		return nil
	}
	if old.sequence > n.sequence || old.sequence == n.sequence && old.ID.Compare(n.ID) < 0 {
		return n
	}
	s[key] = n
	return old
}

// release empties the slot that n holds.
func (s slots) release(n *entry) {
	for key, held := range s {
		if held == n {
			delete(s, key)
		}
	}
}

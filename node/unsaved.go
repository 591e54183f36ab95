package node

import (
	"bytes"

	"github.com/kreidfeuer/kreidfeuer/gossip"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// maxUnsaved bounds the records remembered that the store has not taken; twice
// what the router brings again.
const maxUnsaved = 4096

// noteUnsaved remembers what the store did not take, so that it can be shown and
// passed on, and is not told again when it comes again.
func (n *Node) noteUnsaved(records []gossip.Record, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, r := range records {
		id := r.Envelope.ID()
		if err == nil {
			delete(n.unsaved, id)
			continue
		}
		if _, known := n.unsaved[id]; !known && len(n.unsaved) >= maxUnsaved {
			continue
		}
		r.Envelope, r.Content = r.Envelope.Stored(), nil // nothing of the transmission
		parts := make([][]byte, len(r.Parts))
		for i, p := range r.Parts {
			parts[i] = bytes.Clone(p)
		}
		r.Parts = parts
		n.unsaved[id] = r
	}
}

// isUnsaved reports whether an envelope waits for room on the disk, and why.
func (n *Node) isUnsaved(id wire.ID) (why error, ok bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	_, ok = n.unsaved[id]
	return n.full, ok
}

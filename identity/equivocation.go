package identity

import (
	"slices"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Equivocation reports whether two envelopes prove that one key has signed two
// different things with one sequence in one lane: a fork of its chain. Both
// authors' certificates must be known.
func (p *Pool) Equivocation(a, b *wire.Envelope) bool {
	x, y := &a.Header, &b.Header
	if a.ID() == b.ID() || x.Lane != y.Lane || x.Sequence != y.Sequence || a.Domain() != b.Domain() {
		return false
	}
	key, ok := p.authorKey(a)
	other, found := p.authorKey(b)
	return ok && found && key == other && !slices.ContainsFunc([]*wire.Envelope{a, b}, func(e *wire.Envelope) bool {
		return verifySigner(e, 0, key) != nil
	})
}

func (p *Pool) authorKey(e *wire.Envelope) (PublicKey, bool) {
	if key, ok := rootKey(e.Author()); ok {
		return key, true
	}
	id, _ := e.Author().Ref.Certificate()
	c, ok := p.Certificate(id)
	if !ok {
		return PublicKey{}, false
	}
	return c.Key, true
}

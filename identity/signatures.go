package identity

import (
	"sync"
	"sync/atomic"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// maxSignatures bounds the genuine signatures remembered, at 131 bytes each.
// They serve while an envelope is about to be accepted; then it is known. Some
// batches of catch-up, verified ahead, have room.
const maxSignatures = 4096

// signatures verifies, and remembers what was genuine lately: copies of a genuine
// envelope with one more signature, or another one damaged, cost one check each
// and not one for every signature that somebody else made. Its zero value works.
type signatures struct {
	checks atomic.Uint64

	mu      sync.Mutex
	genuine map[signature]struct{}
	ring    []signature
	next    int
}

// signature says everything that decides whether it is genuine: the envelope's ID
// covers the rest of what was signed, and the reference names one key for ever.
type signature struct {
	envelope wire.ID
	signer   wire.Signer
}

// verify verifies the i-th signature of e, by key.
func (s *signatures) verify(e *wire.Envelope, i int, key PublicKey) error {
	id := signature{e.ID(), e.Signers[i]}
	if s.has(id) {
		return nil
	}
	s.checks.Add(1)
	if err := verifySigner(e, i, key); err != nil {
		return err
	}
	s.add(id)
	return nil
}

func (s *signatures) has(id signature) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	_, ok := s.genuine[id]
	return ok
}

func (s *signatures) add(id signature) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.genuine == nil {
		s.genuine = map[signature]struct{}{}
	}
	if _, twice := s.genuine[id]; twice {
		return
	}
	if len(s.ring) < maxSignatures {
		s.ring = append(s.ring, id)
	} else {
		delete(s.genuine, s.ring[s.next])
		s.ring[s.next] = id
		s.next = (s.next + 1) % maxSignatures
	}
	s.genuine[id] = struct{}{}
}

// SignatureChecks is the number of signatures verified since the pool was made,
// genuine or not. It is a metric: what an attacker makes this device spend.
func (p *Pool) SignatureChecks() uint64 { return p.signatures.checks.Load() }

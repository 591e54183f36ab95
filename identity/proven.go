package identity

import (
	"sync"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// maxProven bounds the remembered chains, at some 300 bytes each: the officers
// who issue at one time. Beyond it all are forgotten and proven again.
const maxProven = 512

// proven remembers the chains that were known and held to be on the path, by
// issuer and signers: the same officers' next alert brings the same chain. What
// it says holds under one version of the pool. Its zero value works.
type proven struct {
	mu      sync.Mutex
	version uint64
	chains  map[string][]string // objects as the pool holds them
}

// proofKey is what a chain proves.
func proofKey(e *wire.Envelope) []byte {
	issuer := e.Header.IssuerID()
	key := append(make([]byte, 0, (1+len(e.Signers))*wire.IDSize), issuer[:]...)
	for i := range e.Signers {
		key = append(key, e.Signers[i].Ref[:]...)
	}
	return key
}

// has reports whether this very chain was proven for the key.
func (m *proven) has(version uint64, key []byte, chain [][]byte) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	known := m.chains[string(key)]
	if m.version != version || len(known) != len(chain) {
		return false
	}
	for i, object := range chain {
		if known[i] != string(object) {
			return false
		}
	}
	return true
}

func (m *proven) add(version uint64, key []byte, links []link) {
	chain := make([]string, len(links))
	for i, l := range links {
		if chain[i] = l.raw; l.raw == "" {
			return
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.version != version || len(m.chains) >= maxProven || m.chains == nil {
		m.version, m.chains = version, map[string][]string{}
	}
	m.chains[string(key)] = chain
}

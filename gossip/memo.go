package gossip

import "sync"

// memo remembers keyed hashes of the last transmissions that were accepted, in a
// ring. The key is random per process, so nobody can aim a collision.
type memo struct {
	mu   sync.Mutex
	set  map[uint64]struct{}
	ring []uint64
	next int
}

func newMemo() *memo {
	return &memo{set: map[uint64]struct{}{}} // few devices ever fill it
}

func (m *memo) has(sum uint64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, ok := m.set[sum]
	return ok
}

func (m *memo) add(sum uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.ring) < rawMemo {
		m.ring = append(m.ring, sum)
	} else {
		delete(m.set, m.ring[m.next])
		m.ring[m.next] = sum
		m.next = (m.next + 1) % rawMemo
	}
	m.set[sum] = struct{}{}
}

func (m *memo) clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.set)
	m.ring, m.next = m.ring[:0], 0
}

package gossip

import (
	"hash/maphash"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/meter"
)

// lostPeer and lostPeers bound what is remembered of what was unproven and found no room: as much
// as a neighbour may send at once, of some dozen neighbours.
const (
	lostPeer  = meter.NewBurst + meter.NewRate
	lostPeers = 48
)

// lost is what found no room of one neighbour: the last of it, as keyed hashes of message IDs.
type lost struct {
	ring []uint64
	next int
	last time.Time
}

// lose remembers what found no room. The caller holds u.mu.
func (u *unproven) lose(b *bare) {
	l := u.lost[b.from.peer]
	if l == nil {
		for p := range u.lost {
			if len(u.lost) < lostPeers {
				break
			}
			u.forget(p)
		}
		l = &lost{}
		u.lost[b.from.peer] = l
	}
	sum := maphash.String(u.seed, b.id)
	if l.last = time.Now(); len(l.ring) < lostPeer {
		l.ring = append(l.ring, sum)
	} else {
		delete(u.gone, l.ring[l.next])
		l.ring[l.next] = sum
		l.next = (l.next + 1) % lostPeer
	}
	u.gone[sum] = struct{}{}
	u.missed.Store(true)
}

// forget forgets what found no room of one neighbour. The caller holds u.mu.
func (u *unproven) forget(p string) {
	for _, sum := range u.lost[p].ring {
		delete(u.gone, sum)
	}
	delete(u.lost, p)
}

// isLost reports whether a message found no room. The caller holds u.mu.
func (u *unproven) isLost(id string) bool {
	if len(u.gone) == 0 {
		return false
	}
	_, is := u.gone[maphash.String(u.seed, id)]
	return is
}

// sweep forgets what found no room long ago: it came by catch-up, if at all. It reports
// whether anything is left.
func (u *unproven) sweep(now time.Time) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	for p, l := range u.lost {
		if now.Sub(l.last) >= unprovenTime {
			u.forget(p)
		}
	}
	u.missed.Store(len(u.lost) > 0)
	return len(u.lost) > 0
}

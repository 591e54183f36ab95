package agenda

import (
	"hash/maphash"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/stream"
)

// claim says whom this device asked for an envelope a moment ago.
type claim[P ~string] struct {
	by    P
	until time.Time
}

// vain are the items that it is no use to ask a neighbour for: what it gave was
// refused. (What it promised and did not give may be on its way to its disk.) It is remembered of this neighbour alone, so that a
// damaged or a bare copy of an alert never keeps the genuine one away, and until trust changes.
type vain struct {
	version uint64 // of the pool
	since   time.Time
	items   map[uint64]struct{} // by keyed hash
}

// refresh forgets everything when the verdicts may have changed.
func (v *vain) refresh(version uint64, now time.Time) {
	if v.items == nil || v.version != version || now.Sub(v.since) > vainTime {
		*v = vain{version, now, map[uint64]struct{}{}}
	}
}

// Claim decides about one item that a neighbour offers: take says that it is to be
// asked for now, wait that another one was asked a moment ago. version is that of the
// trust by which what was in vain was judged. Who has waited long enough for others is
// impatient. Others do not wait for who lately kept no promise.
func (n *Neighbours[P]) Claim(p P, o *stream.Offered, version uint64, impatient bool, now time.Time) (take, wait bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	b := n.all[p]
	if b == nil {
		return false, false
	}
	b.vain.refresh(version, now)
	if _, is := b.vain.items[n.key(o)]; is {
		return false, false
	}
	if c, ok := n.asked[o.ID]; ok && c.by != p && now.Before(c.until) && !impatient {
		return false, true
	}
	until := now.Add(ClaimTime)
	if now.Sub(b.broke) < brokenTime {
		until = now
	}
	n.asked[o.ID] = claim[P]{p, until}
	return true, false
}

// Settle ends the claims of what was asked for, and remembers what was asked for in
// vain. broke says that the neighbour did not give all that it had promised.
func (n *Neighbours[P]) Settle(p P, asked, inVain []stream.Offered, broke bool, version uint64, now time.Time) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i := range asked {
		if n.asked[asked[i].ID].by == p {
			delete(n.asked, asked[i].ID)
		}
	}
	b := n.all[p]
	if b == nil {
		return
	}
	if broke {
		b.broke = now
	}
	b.vain.refresh(version, now)
	for i := range inVain {
		if len(b.vain.items) < vainMax {
			b.vain.items[n.key(&inVain[i])] = struct{}{}
		}
	}
}

// key names an item in a neighbour's memory; the seed is this process's own.
func (n *Neighbours[P]) key(o *stream.Offered) uint64 {
	return maphash.Bytes(n.seed, append(o.ID[:len(o.ID):len(o.ID)], byte(o.Grade)))
}

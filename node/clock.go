package node

import (
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node/row"
)

// clocks compares this device's clock with its neighbours'. They are not
// trusted: what they say can cast doubt, so that alerts are shown that would
// have passed for expired; it never hides, expires or sets anything.
type clocks struct {
	mu      sync.Mutex
	offs    map[peer.ID]offset
	ends    []rootEnd // under the pool's version; nil: not asked yet
	version uint64
}

type offset struct {
	theirs time.Duration // ahead of ours
	heard  time.Time
}

const (
	// clockTolerance is the difference that people do not notice.
	clockTolerance = 10 * time.Minute
	// maxClocks bounds the neighbours remembered.
	maxClocks = 256
	// clockMemory is how long a neighbour's clock counts: those who are there are
	// heard again within minutes, and those who left take their doubt with them.
	clockMemory = time.Hour
)

func newClocks() clocks { return clocks{offs: map[peer.ID]offset{}} }

// hear notes a neighbour's clock.
func (c *clocks) hear(p peer.ID, theirs, ours time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.offs) >= maxClocks {
		for old := range c.offs {
			delete(c.offs, old)
			break
		}
	}
	c.offs[p] = offset{theirs.Sub(ours), time.Now()}
}

// forget drops the clocks of neighbours that were not heard for long.
func (c *clocks) forget(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.offs, func(_ peer.ID, o offset) bool { return now.Sub(o.heard) > clockMemory })
}

// doubted reports whether the neighbours' clocks are reason to distrust ours.
func (c *clocks) doubted() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	odd := 0
	for _, o := range c.offs {
		if o.odd() {
			odd++
		}
	}
	return mostAreOdd(odd, len(c.offs))
}

func mostAreOdd(odd, all int) bool { return odd > 0 && 2*odd >= all }

func (o offset) odd() bool { return o.theirs.Abs() > clockTolerance }

// odd counts neighbours whose clock differs from ours, and all that were heard.
func (c *clocks) odd() (odd, all int, median time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var offs []time.Duration
	for _, o := range c.offs {
		offs = append(offs, o.theirs)
		if o.odd() {
			odd++
		}
	}
	if len(offs) == 0 {
		return 0, 0, 0
	}
	slices.Sort(offs)
	return odd, len(offs), offs[len(offs)/2]
}

// clockDoubted reports whether there are clockDoubts, as every judgement asks.
func (n *Node) clockDoubted() bool {
	now := n.now()
	return n.clocks.doubted() || slices.ContainsFunc(n.rootEnds(), func(r rootEnd) bool {
		return now >= r.expires || now < n.pool.Floor(r.domain)
	})
}

// clockDoubts are the reasons to distrust this device's clock, in words.
func (n *Node) clockDoubts() []string {
	var why []string
	if odd, all, median := n.clocks.odd(); mostAreOdd(odd, all) {
		why = append(why, fmt.Sprintf("%d of %d neighbours show another time, by %s in the middle", odd, all, median.Round(time.Minute)))
	}
	now := n.now()
	for _, r := range n.rootEnds() {
		if now >= r.expires {
			why = append(why, fmt.Sprintf("by this clock the root %q has ended", r.name))
		}
		if floor := n.pool.Floor(r.domain); now < floor {
			why = append(why, fmt.Sprintf("by this clock it is earlier than %s, which %q has signed", row.UTC(floor).Format(time.RFC3339), r.name))
		}
	}
	return why
}

// rootEnd is when an adopted root ends.
type rootEnd struct {
	domain  wire.ID
	name    string
	expires uint64
}

// rootEnds are the ends of the adopted roots. They change with the trust pool
// alone, and every judgement of time asks for them.
func (n *Node) rootEnds() []rootEnd {
	version := n.pool.Version()
	n.clocks.mu.Lock()
	defer n.clocks.mu.Unlock()
	if n.clocks.ends != nil && n.clocks.version == version {
		return n.clocks.ends
	}
	ends := []rootEnd{}
	for _, d := range n.pool.Domains() {
		if s, ok := n.pool.Status(d); ok && s.Adopted != nil {
			ends = append(ends, rootEnd{d, s.Adopted.Name, s.Adopted.Expires})
		}
	}
	n.clocks.ends, n.clocks.version = ends, version
	return ends
}

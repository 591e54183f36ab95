package sim

import (
	"cmp"
	"context"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/kreidfeuer/kreidfeuer/sim/contact"
	"github.com/kreidfeuer/kreidfeuer/sim/mobility"
	"github.com/kreidfeuer/kreidfeuer/sim/model"
	"github.com/kreidfeuer/kreidfeuer/sim/netmodel"
	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

// located is how long a place counts: a car moves by some metres in it.
const located = 250 * time.Millisecond

// reach says who reaches whom, by which link.
type reach struct {
	stage *model.Stage
	links []scenario.Link
	order []int // of links, the quickest first
	*state

	// Guarded by the state's mu.
	at    time.Duration // of where
	where func(device int) mobility.Point
	// meetings are the open ones of a recorded log, which replaces the range of its link for
	// its hosts.
	meetings map[[2]int32]bool
	logged   int // that link; -1: there is no log
}

func newReach(stage *model.Stage, s *state) *reach {
	r := &reach{stage: stage, links: stage.Links(), state: s, where: stage.Where(0), meetings: map[[2]int32]bool{}, logged: -1}
	for i := range r.links {
		r.order = append(r.order, i)
	}
	slices.SortStableFunc(r.order, func(a, b int) int { return cmp.Compare(r.links[a].Latency, r.links[b].Latency) })
	return r
}

// link is the quickest link between two devices that carries packets.
func (r *reach) link(now time.Duration, a, b int) netmodel.Link {
	return r.like(r.quickest(now, a, b, func(l int) bool { return r.links[l].Airtime == "" }))
}

// by is one link between two devices.
func (r *reach) by(now time.Duration, link, a, b int) netmodel.Link {
	return r.like(r.quickest(now, a, b, func(l int) bool { return l == link }))
}

// like is what a link is like; -1 is none.
func (r *reach) like(link int) netmodel.Link {
	if link < 0 {
		return netmodel.Link{Down: true}
	}
	k := &r.links[link]
	return netmodel.Link{Latency: time.Duration(k.Latency), Rate: float64(k.Rate) * 8, Loss: float64(k.Loss)}
}

// near reports whether two devices find each other by a link with a range.
func (r *reach) near(now time.Duration, a, b int) bool {
	return r.quickest(now, a, b, r.isLAN) >= 0
}

// isLAN reports whether who is in a link's range finds the others there.
func (r *reach) isLAN(link int) bool { return r.links[link].Range > 0 && r.links[link].Airtime == "" }

// quickest is the number of the quickest link of a kind between two devices, or -1.
func (r *reach) quickest(now time.Duration, a, b int, kind func(link int) bool) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.on[a] || !r.on[b] || !r.stage.Awake(a, now) || !r.stage.Awake(b, now) {
		return -1
	}
	both := r.works[a] & r.works[b]
	for _, l := range r.order {
		if both>>l&1 == 1 && kind(l) && r.reaches(now, l, a, b) {
			return l
		}
	}
	return -1
}

func (r *reach) reaches(now time.Duration, l, a, b int) bool {
	k := &r.links[l]
	switch {
	case l == r.logged && (r.stage.Host(a) || r.stage.Host(b)):
		return r.meetings[[2]int32{int32(min(a, b)), int32(max(a, b))}]
	case k.Range == 0:
		return !k.Local || r.stage.Place(a) == r.stage.Place(b)
	}
	if now-r.at >= located {
		r.at, r.where = now, r.stage.Where(now)
	}
	return r.where(a).Distance(r.where(b)) <= float64(k.Range)
}

// meet opens or closes a meeting of the log.
func (r *reach) meet(c contact.Change) {
	r.mu.Lock()
	defer r.mu.Unlock()
	pair := [2]int32{min(c.A, c.B), max(c.A, c.B)}
	if r.meetings[pair] = c.Up; !c.Up {
		delete(r.meetings, pair)
	}
}

// looks is how often a device looks for others in range, as discovery on a LAN
// does; 0: never, all its links are infrastructure.
func (r *reach) looks(device int) (every time.Duration) {
	for l := range r.links {
		if k := &r.links[l]; r.isLAN(l) && r.stage.Has(device, l) {
			window := cmp.Or(time.Duration(k.Exchange), model.DefaultParams.Exchange)
			if every == 0 || window < every {
				every = window
			}
		}
	}
	return every
}

// lookout is a device's means of finding who has come into range.
type lookout struct {
	p      *player
	device int
	every  time.Duration
}

// Run implements [discovery.Source].
func (l *lookout) Run(ctx context.Context, found func(peer.AddrInfo)) error {
	chance := rand.New(rand.NewPCG(l.p.Seed, uint64(l.device)<<8|1))
	wait := time.Duration(chance.Float64() * float64(l.every))
	tick := time.NewTimer(wait)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
		l.look(chance, found)
		tick.Reset(l.every)
	}
}

// look reports who is in range and not connected, in any order, as answers come on a LAN.
func (l *lookout) look(chance *rand.Rand, found func(peer.AddrInfo)) {
	l.p.mu.Lock()
	w := l.p.world
	l.p.mu.Unlock()
	if w == nil {
		return // the world is still being made
	}
	now, me, roles := w.Now(), w.devices[l.device], l.p.cast.roles
	for _, other := range chance.Perm(l.p.cast.devices) {
		if other == l.device || !l.p.reach.near(now, roles[l.device], roles[other]) {
			continue
		}
		info := l.p.infos[other]
		if me.host.Network().Connectedness(info.ID) != network.Connected {
			found(info)
		}
	}
}

package gossip

import (
	"cmp"
	"hash/maphash"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// An envelope that gossip brought without its chain, and whose issuer or signers are
// unknown here, is unproven: neither refused, because it may be genuine, nor passed on,
// because it may be anything.
//
//	held      for unprovenTime at most. A neighbour that sent it is asked at once for the
//	          whole of it, chain and all, by a session of its own; soon afterwards others that
//	          sent or announced it, some at once (asking.go). When trust has changed it is judged again.
//	passed on when it was accepted, or is known by what came meanwhile and these very bytes
//	          are genuine as well: to the mesh, as if it had come just now.
//	refused   by any other verdict, with a strike where gossip would give one.
//	given up  for want of time or room. Who sent or announced it is compared with, as where anything may
//	          have been missed; so is now and then somebody else.
//
// Whoever has filled its share and is then first with a genuine one does not keep it away: what
// found no room is remembered by a hash, and who says next that it has it is compared with.
//
// Whoever sends inventions with issuers that do not exist is asked for them a few
// times, and every two seconds after that, and is the only one who is.
const (
	// unprovenPeer and unprovenPeerBytes bound what is held by one neighbour: an hour's
	// warnings of a Land. unprovenTotal and unprovenBytes bound all of it; beyond it the
	// oldest gives way of whoever has most.
	unprovenPeer      = 64
	unprovenPeerBytes = 256 << 10
	unprovenTotal     = 512
	unprovenBytes     = 4 << 20

	// unprovenTime is what asking some neighbours takes over slow links.
	unprovenTime = 30 * time.Second

	// proofSources bounds the neighbours remembered to have an envelope: as many as there
	// usually are, so that whoever is first does not keep others from being remembered.
	proofSources = 160

	// proofPause gathers what comes at once.
	proofPause = 5 * time.Millisecond

	// proofAround is how often somebody else is compared with while nobody who is known
	// to have an envelope proves it.
	proofAround = 10 * time.Second
)

// unproven are the envelopes that wait for their proof.
type unproven struct {
	wake   chan struct{}
	count  atomic.Int32  // of all
	missed atomic.Bool   // something found no room
	taken  atomic.Uint64 // since the start

	asking sync.WaitGroup

	seed  maphash.Seed
	mu    sync.Mutex
	all   map[string]*bare // by gossip message ID
	bytes int
	asked map[peer.ID]struct{} // whom a session asks now
	lost  map[string]*lost     // by who sent it
	gone  map[uint64]struct{}  // all of that
}

// bare is one of them. Its sources are guarded by the lock; what follows them is
// touched by the one goroutine that looks after it.
type bare struct {
	id       string
	raw      []byte
	envelope *wire.Envelope
	from     origin
	since    time.Time
	sources  []peer.ID // who has it, in the order in which they showed that

	version uint64 // of the pool by which it was judged
	asks    []asked
	askAt   time.Time // when to look again
	around  time.Time // when somebody else may be compared with; zero: the sources first
}

func newUnproven() *unproven {
	return &unproven{wake: make(chan struct{}, 1), seed: maphash.MakeSeed(), all: map[string]*bare{}, asked: map[peer.ID]struct{}{}, lost: map[string]*lost{}, gone: map[uint64]struct{}{}}
}

// look has everything looked at again: something may be proven now.
func (u *unproven) look() {
	if u.count.Load() == 0 {
		return
	}
	select {
	case u.wake <- struct{}{}:
	default:
	}
}

// hold takes an envelope in and returns who has those that found no room.
func (u *unproven) hold(b *bare) (left []peer.ID) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if s := u.shares()[b.from.peer]; s.count >= unprovenPeer || s.bytes+len(b.raw) > unprovenPeerBytes {
		u.lose(b)
		return b.sources
	}
	for len(u.all) >= unprovenTotal || u.bytes+len(b.raw) > unprovenBytes {
		gone := u.greediest()
		u.remove(gone)
		u.lose(gone)
		left = append(left, gone.sources...)
	}
	u.taken.Add(1)
	u.all[b.id] = b
	u.bytes += len(b.raw)
	u.count.Store(int32(len(u.all)))
	return left
}

// share is what is held by one neighbour.
type share struct{ count, bytes int }

// shares are those of all neighbours.
func (u *unproven) shares() map[string]share {
	all := map[string]share{}
	for _, b := range u.all {
		s := all[b.from.peer]
		all[b.from.peer] = share{s.count + 1, s.bytes + len(b.raw)}
	}
	return all
}

// greediest is the oldest of whoever holds most of what is short: many small inventions do
// not drive out a large warning.
func (u *unproven) greediest() (oldest *bare) {
	all := u.shares()
	most := func(a, b share) int { return cmp.Compare(a.bytes, b.bytes) }
	if len(u.all) >= unprovenTotal {
		most = func(a, b share) int { return cmp.Or(cmp.Compare(a.count, b.count), cmp.Compare(a.bytes, b.bytes)) }
	}
	for _, b := range u.all {
		if oldest == nil || cmp.Or(most(all[b.from.peer], all[oldest.from.peer]), oldest.since.Compare(b.since)) > 0 {
			oldest = b
		}
	}
	return oldest
}

func (u *unproven) remove(b *bare) {
	if u.all[b.id] != b {
		return
	}
	delete(u.all, b.id)
	u.bytes -= len(b.raw)
	u.count.Store(int32(len(u.all)))
}

func (u *unproven) drop(b *bare) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.remove(b)
}

// list returns what is held, the oldest first.
func (u *unproven) list() []*bare {
	u.mu.Lock()
	defer u.mu.Unlock()
	list := make([]*bare, 0, len(u.all))
	for _, b := range u.all {
		list = append(list, b)
	}
	slices.SortFunc(list, func(a, b *bare) int { return cmp.Or(a.since.Compare(b.since), cmp.Compare(a.id, b.id)) })
	return list
}

// overhear notes who else has what is held, by what it sends, announces or does not want to
// be sent, and reports whether it has something that found no room. It runs in gossipsub's loop.
func (u *unproven) overhear(p peer.ID, rpc *pubsub.RPC) (has bool) {
	if u.count.Load() == 0 && !u.missed.Load() {
		return false
	}
	further := false
	note := func(id string) {
		further = u.source(p, id) || further
		has = has || u.isLost(id)
	}
	u.mu.Lock()
	for _, m := range rpc.GetPublish() {
		note(wire.MessageID(m.GetData()))
	}
	for _, list := range rpc.GetControl().GetIhave() {
		for _, id := range list.GetMessageIDs() {
			note(id)
		}
	}
	for _, list := range rpc.GetControl().GetIdontwant() {
		for _, id := range list.GetMessageIDs() {
			note(id)
		}
	}
	u.mu.Unlock()
	if further {
		u.look()
	}
	return has
}

// source notes that a neighbour has something, and reports whether that is news. The
// caller holds u.mu.
func (u *unproven) source(p peer.ID, id string) bool {
	b := u.all[id]
	if b == nil || len(b.sources) >= proofSources || slices.Contains(b.sources, p) {
		return false
	}
	b.sources = append(b.sources, p)
	return true
}

func (u *unproven) sourcesOf(b *bare) []peer.ID {
	u.mu.Lock()
	defer u.mu.Unlock()
	return slices.Clone(b.sources)
}

// isAsked reports whether a session asks a neighbour now.
func (u *unproven) isAsked(p peer.ID) bool {
	u.mu.Lock()
	defer u.mu.Unlock()
	_, is := u.asked[p]
	return is
}

// ask runs a session that asks a neighbour; there is one at a time.
func (u *unproven) ask(p peer.ID, session func()) {
	u.mu.Lock()
	u.asked[p] = struct{}{}
	u.mu.Unlock()
	u.asking.Go(func() {
		session()
		u.mu.Lock()
		delete(u.asked, p)
		u.mu.Unlock()
		u.look()
	})
}

package gossip

import (
	"context"
	"hash/maphash"
	"maps"
	"slices"
	"sync"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/quic-go/quic-go"
)

// Who passes an envelope on in the moment it comes sends most copies for nothing: behind
// the front of a wave the neighbours have it from others. They say so with IDONTWANT, but
// that travels no quicker than the copies do. So an accepted envelope is held for a moment. Who
// hears meanwhile that some neighbours beside the sender have it is behind the front, and
// holds it for as long as the word of the others may take: then only those get a copy who
// have not spoken. Who hears nothing is the front, and sends to all its mesh at once.
//
// That makes it cheap to have many in the mesh, and so the way short: with sixteen instead of
// four the last of a thousand devices are warned one hop sooner, and by fewer copies.
// sim/FINDINGS.md has the numbers.
//
// The device itself stores and shows the envelope before; only its neighbours wait. Neighbours
// who lie about what they have hold up a hop by one trip there and back.

// holdTimes are how long an accepted envelope is held at first, and once it is known that
// the wave has passed; trip is what a message takes to the neighbour it came from and
// back, 0 if nobody has timed it.
func holdTimes(trip time.Duration) (first, behind time.Duration) {
	if trip <= 0 {
		trip = holdUnknown
	}
	return min(max(trip/holdShare, holdLeast), holdMost), min(trip, holdBehind)
}

// holdOthers is how many neighbours beside the sender have an envelope where the wave has
// passed. Among the neighbours of a hub some have it in any case.
func holdOthers(mesh int) int { return max(1, mesh/holdPart) }

// holds remember what each neighbour last said that it has, and who is in the meshes.
type holds struct {
	seed maphash.Seed
	mu   sync.Mutex // guards what follows
	said map[peer.ID]*recent
	mesh map[string]map[peer.ID]struct{} // by topic
	busy int                             // envelopes that are held
}

// recent is a ring of keyed hashes of message IDs.
type recent struct {
	ring [holdRing]uint64
	next int
}

func newHolds() *holds {
	return &holds{seed: maphash.MakeSeed(), said: map[peer.ID]*recent{}, mesh: map[string]map[peer.ID]struct{}{}}
}

// has notes that a neighbour has a message.
func (h *holds) has(p peer.ID, id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.note(p, id)
}

// note is has. The caller holds h.mu.
func (h *holds) note(p peer.ID, id string) {
	r := h.said[p]
	if r == nil {
		r = &recent{}
		h.said[p] = r
	}
	r.ring[r.next] = maphash.String(h.seed, id)
	r.next = (r.next + 1) % holdRing
}

// overhear notes what a neighbour says that it has. It runs in gossipsub's loop, and looks
// at no more than is remembered.
func (h *holds) overhear(p peer.ID, rpc *pubsub.RPC) {
	lists := rpc.GetControl().GetIdontwant()
	if len(lists) == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	left := holdRing
	for _, list := range lists[:min(holdRing, len(lists))] {
		ids := list.GetMessageIDs()
		ids = ids[:min(left, len(ids))]
		left -= len(ids)
		for _, id := range ids {
			h.note(p, id)
		}
	}
}

// passed reports whether enough neighbours beside from have a message.
func (h *holds) passed(topic, id string, from peer.ID) bool {
	sum := maphash.String(h.seed, id)
	h.mu.Lock()
	defer h.mu.Unlock()
	lacks := holdOthers(len(h.mesh[topic]))
	for p, r := range h.said {
		if p != from && slices.Contains(r.ring[:], sum) {
			if lacks--; lacks == 0 {
				return true
			}
		}
	}
	return false
}

// enter reports whether it is worth holding a message of a topic; leave ends that.
func (h *holds) enter(topic string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.mesh[topic]) <= holdMesh || h.busy >= holdBusy {
		return false
	}
	h.busy++
	return true
}

func (h *holds) leave() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.busy--
}

// graft and prune follow the meshes.
func (h *holds) graft(p peer.ID, topic string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.mesh[topic] == nil {
		h.mesh[topic] = map[peer.ID]struct{}{}
	}
	h.mesh[topic][p] = struct{}{}
}

func (h *holds) prune(p peer.ID, topic string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.mesh[topic], p)
}

// quit forgets the mesh of a topic that this device has left.
func (h *holds) quit(topic string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.mesh, topic)
}

// part forgets a neighbour that has left.
func (h *holds) part(p peer.ID) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.said, p)
	for _, members := range h.mesh {
		delete(members, p)
	}
}

// sweep forgets who is not connected any more. Gossipsub says so only of those whom it
// speaks to: one that refuses its streams and opens its own is heard as well, and what it
// sent last may be read after it was given up.
func (h *holds) sweep(connected func(peer.ID) bool) {
	gone := func(p peer.ID) bool { return !connected(p) }
	h.mu.Lock()
	defer h.mu.Unlock()
	maps.DeleteFunc(h.said, func(p peer.ID, _ *recent) bool { return gone(p) })
	for _, members := range h.mesh {
		maps.DeleteFunc(members, func(p peer.ID, _ struct{}) bool { return gone(p) })
	}
}

// members are those in the mesh of a topic.
func (h *holds) members(topic string) []peer.ID {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Collect(maps.Keys(h.mesh[topic]))
}

// linger holds a message between accepting it and passing it on. Gossipsub gives it a
// goroutine of its own.
func (r *Router) linger(ctx context.Context, from peer.ID, m *pubsub.Message) pubsub.ValidationResult {
	if _, ok := m.ValidatorData.(accepted); !ok || !r.holds.enter(m.GetTopic()) {
		return pubsub.ValidationAccept
	}
	defer r.holds.leave()
	first, behind := holdTimes(r.tripWithin(m.GetTopic(), from))
	if !r.holds.passed(m.GetTopic(), m.ID, from) {
		pause(ctx, first)
	}
	if r.holds.passed(m.GetTopic(), m.ID, from) {
		pause(ctx, behind)
	}
	return pubsub.ValidationAccept
}

func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}

// tripWithin is how long the word of the mesh may take: the trip to the neighbour that a
// message came from, unless most of the mesh are nearer.
func (r *Router) tripWithin(topic string, from peer.ID) time.Duration {
	var trips []time.Duration
	for _, p := range r.holds.members(topic) {
		if d := r.trip(p); d > 0 {
			trips = append(trips, d)
		}
	}
	d := r.trip(from)
	if len(trips) == 0 {
		return d
	}
	slices.Sort(trips)
	if usual := trips[(len(trips)-1)/2]; d <= 0 || usual < d {
		return usual
	}
	return d
}

// trip is the least that a message has taken to a neighbour and back; 0: not known, as
// on TCP.
func (r *Router) trip(p peer.ID) (least time.Duration) {
	for _, c := range r.host.Network().ConnsToPeer(p) {
		var q *quic.Conn
		if !c.As(&q) {
			continue
		}
		if d := q.ConnectionStats().MinRTT; d > 0 && (least == 0 || d < least) {
			least = d
		}
	}
	return least
}

package gossip

import (
	"sync/atomic"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"

	"github.com/kreidfeuer/kreidfeuer/gossip/agenda"
)

// counters are the router's metrics.
type counters struct {
	accepted, ignored, rejected, cutOff, busy, dropped, duplicate atomic.Uint64
}

// Stats are totals since start.
type Stats struct {
	Accepted  uint64 // envelopes taken in by gossip
	Ignored   uint64 // dropped without penalty
	Rejected  uint64 // dropped, and the sender struck
	CutOff    uint64 // neighbours cut off
	Busy      uint64 // given up because the disk was behind
	Dropped   uint64 // dropped by gossipsub's queues
	Duplicate uint64 // further copies by gossip
	Checks    uint64 // signatures verified
}

// Stats returns the router's totals.
func (r *Router) Stats() Stats {
	c := &r.stats
	return Stats{c.accepted.Load(), c.ignored.Load(), c.rejected.Load(), c.cutOff.Load(), c.busy.Load(),
		c.dropped.Load(), c.duplicate.Load(), r.pool.SignatureChecks()}
}

// tracer counts what gossipsub drops without a word, has neighbours that did not get
// everything compared with, and notes who has what.
type tracer struct {
	c     *counters
	near  *agenda.Neighbours[peer.ID]
	holds *holds
}

var _ pubsub.RawTracer = (*tracer)(nil)

func (t *tracer) OnNewOutboundStream(peer.ID, protocol.ID) {}
func (t *tracer) OnClosedOutboundStream(p peer.ID)         { t.holds.part(p) }
func (t *tracer) Join(string)                              {}
func (t *tracer) Leave(topic string)                       { t.holds.quit(topic) }
func (t *tracer) Graft(p peer.ID, topic string)            { t.holds.graft(p, topic) }
func (t *tracer) Prune(p peer.ID, topic string)            { t.holds.prune(p, topic) }
func (t *tracer) ValidateMessage(*pubsub.Message)          {}
func (t *tracer) DeliverMessage(*pubsub.Message)           {}
func (t *tracer) ThrottlePeer(peer.ID)                     {}
func (t *tracer) RecvRPC(*pubsub.RPC)                      {}
func (t *tracer) SendRPC(*pubsub.RPC, peer.ID)             {}
func (t *tracer) UndeliverableMessage(*pubsub.Message)     { t.c.dropped.Add(1) }

func (t *tracer) DuplicateMessage(m *pubsub.Message) {
	t.c.duplicate.Add(1)
	t.holds.has(m.ReceivedFrom, m.ID)
}

func (t *tracer) DropRPC(_ *pubsub.RPC, p peer.ID) {
	t.c.dropped.Add(1)
	t.near.Again(p, time.Now())
}

func (t *tracer) RejectMessage(m *pubsub.Message, reason string) {
	if reason == pubsub.RejectValidationQueueFull || reason == pubsub.RejectValidationThrottled {
		t.c.dropped.Add(1)
		t.near.Again(m.ReceivedFrom, time.Now())
	}
}

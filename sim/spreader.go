package sim

import (
	"context"
	"errors"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/libp2p/go-libp2p/core/protocol"

	"github.com/kreidfeuer/kreidfeuer/gossip"
	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
)

// Ours is the contender that a device runs: our router, which verifies and stores
// before it passes on. The certificates have been on its disk since before the start.
func Ours(h host.Host, domain *trusttest.Domain, arrived func([]byte)) (Spreader, error) {
	pool := domain.Pinned()
	check := func(e *wire.Envelope, v identity.Verified) (any, error) {
		a, err := alert.OpenFull(e)
		if err != nil {
			return nil, err
		}
		return a, alert.Check(&v, a)
	}
	began := time.Now()
	s := &router{memory: &memory{kept: map[wire.ID]gossip.Stored{}}}
	for _, e := range domain.Made {
		s.order = append(s.order, e.ID())
		s.kept[e.ID()] = gossip.Stored{Envelope: e.Encode(), Level: wire.Level(len(e.Signers))}
	}
	s.arrived = func(e *wire.Envelope, parts [][]byte) {
		full := *e
		full.Chain, full.Parts = pool.ChainFor(e), parts
		arrived(full.EncodeFull())
	}
	var err error
	s.Router, err = gossip.New(h, s.memory, pool, gossip.Config{Lanes: []gossip.Lane{{Lane: wire.LaneLive, Check: check, Gossip: true}},
		Now: func() time.Time { return trueTime(time.Since(began)) }})
	return s, err
}

type router struct {
	*gossip.Router
	*memory
}

func (r *router) Publish(ctx context.Context, message []byte) error {
	_, err := r.Router.Publish(ctx, message)
	return err
}

func (r *router) Copies() uint64 {
	s := r.Stats()
	return s.Accepted + s.Ignored + s.Duplicate
}

// memory is a store that keeps everything in memory and tells what it is given.
type memory struct {
	arrived func(*wire.Envelope, [][]byte)
	mu      sync.Mutex
	order   []wire.ID
	kept    map[wire.ID]gossip.Stored
}

// Put implements [gossip.Store].
func (m *memory) Put(_ context.Context, records []gossip.Record, gone []wire.ID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range records {
		id := r.Envelope.ID()
		if _, known := m.kept[id]; !known {
			m.order = append(m.order, id)
		}
		m.kept[id] = gossip.Stored{Envelope: r.Envelope.Encode(), Level: r.Level, Parts: r.Parts}
		m.arrived(r.Envelope, r.Parts)
	}
	for _, id := range gone {
		delete(m.kept, id)
	}
	return nil
}

// Get implements [gossip.Store].
func (m *memory) Get(_ context.Context, id wire.ID) (gossip.Stored, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s, ok := m.kept[id]; ok {
		return s, nil
	}
	return gossip.Stored{}, errors.New("not kept")
}

// All implements [gossip.Store].
func (m *memory) All(context.Context) iter.Seq2[gossip.Stored, error] {
	return func(yield func(gossip.Stored, error) bool) {
		m.mu.Lock()
		order := append([]wire.ID{}, m.order...)
		m.mu.Unlock()
		for _, id := range order {
			if s, err := m.Get(context.Background(), id); err == nil && !yield(s, nil) {
				return
			}
		}
	}
}

// Plain is the contender of gossipsub as it comes, with the given parameters: no
// scores, no catch-up, and nothing verified.
func Plain(params pubsub.GossipSubParams, flood bool) Contender {
	return func(h host.Host, _ *trusttest.Domain, arrived func([]byte)) (Spreader, error) {
		return &plain{host: h, trace: &trace{arrived: arrived}, params: params, flood: flood, joined: make(chan struct{})}, nil
	}
}

// PaperParams are those of the published baseline.
func PaperParams() pubsub.GossipSubParams {
	p := pubsub.DefaultGossipSubParams()
	p.D, p.Dlo, p.Dhi, p.Dscore, p.Dlazy = 8, 6, 12, 6, 12
	return p
}

type plain struct {
	host   host.Host
	trace  *trace
	params pubsub.GossipSubParams
	flood  bool

	joined chan struct{}
	topic  *pubsub.Topic
}

func (s *plain) Run(ctx context.Context) error {
	ps, err := pubsub.NewGossipSub(ctx, s.host, pubsub.WithGossipSubParams(s.params), pubsub.WithFloodPublish(s.flood),
		pubsub.WithMessageSignaturePolicy(pubsub.StrictNoSign), pubsub.WithNoAuthor(),
		pubsub.WithMessageIdFn(func(m *pb.Message) string { return wire.MessageID(m.GetData()) }), pubsub.WithRawTracer(s.trace))
	if err != nil {
		return err
	}
	if s.topic, err = ps.Join("bench"); err != nil {
		return err
	}
	sub, err := s.topic.Subscribe()
	if err != nil {
		return err
	}
	close(s.joined)
	for {
		if _, err := sub.Next(ctx); err != nil {
			return nil
		}
	}
}

func (s *plain) Publish(ctx context.Context, message []byte) error {
	<-s.joined
	return s.topic.Publish(ctx, message)
}

func (s *plain) Copies() uint64 { return s.trace.copies.Load() }

// trace counts what gossipsub receives.
type trace struct {
	arrived func([]byte)
	copies  atomic.Uint64
}

var _ pubsub.RawTracer = (*trace)(nil)

func (t *trace) DeliverMessage(m *pubsub.Message)         { t.copies.Add(1); t.arrived(m.GetData()) }
func (t *trace) DuplicateMessage(*pubsub.Message)         { t.copies.Add(1) }
func (t *trace) OnNewOutboundStream(peer.ID, protocol.ID) {}
func (t *trace) OnClosedOutboundStream(peer.ID)           {}
func (t *trace) Join(string)                              {}
func (t *trace) Leave(string)                             {}
func (t *trace) Graft(peer.ID, string)                    {}
func (t *trace) Prune(peer.ID, string)                    {}
func (t *trace) ValidateMessage(*pubsub.Message)          {}
func (t *trace) RejectMessage(*pubsub.Message, string)    {}
func (t *trace) ThrottlePeer(peer.ID)                     {}
func (t *trace) RecvRPC(*pubsub.RPC)                      {}
func (t *trace) SendRPC(*pubsub.RPC, peer.ID)             {}
func (t *trace) DropRPC(*pubsub.RPC, peer.ID)             {}
func (t *trace) UndeliverableMessage(*pubsub.Message)     {}

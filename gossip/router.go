package gossip

import (
	"context"
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"golang.org/x/time/rate"

	"github.com/kreidfeuer/kreidfeuer/gossip/agenda"
	"github.com/kreidfeuer/kreidfeuer/gossip/catchup"
	"github.com/kreidfeuer/kreidfeuer/gossip/ledger"
	"github.com/kreidfeuer/kreidfeuer/gossip/meter"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// Lane is what the node registers for each class of envelopes.
type Lane struct {
	Lane wire.Lane
	// Check judges the content of an envelope whose signers are verified,
	// including the parts that came with it, and returns what it read, for
	// Record.Content. Nil accepts every content.
	Check func(e *wire.Envelope, v identity.Verified) (content any, err error)
	// Gossip says whether envelopes of this lane are published at once; others
	// travel by catch-up alone.
	Gossip bool
}

// Config configures a Router. The zero value works.
type Config struct {
	// Lanes in the order in which they catch up. Empty: the trust lane alone.
	Lanes []Lane
	// Now is this device's clock, used only to judge validity. Nil: time.Now.
	Now func() time.Time
	// Doubt reports whether Now must not be taken at its word: then nothing is
	// refused or removed because it ended. Nil: there is no doubt.
	Doubt func() bool
	// Log receives structured logs. Nil: none.
	Log *slog.Logger

	// OnCutOff is told when a neighbour is cut off, and for how long. Must not block.
	OnCutOff func(p peer.ID, d time.Duration)
	// OnHello is told a neighbour's clock when it catches up. Must not block.
	OnHello func(p peer.ID, theirs, ours time.Time)
	// OnDraft is given a draft by another station of an authority; an error is
	// sent back. It must check the draft. Nil: drafts are refused.
	OnDraft func(from peer.ID, d Draft) error
}

// Router spreads envelopes over one libp2p host. Make one with [New]; nothing
// happens before [Router.Run].
type Router struct {
	host  host.Host
	store Store
	pool  *identity.Pool
	cfg   Config
	log   *slog.Logger
	lanes map[wire.Lane]Lane

	seed  maphash.Seed
	memo  *memo
	peers *meter.Peers
	stats counters
	queue chan pending
	// writing is held from finding out what the store is to hold until it does. It is
	// taken before mu.
	writing sync.Mutex
	// unsaved is what the store did not take; only commit touches it.
	unsaved unsaved
	cuts    chan peer.ID
	// speakers are neighbours that speak what the host believes they do not.
	speakers chan peer.ID
	loaded   chan struct{} // closed when load is done
	sessions *catchup.Sessions
	near     *agenda.Neighbours[peer.ID]
	holds    *holds
	proofs   *proofs
	unproven *unproven
	another  *rate.Limiter // of comparisons because of what came beyond a budget

	mu     sync.Mutex // guards the ledger
	ledger *ledger.Ledger

	topicMu sync.Mutex // guards what follows; held while pubsub is called
	pubsub  *pubsub.PubSub
	topics  map[string]*joined
	allowed atomic.Pointer[map[string]origin]
}

// New assembles a Router. It starts nothing and reads nothing.
func New(h host.Host, st Store, pool *identity.Pool, cfg Config) (*Router, error) {
	if h == nil || st == nil || pool == nil {
		return nil, errors.New("gossip: host, store and pool are needed")
	}
	if cfg.Doubt == nil {
		cfg.Doubt = func() bool { return false }
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	r := &Router{
		host: h, store: st, pool: pool, cfg: cfg, log: cfg.Log.With("part", "gossip"), lanes: map[wire.Lane]Lane{},
		seed: maphash.MakeSeed(), memo: newMemo(), peers: meter.New(), queue: make(chan pending, commitQueue),
		cuts: make(chan peer.ID, 64), speakers: make(chan peer.ID, 256), loaded: make(chan struct{}), near: agenda.New[peer.ID](catchup.Jitter), holds: newHolds(), proofs: newProofs(), unproven: newUnproven(),
		another: rate.NewLimiter(rate.Every(agenda.Again), 1),
		ledger:  ledger.New(), topics: map[string]*joined{},
	}
	r.sessions = catchup.New(catchup.Config{
		Host: h, Stock: stock{r}, Pool: pool, Near: r.near, Peers: r.peers, Lanes: laned(cfg.Lanes),
		Now: cfg.Now, Log: r.log, OnHello: cfg.OnHello, OnCaller: r.called,
	})
	r.allowed.Store(&map[string]origin{})
	for _, l := range append([]Lane{{Lane: wire.LaneTrust, Gossip: true}}, cfg.Lanes...) {
		if l.Check == nil {
			l.Check = func(*wire.Envelope, identity.Verified) (any, error) { return nil, nil }
		}
		r.lanes[l.Lane] = l
	}
	return r, nil
}

// Run loads what the store knows, then spreads until ctx ends. It owns every
// goroutine it starts and returns after they have ended.
func (r *Router) Run(ctx context.Context) error {
	if err := r.load(ctx); err != nil {
		return fmt.Errorf("load known envelopes: %w", err)
	}
	close(r.loaded)
	// pubsub starts its goroutines in its constructor and ends them with its
	// context; the writer ends last, so that nothing accepted is dropped.
	live, stop := context.WithCancel(ctx)
	defer stop()
	ps, err := pubsub.NewGossipSub(live, r.host, r.options()...)
	if err != nil {
		return fmt.Errorf("start gossipsub: %w", err)
	}
	r.topicMu.Lock()
	r.pubsub = ps
	r.topicMu.Unlock()
	var wg sync.WaitGroup
	writing, stopWriting := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWriting()
	var writer sync.WaitGroup
	writer.Go(func() { r.commit(writing) })
	if err := r.Refresh(); err != nil {
		return err
	}
	wg.Go(func() { r.serve(live) })
	wg.Go(func() { r.housekeeping(live) })
	wg.Go(func() { r.sessions.Run(live) })
	wg.Go(func() { r.seekProof(live) })
	wg.Wait()
	stopWriting()
	writer.Wait()
	return nil
}

// Loaded is closed when Run knows what the store holds. What is ingested before
// may be taken for new although it is stored.
func (r *Router) Loaded() <-chan struct{} { return r.loaded }

// load rebuilds memory from the store: the pool from the trust objects, then
// the ledger. Signatures of alerts were verified before they were stored.
func (r *Router) load(ctx context.Context) error {
	var trust, rest []*wire.Envelope
	levels := map[wire.ID]wire.Level{}
	for s, err := range r.store.All(ctx) {
		if err != nil {
			r.log.Error("read stored envelope", "err", err)
			continue
		}
		e, err := wire.Decode(s.Envelope)
		if err != nil {
			r.log.Error("decode stored envelope", "err", err)
			continue
		}
		e.Parts, levels[e.ID()] = s.Parts, s.Level
		if e.Header.Lane == wire.LaneTrust {
			trust = append(trust, e)
		} else {
			rest = append(rest, e)
		}
	}
	refused := r.pool.AddAll(trust)
	var over []wire.ID // not kept any more
	for _, e := range append(trust, rest...) {
		if err := refused[e.ID()]; err != nil {
			r.log.Warn("stored trust object is not valid any more", "id", e.ID(), "err", err)
			continue
		}
		n := r.entryOf(e, levels[e.ID()], nil)
		if c, ok := r.pool.Certificate(e.Header.IssuerID()); ok && e.Header.Lane != wire.LaneTrust {
			n.Full = uint8(n.Level) >= c.Scope.Needed
		}
		if n.Kind == wire.TypeRoot {
			v, err := r.pool.Verify(e)
			n.Recovered = err == nil && v.Level > 1
		}
		gone, err := r.admit(n)
		if err != nil {
			r.log.Warn("stored envelope is not kept any more", "id", e.ID(), "err", err)
			over = append(over, e.ID())
		}
		n.Written = true
		for _, g := range gone {
			over = append(over, g.ID)
		}
	}
	r.loadMemos(ctx)
	if len(over) > 0 {
		if err := r.store.Put(ctx, nil, over); err != nil {
			r.log.Error("delete envelopes over quota", "count", len(over), "err", err)
		}
	}
	return ctx.Err()
}

// Ingest is the way in for bytes that came neither by gossip nor by catch-up, and
// returns after they are durable: bundles and frames that people carried, and what
// the local API brings without wanting it published. Neighbours get it by catch-up. What is
// known already is refused as wire.ReasonSeen, with its ID. It is safe for concurrent use,
// and whoever brings many calls it from several goroutines, which share a sync of the disk.
func (r *Router) Ingest(ctx context.Context, raw []byte, means Means) (wire.ID, error) {
	id, e, err := r.takeLocal(ctx, raw, means)
	if means == MeansLocal && e != nil && (err == nil || errors.Is(err, ErrUnsaved)) {
		r.near.Everybody(time.Now()) // it is not gossiped
	}
	return id, err
}

// Publish makes an envelope durable, then sends it to all neighbours. When it
// returns nil, the envelope survives a power cut of this device; who was
// reached is not known. What is known already is refused as wire.ReasonSeen, with
// its ID. A full disk does not keep people from being warned: the envelope is sent
// even then, and the error is ErrUnsaved.
func (r *Router) Publish(ctx context.Context, raw []byte) (wire.ID, error) {
	id, e, err := r.takeLocal(ctx, raw, MeansLocal)
	if err != nil && !errors.Is(err, ErrUnsaved) {
		return id, err
	}
	if sent := r.spread(ctx, e); sent != nil {
		return id, errors.Join(err, sent)
	}
	return id, err
}

func (r *Router) takeLocal(ctx context.Context, raw []byte, means Means) (wire.ID, *wire.Envelope, error) {
	id, e, err := r.take(ctx, raw, origin{means: means}, true)
	if isReason(err, wire.ReasonSeen) {
		if e, decodeErr := wire.Decode(raw); decodeErr == nil {
			id = e.ID()
		}
	}
	return id, e, err
}

// CatchUp compares every lane with a neighbour and fetches what this device lacks,
// as it does by itself when something is due. It returns how many envelopes were accepted.
func (r *Router) CatchUp(ctx context.Context, p peer.ID) (int, error) {
	return r.sessions.CatchUp(ctx, p)
}

// Head is the highest sequence that this device has accepted of a key in a lane,
// and the envelope that bears it; zero if none.
func (r *Router) Head(author [32]byte, lane wire.Lane) (sequence uint64, id wire.ID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	h := r.ledger.Head(author, lane)
	return h.Sequence, h.ID
}

// Known is the level at which this device has accepted an envelope.
func (r *Router) Known(id wire.ID) (wire.Level, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.ledger.Known(id)
	if e == nil {
		return 0, false
	}
	return e.Level, true
}

// take is ingest: judge, then commit. With wait it returns once the envelope is
// durable, otherwise once it is queued.
func (r *Router) take(ctx context.Context, raw []byte, from origin, wait bool) (wire.ID, *wire.Envelope, error) {
	j, err := r.judge(raw, from, r.cfg.Now())
	if err != nil {
		return wire.ID{}, nil, err
	}
	e := j.records[len(j.records)-1].Envelope
	if !wait {
		if !r.offer(j, nil) {
			return e.ID(), e, wire.Refuse(wire.ReasonBusy, "too many envelopes wait for the disk")
		}
		return e.ID(), e, nil
	}
	done := make(chan error, 1)
	select {
	case r.queue <- pending{j, done}:
	case <-ctx.Done():
		r.unremember(pending{judged: j})
		return e.ID(), e, ctx.Err()
	}
	select {
	case err := <-done:
		return e.ID(), e, err
	case <-ctx.Done():
		return e.ID(), e, fmt.Errorf("the envelope is queued but not yet on disk: %w", ctx.Err())
	}
}

func isReason(err error, reason wire.Reason) bool {
	return errors.Is(err, &wire.Refusal{Reason: reason})
}

func (r *Router) housekeeping(ctx context.Context) {
	tick := time.NewTicker(sweepEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case p := <-r.cuts:
			r.cut(p)
		case p := <-r.speakers:
			r.learn(p)
		case <-tick.C:
			r.sweep(ctx, r.cfg.Now())
			r.peers.Sweep(time.Now())
			r.holds.sweep(func(p peer.ID) bool { return r.host.Network().Connectedness(p) != network.NotConnected })
		}
	}
}

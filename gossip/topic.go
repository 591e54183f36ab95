package gossip

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/kreidfeuer/kreidfeuer/gossip/catchup"
	"github.com/kreidfeuer/kreidfeuer/gossip/meter"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// accepted marks a message that was accepted from a neighbour, for linger.
type accepted struct{}

// joined is a topic this device relays.
type joined struct {
	topic *pubsub.Topic
	leave pubsub.RelayCancelFunc
}

var (
	errCutOff = errors.New("neighbour was cut off")
	errFlood  = errors.New("it sends more than any honest neighbour has to say")
)

// Refresh joins the topics of every domain the pool knows and leaves the others.
// Call it when pins change; before Run it does nothing.
func (r *Router) Refresh() error {
	r.topicMu.Lock()
	defer r.topicMu.Unlock()
	if r.pubsub == nil {
		return nil
	}
	wanted := map[string]origin{}
	for _, domain := range r.pool.Domains() {
		for lane, l := range r.lanes {
			if l.Gossip {
				wanted[wire.Topic(domain, lane)] = origin{means: MeansGossip, lane: lane, domain: domain}
			}
		}
	}
	r.allowed.Store(&wanted)
	for name, from := range wanted {
		if r.topics[name] != nil {
			continue
		}
		t, err := r.join(name, from)
		if err != nil {
			return fmt.Errorf("join topic %s: %w", name, err)
		}
		r.topics[name] = t
		r.sessions.Refresh()
	}
	for name, t := range r.topics {
		if _, ok := wanted[name]; ok {
			continue
		}
		t.leave()
		delete(r.topics, name)
		if err := errors.Join(r.pubsub.UnregisterTopicValidator(name), t.topic.Close()); err != nil {
			r.log.Warn("leave topic", "topic", name, "err", err)
		}
	}
	return nil
}

// join relays a topic. No subscription is needed: the validator is the way in.
func (r *Router) join(name string, from origin) (*joined, error) {
	validator := func(_ context.Context, p peer.ID, m *pubsub.Message) pubsub.ValidationResult {
		if late, ok := m.ValidatorData.(proven); ok {
			m.ReceivedFrom = late.from // for the mesh without its giver: only what is our own goes to all who hear the topic
		}
		result := r.validate(p, m.GetData(), from)
		if result == pubsub.ValidationAccept && p != r.host.ID() {
			m.ValidatorData = accepted{}
		}
		return result
	}
	if err := r.pubsub.RegisterTopicValidator(name, validator, pubsub.WithValidatorInline(true)); err != nil {
		return nil, err
	}
	t, err := r.pubsub.Join(name)
	if err != nil {
		return nil, err
	}
	if err := t.SetScoreParams(topicScore()); err != nil {
		return nil, err
	}
	leave, err := t.Relay()
	if err != nil {
		return nil, err
	}
	return &joined{t, leave}, nil
}

// validate is gossip's door to ingest.
func (r *Router) validate(p peer.ID, raw []byte, from origin) pubsub.ValidationResult {
	if p == r.host.ID() {
		return pubsub.ValidationAccept // judged by Publish
	}
	if r.peers.CutOff(string(p), time.Now()) {
		return pubsub.ValidationIgnore
	}
	from.peer = string(p)
	_, _, err := r.take(context.Background(), raw, from, false)
	switch r.verdict(err) {
	case wire.Accept:
		r.stats.accepted.Add(1)
		return pubsub.ValidationAccept
	case wire.Ignore:
		r.stats.ignored.Add(1)
		if isReason(err, wire.ReasonBusy) {
			r.near.Again(p, time.Now())
		}
		if isReason(err, wire.ReasonBusy) || isReason(err, wire.ReasonRate) {
			r.askAnother(p)
		}
		r.awaitProof(raw, from, err)
		return pubsub.ValidationIgnore
	}
	r.strike(p, err)
	return pubsub.ValidationReject
}

// askAnother has some other neighbour compared with, when it is sure to have what this one
// sent beyond its budget or ours: gossipsub has marked it as seen, and drops the copies of those who
// are within theirs. Whoever wastes its budget would silence what it is first to send.
func (r *Router) askAnother(p peer.ID) {
	if !r.another.Allow() {
		return
	}
	if others := slices.DeleteFunc(r.host.Network().Peers(), func(q peer.ID) bool { return q == p }); len(others) > 0 {
		r.near.Later(others[rand.IntN(len(others))], catchup.Settles, time.Now())
	}
}

func (r *Router) verdict(err error) wire.Verdict {
	var refusal *wire.Refusal
	switch {
	case err == nil:
		return wire.Accept
	case errors.As(err, &refusal):
		return refusal.Reason.Verdict()
	}
	return wire.Ignore // our own trouble, not the sender's
}

// strikeIf counts a refused envelope, if its sender should have known.
func (r *Router) strikeIf(p peer.ID, err error) {
	if r.verdict(err) == wire.Reject {
		r.strike(p, err)
	}
}

// strike counts a refused envelope against the neighbour who sent it.
func (r *Router) strike(p peer.ID, why error) {
	r.stats.rejected.Add(1)
	if r.peers.Strike(string(p), time.Now()) {
		r.expel(p, why)
	}
}

// expel has a neighbour's connection closed.
func (r *Router) expel(p peer.ID, why error) {
	r.log.Warn("neighbour cut off", "peer", p, "for", meter.BanTime, "last", why)
	select {
	case r.cuts <- p:
	default: // validate ignores it all the same
	}
}

// cut closes the connection of a neighbour that was cut off.
func (r *Router) cut(p peer.ID) {
	r.stats.cutOff.Add(1)
	if r.cfg.OnCutOff != nil {
		r.cfg.OnCutOff(p, meter.BanTime)
	}
	if err := r.host.Network().ClosePeer(p); err != nil {
		r.log.Debug("close connection", "peer", p, "err", err)
	}
}

// inspect drops whole RPCs of neighbours that were cut off, before they cost a
// place in the validation queue, and cuts off who floods.
func (r *Router) inspect(p peer.ID, rpc *pubsub.RPC) error {
	pass, cut := r.peers.Arrive(string(p), len(rpc.GetPublish())+len(rpc.GetSubscriptions()), time.Now())
	if cut {
		r.expel(p, errFlood)
	}
	if !pass {
		return errCutOff
	}
	r.listen(p, rpc)
	r.dropMisplaced(p, rpc)
	r.holds.overhear(p, rpc)
	if r.unproven.overhear(p, rpc) {
		r.near.Again(p, time.Now())
	}
	return nil
}

// dropMisplaced takes out what is not of the topic it came by, before gossipsub marks
// the bytes as seen and tells others not to send them: else whoever sends a warning by another
// topic first silences it here, for one strike. It costs less than the message ID does.
func (r *Router) dropMisplaced(p peer.ID, rpc *pubsub.RPC) {
	topics := *r.allowed.Load()
	rpc.Publish = slices.DeleteFunc(rpc.Publish, func(m *pb.Message) bool {
		from, ok := topics[m.GetTopic()]
		if !ok {
			return false // gossipsub ignores it, unmarked
		}
		e, err := wire.Decode(m.GetData())
		if err != nil {
			return false // nothing genuine has these bytes: validate refuses them
		}
		err = r.checkPlace(e, from)
		r.strikeIf(p, err)
		return err != nil
	})
}

// spread publishes an envelope that was accepted before.
func (r *Router) spread(ctx context.Context, e *wire.Envelope) error {
	r.topicMu.Lock()
	t := r.topics[wire.Topic(e.Domain(), e.Header.Lane)]
	r.topicMu.Unlock()
	if t == nil {
		return nil // not running, or a lane that only catches up
	}
	full, err := r.transmitted(ctx, e.ID(), !r.leavesOut(e, t.topic.ListPeers()))
	if err != nil {
		return fmt.Errorf("read envelope to publish: %w", err)
	}
	if err := t.topic.Publish(ctx, full); err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	return nil
}

// transmitted rebuilds the form in which an envelope travels, with its parts and, if
// asked to, its chain: every device writes the same bytes.
func (r *Router) transmitted(ctx context.Context, id wire.ID, chain bool) ([]byte, error) {
	s, err := r.store.Get(ctx, id)
	if err != nil || !chain && len(s.Parts) == 0 {
		return s.Envelope, err
	}
	e, err := wire.Decode(s.Envelope)
	if err != nil {
		return nil, err
	}
	if e.Parts = s.Parts; chain {
		e.Chain = r.pool.ChainFor(e)
	}
	return e.EncodeFitting(), nil
}

// filter bounds the topics that neighbours may announce. Announcements come once
// a connection, so those of domains that this device does not know (yet) are
// kept too, up to maxForeignTopics: when a domain is pinned, its neighbours are
// known already.
type filter struct {
	r       *Router
	mu      sync.Mutex
	foreign map[string]peer.ID // by who announced it first
	brought map[peer.ID]int    // how many each did
}

func newFilter(r *Router) *filter {
	return &filter{r: r, foreign: map[string]peer.ID{}, brought: map[peer.ID]int{}}
}

func (f *filter) CanSubscribe(topic string) bool {
	_, ok := (*f.r.allowed.Load())[topic]
	return ok
}

func (f *filter) FilterIncomingSubscriptions(p peer.ID, opts []*pb.RPC_SubOpts) ([]*pb.RPC_SubOpts, error) {
	if len(opts) > maxSubscriptions {
		return nil, pubsub.ErrTooManySubscriptions
	}
	return pubsub.FilterSubscriptions(opts, func(topic string) bool { return f.keeps(p, topic) }), nil
}

func (f *filter) keeps(p peer.ID, topic string) bool {
	if f.CanSubscribe(topic) {
		return true
	}
	if !strings.HasPrefix(topic, wire.ProtocolPrefix) || len(topic) > maxTopic {
		return false
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, known := f.foreign[topic]; known {
		return true
	}
	if f.brought[p] >= maxPeerForeign || len(f.foreign) >= maxForeignTopics && !f.makeRoom() {
		return false
	}
	f.foreign[topic] = p
	f.brought[p]++
	return true
}

// makeRoom forgets the topics that neighbours brought who have left.
func (f *filter) makeRoom() bool {
	for topic, p := range f.foreign {
		if f.r.host.Network().Connectedness(p) != network.Connected {
			delete(f.foreign, topic)
			if f.brought[p]--; f.brought[p] == 0 {
				delete(f.brought, p)
			}
		}
	}
	return len(f.foreign) < maxForeignTopics
}

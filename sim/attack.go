package sim

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/host"
	"github.com/libp2p/go-libp2p/core/peer"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
)

// Siege is a number of Sybils: devices of an attacker, who makes as many
// identities as he likes but has nobody's key. Each takes part in gossip like an
// honest one, wants to be in everybody's mesh, and swallows what it is told to.
// They serve no catch-up. After libp2p/gossipsub-hardening.
type Siege struct {
	Sybils int
	// Links is how many devices each Sybil connects to, at random.
	Links int
	// Targets are the devices to choose from; nil: all.
	Targets []int
	// Joined is whom each Sybil connects to, again and again when it is cut off;
	// nil: as Links and Targets say, once.
	Joined [][]int
	// Swallows says which messages the Sybils keep to themselves, when the siege
	// is on; nil: all.
	Swallows func(message []byte) bool

	on      atomic.Bool
	world   *World
	hosts   []host.Host
	mu      sync.Mutex
	topics  []*pubsub.Topic // of live warnings, by Sybil
	stop    context.CancelFunc
	running sync.WaitGroup
}

// Lay connects the Sybils to the world. Until [Siege.Begin] they behave.
func (s *Siege) Lay(w *World) error {
	s.world = w
	w.sieges = append(w.sieges, s)
	if s.Targets == nil {
		for i := range w.devices {
			s.Targets = append(s.Targets, i)
		}
	}
	ctx, stop := context.WithCancel(w.ctx)
	s.stop = stop
	s.topics = make([]*pubsub.Topic, s.Sybils)
	errs := make([]error, s.Sybils)
	var connecting sync.WaitGroup
	for i := range s.Sybils {
		number := len(w.devices) + i
		h, err := newHost(w.air, number, port, keyOf(w.cfg.Seed, number), nil)
		if err != nil {
			return err
		}
		s.hosts = append(s.hosts, h)
		connecting.Go(func() { errs[i] = s.join(ctx, h, i) })
	}
	connecting.Wait()
	return errors.Join(errs...)
}

// Begin has the Sybils swallow messages from now on.
func (s *Siege) Begin() { s.on.Store(true) }

// End has them behave again.
func (s *Siege) End() { s.on.Store(false) }

// Send has each Sybil publish something of its own making as a live warning.
func (s *Siege) Send(message func(sybil int) []byte) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, t := range s.topics {
		if err := t.Publish(s.world.ctx, message(i)); err != nil {
			return err
		}
	}
	return nil
}

// lift takes the Sybils away, at the end of the world.
func (s *Siege) lift() error {
	s.stop()
	s.running.Wait()
	var errs []error
	for _, h := range s.hosts {
		errs = append(errs, h.Close())
	}
	return errors.Join(errs...)
}

// join has one Sybil take part in the domain's topics, and connects it.
func (s *Siege) join(ctx context.Context, h host.Host, sybil int) error {
	params := pubsub.DefaultGossipSubParams()
	params.D, params.Dlo, params.Dhi, params.Dscore = 128, 100, 200, 100 // a place in every mesh
	params.IDontWantMessageThreshold = 1                                 // and a word on everything: honest devices wait for it
	ps, err := pubsub.NewGossipSub(ctx, h, pubsub.WithGossipSubParams(params), pubsub.WithMessageSignaturePolicy(pubsub.StrictNoSign),
		pubsub.WithNoAuthor(), pubsub.WithMaxMessageSize(wire.MaxTransmission+4<<10),
		pubsub.WithMessageIdFn(func(m *pb.Message) string { return wire.MessageID(m.GetData()) }))
	if err != nil {
		return err
	}
	for _, lane := range []wire.Lane{wire.LaneTrust, wire.LaneLive} {
		if err := s.take(ctx, ps, lane, sybil); err != nil {
			return err
		}
	}
	// Only now: libp2p takes in few changes of protocols from one range of addresses.
	if s.Joined != nil {
		s.running.Go(func() { s.press(ctx, h, s.Joined[sybil]) })
		return nil
	}
	random := rand.New(rand.NewPCG(s.world.cfg.Seed, uint64(len(s.world.devices)+sybil)))
	for _, k := range random.Perm(len(s.Targets))[:min(s.Links, len(s.Targets))] {
		if err := s.connect(ctx, h, s.Targets[k]); err != nil {
			return fmt.Errorf("sybil %d to device %d: %w", sybil, s.Targets[k], err)
		}
	}
	return nil
}

func (s *Siege) connect(ctx context.Context, h host.Host, device int) error {
	info, err := infoOf(s.world.cfg.Seed, device)
	if err != nil {
		return err
	}
	return h.Connect(ctx, info)
}

// pressEvery is how often a Sybil dials those that it has lost.
const pressEvery = 30 * time.Second

// press connects one Sybil to devices until ctx ends, whoever is off or cuts it off.
func (s *Siege) press(ctx context.Context, h host.Host, devices []int) {
	tick := time.NewTicker(pressEvery)
	defer tick.Stop()
	for {
		var dialling sync.WaitGroup
		for _, d := range devices {
			dialling.Go(func() { _ = s.connect(ctx, h, d) }) // the next time, then
		}
		dialling.Wait()
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// take joins a lane's topic and swallows what is to be swallowed of it.
func (s *Siege) take(ctx context.Context, ps *pubsub.PubSub, lane wire.Lane, sybil int) error {
	topic := wire.Topic(s.world.tree.Root.Domain(), lane)
	err := ps.RegisterTopicValidator(topic, func(_ context.Context, _ peer.ID, m *pubsub.Message) pubsub.ValidationResult {
		if s.on.Load() && (s.Swallows == nil || s.Swallows(m.GetData())) {
			return pubsub.ValidationIgnore
		}
		return pubsub.ValidationAccept
	}, pubsub.WithValidatorInline(true))
	if err != nil {
		return err
	}
	t, err := ps.Join(topic)
	if err != nil {
		return err
	}
	sub, err := t.Subscribe()
	if err != nil {
		return err
	}
	if lane == wire.LaneLive {
		s.mu.Lock()
		s.topics[sybil] = t
		s.mu.Unlock()
	}
	s.running.Go(func() {
		for {
			if _, err := sub.Next(ctx); err != nil {
				return
			}
		}
	})
	return nil
}

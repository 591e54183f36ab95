package sim

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
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
	// Waits says which Sybils are not there until [Siege.Enter]; nil: none.
	Waits func(sybil int) bool
	// Swallows says which messages the Sybils keep to themselves, when the siege
	// is on; nil: all.
	Swallows func(message []byte) bool

	on     atomic.Bool
	world  *World
	mu     sync.Mutex
	topics []*pubsub.Topic // of live warnings, by Sybil; nil: it is not there
	there  []presence      // by Sybil
}

// presence is a Sybil that is there. The zero value is not.
type presence struct {
	host    host.Host
	stop    context.CancelFunc
	running *sync.WaitGroup
}

// Lay connects the Sybils to the world, but for those that wait. Until [Siege.Begin]
// they behave.
func (s *Siege) Lay(w *World) error {
	s.world = w
	w.sieges = append(w.sieges, s)
	if s.Targets == nil {
		for i := range w.devices {
			s.Targets = append(s.Targets, i)
		}
	}
	s.topics, s.there = make([]*pubsub.Topic, s.Sybils), make([]presence, s.Sybils)
	var list []int
	for i := range s.Sybils {
		if s.Waits == nil || !s.Waits(i) {
			list = append(list, i)
		}
	}
	return s.enter(list)
}

// Enter connects some that have waited.
func (s *Siege) Enter(first, count int) error {
	list := make([]int, count)
	for i := range list {
		list[i] = first + i
	}
	return s.enter(list)
}

// enter makes Sybils and connects them, all at once.
func (s *Siege) enter(list []int) error {
	errs := make([]error, len(list))
	var connecting sync.WaitGroup
	for k, i := range list {
		number := len(s.world.devices) + i
		h, err := newHost(s.world.air, number, port, keyOf(s.world.cfg.Seed, number), nil)
		if err != nil {
			return err
		}
		ctx, stop := context.WithCancel(s.world.ctx)
		s.there[i] = presence{h, stop, new(sync.WaitGroup)}
		connecting.Go(func() { errs[k] = s.join(ctx, h, i) })
	}
	connecting.Wait()
	return errors.Join(errs...)
}

// Leave takes some away, for good.
func (s *Siege) Leave(first, count int) error {
	s.mu.Lock()
	clear(s.topics[first : first+count])
	s.mu.Unlock()
	gone := slices.DeleteFunc(slices.Clone(s.there[first:first+count]), func(p presence) bool { return p.host == nil })
	clear(s.there[first : first+count])
	for _, p := range gone {
		p.stop()
	}
	var errs []error
	for _, p := range gone {
		p.running.Wait()
		errs = append(errs, p.host.Close())
	}
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
		if t == nil {
			continue
		}
		if err := t.Publish(s.world.ctx, message(i)); err != nil {
			return err
		}
	}
	return nil
}

// lift takes the Sybils away, at the end of the world.
func (s *Siege) lift() error { return s.Leave(0, len(s.there)) }

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
		s.there[sybil].running.Go(func() { s.press(ctx, h, s.Joined[sybil]) })
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
	s.there[sybil].running.Go(func() {
		for {
			if _, err := sub.Next(ctx); err != nil {
				return
			}
		}
	})
	return nil
}

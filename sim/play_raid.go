package sim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
	"github.com/kreidfeuer/kreidfeuer/sim/model"
	"github.com/kreidfeuer/kreidfeuer/sim/scenario"
)

// raid is all adversaries of a scenario: one [Siege], of which each has a part. None
// of them passes on what is genuine.
type raid struct {
	p     *player
	parts []assault
	all   int // their devices
	siege *Siege
	own   *trusttest.Tree // of a domain that nobody trusts
	ctx   context.Context
	stop  context.CancelFunc
	busy  sync.WaitGroup
}

// assault is one adversary's part.
type assault struct {
	*scenario.Adversary
	first, count int
	stop         context.CancelFunc // nil: it has not begun
	sent         uint64
}

func newRaid(p *player) *raid {
	r := &raid{p: p}
	for i := range p.Scenario.Adversaries {
		a := &p.Scenario.Adversaries[i]
		n := a.Count * max(1, a.Per)
		r.parts = append(r.parts, assault{Adversary: a, first: r.all, count: n})
		r.all += n
	}
	return r
}

// lay connects the adversaries' devices with as many of the others as on the stage.
func (r *raid) lay() (err error) {
	r.ctx, r.stop = context.WithCancel(r.p.world.ctx)
	if r.all == 0 {
		return nil
	}
	if r.own, err = trusttest.NewTree(r.p.Seed+1, 2); err != nil {
		return err
	}
	joined := 0
	for l := range r.p.stage.Links() {
		for _, e := range r.p.stage.Dials(l) {
			if (int(e[0]) < r.p.honest) != (int(e[1]) < r.p.honest) {
				joined++
			}
		}
	}
	if joined == 0 {
		return fmt.Errorf("the real engine joins adversaries over infrastructure only, and there is none between them and the others")
	}
	r.siege = &Siege{Sybils: r.all, Links: max(1, joined/r.all), Swallows: r.genuine}
	for d := range r.p.honest {
		if r.p.world.devices[d].up && !r.p.reach.link(0, d, r.p.honest).Down {
			r.siege.Targets = append(r.siege.Targets, d)
		}
	}
	r.siege.Begin()
	return r.siege.Lay(r.p.world)
}

// genuine reports whether a message is one that the authority has published.
func (r *raid) genuine(message []byte) bool {
	e, err := wire.Decode(message)
	if err != nil {
		return false
	}
	c := &r.p.world.checker
	c.mu.Lock()
	defer c.mu.Unlock()
	_, is := c.genuine[e.ID().String()]
	return is
}

// turn begins or ends a part's sending of what is wrong.
func (r *raid) turn(a *assault, begin bool) {
	if !begin {
		if a.stop != nil {
			a.stop()
		}
		return
	}
	if a.Kind != "forger" && a.Kind != "flooder" {
		return
	}
	rate := a.Rate
	if rate == 0 {
		rate = 10 // as the model's
	}
	var ctx context.Context
	ctx, a.stop = context.WithCancel(r.ctx)
	r.busy.Go(func() {
		tick := time.NewTicker(max(time.Millisecond, time.Duration(float64(time.Second)/rate)))
		defer tick.Stop()
		random := rand.New(rand.NewPCG(r.p.Seed, uint64(a.first)))
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
				r.send(ctx, a, random)
			}
		}
	})
}

// send has each device of a part publish something wrong.
func (r *raid) send(ctx context.Context, a *assault, random *rand.Rand) {
	r.siege.mu.Lock()
	defer r.siege.mu.Unlock()
	for i := a.first; i < min(a.first+a.count, len(r.siege.topics)); i++ {
		message := make([]byte, model.UsualSize)
		for k := range message {
			message[k] = byte(random.Uint32())
		}
		if a.Kind == "forger" {
			m := Message{Identifier: fmt.Sprint(i, a.sent), Now: trueTime(r.p.world.Now())}
			e, err := m.Sign(r.own, r.own.Leitstelle)
			if err != nil {
				continue // it has used up its sequence: nothing to send
			}
			message = e.EncodeFull()
		}
		if r.siege.topics[i].Publish(ctx, message) == nil {
			a.sent++
		}
	}
}

// end ends all parts, and counts them.
func (r *raid) end() {
	r.stop()
	r.busy.Wait()
	for i := range r.parts {
		r.p.played.Attack.Sent += r.parts[i].sent
	}
}

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

// raid is all adversaries of a scenario that do not pass on what is genuine: one
// [Siege], of which each has a part.
type raid struct {
	p     *player
	parts []assault
	all   int // their devices
	siege *Siege
	own   *trusttest.Tree // like the world's: what is signed in it is spoilt
	ctx   context.Context
	stop  context.CancelFunc
	busy  sync.WaitGroup
}

// assault is one adversary's part: so many Sybils from the first on.
type assault struct {
	*scenario.Adversary
	first, count int
	stop         context.CancelFunc // nil: it has not begun
	sent         uint64
}

func newRaid(p *player) *raid {
	r := &raid{p: p}
	for _, role := range p.cast.roles[p.cast.devices:] {
		a := p.stage.Adversary(role)
		if n := len(r.parts); n == 0 || r.parts[n-1].Adversary != a {
			r.parts = append(r.parts, assault{Adversary: a, first: r.all})
		}
		r.parts[len(r.parts)-1].count++
		r.all++
	}
	return r
}

// lay connects the adversaries' devices with those with which the stage joins them.
// Around whom an eclipse adversary surrounds, it has joined nobody else.
func (r *raid) lay() (err error) {
	r.ctx, r.stop = context.WithCancel(r.p.world.ctx)
	if r.all == 0 {
		return nil
	}
	if r.own, err = trusttest.NewTree(r.p.Seed, 2); err != nil {
		return err
	}
	r.siege = &Siege{Sybils: r.all, Joined: make([][]int, r.all), Swallows: r.genuine}
	joined := false
	for l := range r.p.stage.Links() {
		for _, e := range r.p.stage.Dials(l) {
			device, sybil := r.p.cast.players[e[0]], r.p.cast.players[e[1]]-r.p.cast.devices
			if sybil < 0 {
				device, sybil = r.p.cast.players[e[1]], r.p.cast.players[e[0]]-r.p.cast.devices
			}
			if sybil >= 0 && device < r.p.cast.devices {
				r.siege.Joined[sybil], joined = append(r.siege.Joined[sybil], device), true
			}
		}
	}
	if !joined {
		return fmt.Errorf("the real engine joins adversaries over infrastructure only, and there is none between them and the others")
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
	for i := a.first; i < a.first+a.count; i++ {
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
			for k := range e.Signers {
				e.Signers[k].Sig[0] ^= 1
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

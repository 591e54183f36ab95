package sim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
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
	honest       []int              // devices that they are outside their hours
	on           bool               // it has begun, and not ended
	stop         context.CancelFunc // nil: it sends nothing of its own
	sent         uint64
}

func newRaid(p *player) *raid {
	r := &raid{p: p}
	for _, role := range p.cast.roles[p.cast.devices:] {
		a := p.stage.Adversary(role)
		if n := len(r.parts); n == 0 || r.parts[n-1].Adversary != a {
			r.parts = append(r.parts, assault{Adversary: a, first: r.all})
		}
		part := &r.parts[len(r.parts)-1]
		part.count++
		if number := p.cast.players[role]; number < p.cast.devices {
			part.honest = append(part.honest, number)
		}
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
	r.siege = &Siege{Sybils: r.all, Joined: r.joined(), Swallows: r.genuine, Waits: func(sybil int) bool { return len(r.part(sybil).honest) > 0 }}
	if !slices.ContainsFunc(r.siege.Joined, func(devices []int) bool { return len(devices) > 0 }) {
		return fmt.Errorf("the real engine joins adversaries over infrastructure only, and there is none between them and the others")
	}
	r.siege.Begin()
	return r.siege.Lay(r.p.world)
}

// joined is whom the stage joins each Sybil with: devices, not each other.
func (r *raid) joined() [][]int {
	cast, list, sybil := &r.p.cast, make([][]int, r.all), map[uint32]int{}
	for i, role := range cast.roles[cast.devices:] {
		sybil[uint32(role)] = i
	}
	for l := range r.p.stage.Links() {
		for _, e := range r.p.stage.Dials(l) {
			for _, one := range [2][2]uint32{{e[0], e[1]}, {e[1], e[0]}} {
				_, too := sybil[one[0]]
				if i, is := sybil[one[1]]; is && !too {
					list[i] = append(list[i], cast.players[one[0]])
				}
			}
		}
	}
	return list
}

// part is the one that a Sybil belongs to.
func (r *raid) part(sybil int) *assault {
	return &r.parts[slices.IndexFunc(r.parts, func(a assault) bool { return sybil < a.first+a.count })]
}

// attacks reports whether a device is an adversary's in its hours.
func (r *raid) attacks(device int) bool {
	return slices.ContainsFunc(r.parts, func(a assault) bool { return a.on && slices.Contains(a.honest, device) })
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

// turn begins or ends a part's hours: who besieges in them was an honest device until
// then, and is one again.
func (r *raid) turn(a *assault, begin bool, running *sync.WaitGroup, note func(error)) {
	a.on = begin
	for _, number := range a.honest {
		if begin {
			r.p.collect(number)
			running.Go(func() { note(r.p.world.Crash(number)) })
		} else {
			running.Go(func() { note(r.p.world.Start(number)) })
		}
	}
	switch {
	case begin && len(a.honest) > 0:
		note(r.siege.Enter(a.first, a.count))
	case !begin:
		if a.stop != nil {
			a.stop()
		}
		note(r.siege.Leave(a.first, a.count))
		return
	}
	r.shoot(a)
}

// shoot has a part send what is wrong until it is stopped.
func (r *raid) shoot(a *assault) {
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
	for i := a.first; i < a.first+a.count && ctx.Err() == nil; i++ {
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

package sim

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/airtime"
	"github.com/kreidfeuer/kreidfeuer/node/radio"
	"github.com/kreidfeuer/kreidfeuer/sim/netmodel"
)

// radioText makes a warning as long as most are, on the radio 252 bytes in two frames:
// what is longer is named there and comes by other ways.
const radioText = " Der Deich bei Sinzig ist gebrochen. Verlassen Sie sofort die Häuser zwischen Bahndamm und Rhein " +
	"und gehen Sie zu Fuß zur Turnhalle am Markt. Busse fahren ab 16.30 Uhr."

// tune makes a channel of each link that sends frames.
func (p *player) tune() error {
	p.ethers = make([]*ether, len(p.reach.links))
	for l := range p.reach.links {
		k := &p.reach.links[l]
		if k.Airtime == "" {
			continue
		}
		modem, err := airtime.Preset(k.Airtime)
		if err != nil {
			return fmt.Errorf("link %d: %w", l+1, err)
		}
		p.ethers[l] = newEther(modem, p.Seed, func(from, to int) netmodel.Link {
			return p.reach.by(p.now(), l, p.cast.roles[from], p.cast.roles[to])
		})
	}
	return nil
}

// now is the time since the world began.
func (p *player) now() time.Duration {
	p.mu.Lock()
	w := p.world
	p.mu.Unlock()
	if w == nil {
		return 0 // it is still being made
	}
	return w.Now()
}

// radio is a device's radio; nil: it has none.
func (p *player) radio(device int) *radio.Config {
	for l, e := range p.ethers {
		if e == nil || !p.stage.Has(p.cast.roles[device], l) {
			continue
		}
		var seed [32]byte
		binary.LittleEndian.PutUint64(seed[:], p.Seed)
		binary.LittleEndian.PutUint64(seed[8:], uint64(device))
		return &radio.Config{Open: func() (radio.Link, error) { return e.open(device), nil }, Modem: e.modem,
			Duty: float64(p.reach.links[l].Duty), Random: rand.NewChaCha8(seed)}
	}
	return nil
}

// countRadios adds up what went over the channels.
func (p *player) countRadios() {
	for _, e := range p.ethers {
		if e == nil {
			continue
		}
		e.mu.Lock()
		p.played.Airtime += e.traffic.Airtime
		p.played.Lost += e.traffic.Lost
		p.played.Collided += e.traffic.Collided
		for device, sent := range e.traffic.SentBytes {
			p.played.Bytes[p.cast.roles[device]] += float64(sent)
		}
		e.mu.Unlock()
	}
}

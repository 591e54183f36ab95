package sim

import (
	"cmp"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/sim/contact"
	"github.com/kreidfeuer/kreidfeuer/sim/model"
)

// act is what the script does at a time: one of these.
type act struct {
	at      time.Duration
	change  *model.Change
	meeting *contact.Change
	warning int      // number plus 1
	attack  *assault // begins or ends
	begin   bool
}

// plan puts all that the scenario fixes in order.
func (p *player) plan() error {
	changes, err := p.stage.Changes()
	if err != nil {
		return err
	}
	for i := range changes {
		p.acts = append(p.acts, act{at: changes[i].At, change: &changes[i]})
	}
	meetings, link := p.stage.Contacts()
	for i := range meetings {
		p.acts = append(p.acts, act{at: meetings[i].At, meeting: &meetings[i]})
		p.reach.logged = link
	}
	for i, w := range p.warnings {
		p.acts = append(p.acts, act{at: w.At, warning: i + 1})
	}
	for i := range p.raid.parts {
		a := &p.raid.parts[i]
		p.acts = append(p.acts, act{at: time.Duration(a.From), attack: a, begin: true}, act{at: time.Duration(a.Until), attack: a})
	}
	slices.SortStableFunc(p.acts, func(a, b act) int { return cmp.Compare(a.at, b.at) })
	// What devices can do at the beginning holds before they start.
	for i := range p.acts {
		if c := p.acts[i].change; c != nil && c.At == 0 {
			p.on[c.Device], p.works[c.Device] = c.On, c.Links
		}
	}
	for d := range p.cast.devices {
		info, err := infoOf(p.Seed, d)
		if err != nil {
			return err
		}
		p.infos = append(p.infos, info)
	}
	return nil
}

// script plays.
func (p *player) script(w *World) {
	p.mu.Lock()
	p.world = w
	p.mu.Unlock()
	end := time.Duration(p.Scenario.Duration)
	if p.err = p.raid.lay(); p.err != nil {
		return
	}
	for i := 0; i < len(p.acts) && p.acts[i].at < end; {
		p.until(p.acts[i].at)
		n := i + 1
		for n < len(p.acts) && p.acts[n].at == p.acts[i].at {
			n++
		}
		if p.err = p.perform(p.acts[i:n]); p.err != nil {
			return
		}
		i = n
	}
	p.until(end)
	p.raid.end()
	for d := range p.cast.devices {
		p.collect(d)
	}
	p.count()
	p.scarcity()
}

// until lets time pass, and tells of it.
func (p *player) until(at time.Duration) {
	for now := p.world.Now(); now < at; now = p.world.Now() {
		time.Sleep(min(at-now, time.Minute, p.wake(now)-now))
		if p.Progress != nil {
			p.Progress(float64(p.world.Now()) / float64(p.Scenario.Duration))
		}
	}
}

// perform does what is to be done at one time. Devices that stop and start do so
// at the same time.
func (p *player) perform(acts []act) error {
	var mu sync.Mutex
	var running sync.WaitGroup
	var all error
	note := func(err error) {
		mu.Lock()
		defer mu.Unlock()
		all = errors.Join(all, err)
	}
	for _, a := range acts {
		switch {
		case a.change != nil:
			p.turn(a.change, &running, note)
		case a.meeting != nil:
			p.reach.meet(*a.meeting)
		case a.warning > 0:
			note(p.issue(a.warning - 1))
		case a.attack != nil:
			p.raid.turn(a.attack, a.begin, &running, note)
		}
	}
	running.Wait()
	return all
}

// turn has a device stop or start, and notes the links that work.
func (p *player) turn(c *model.Change, running *sync.WaitGroup, note func(error)) {
	p.mu.Lock()
	p.on[c.Device], p.works[c.Device] = c.On, c.Links
	p.mu.Unlock()
	number := p.cast.players[c.Device]
	if number >= p.cast.devices || p.raid.attacks(number) {
		return
	}
	switch d := p.world.devices[number]; {
	case c.On && !d.up:
		running.Go(func() { note(p.world.Start(number)) })
	case !c.On && d.up:
		p.collect(number)
		running.Go(func() { note(p.world.Crash(number)) })
	}
}

// issue has a station sign and publish a warning, or what follows it up, if it runs.
func (p *player) issue(number int) error {
	a, w := &p.warnings[number], p.world
	if !w.devices[a.Station].up || a.Confirms >= 0 && !p.issued[a.Confirms] {
		return nil
	}
	e, err := p.envelope(number)
	if err != nil {
		return fmt.Errorf("alert %d: %w", number+1, err)
	}
	if a.Confirms < 0 {
		w.checker.published(e, a.Station)
	}
	if a.Alone {
		e = w.fewer(e, 1)
	}
	at := w.Now()
	_, err = w.devices[a.Station].Submit(w.ctx, e.EncodeFull())
	switch {
	case errors.Is(err, &wire.Refusal{Reason: wire.ReasonOverQuota}):
		p.played.GivenUp = append(p.played.GivenUp, model.Arrival{At: at, Alert: number, Device: a.Station})
		return nil // its own device has no room for it
	case err != nil:
		return fmt.Errorf("alert %d: publish on device %d: %w", number+1, a.Station, err)
	}
	p.issued[number] = true
	p.arrivals = append(p.arrivals, model.Arrival{At: at, Alert: number, Device: a.Station})
	return nil
}

// envelope is an alert with all its signatures, signed now if it was not before.
func (p *player) envelope(number int) (e *wire.Envelope, err error) {
	if first := p.warnings[number].Confirms; first >= 0 {
		number = first
	}
	if p.signed[number] == nil {
		p.signed[number], err = p.sign(number)
	}
	return p.signed[number], err
}

// sign makes a warning of the size that the scenario asks for, or of the least one
// that there is: with its chain of certificates some kilobytes.
func (p *player) sign(number int) (*wire.Envelope, error) {
	a, w := &p.warnings[number], p.world
	m := Message{Identifier: fmt.Sprintf("warning-%d", number), Now: trueTime(w.Now()), Severity: a.Severity, Lasts: a.Lasts, Drill: a.Drill,
		Kind: a.Kind, Emergency: a.Alone && !a.Kind.Ends() && a.Severity.Rank() >= cap.Severe.Rank()}
	for _, t := range a.Follows {
		e, err := p.envelope(t)
		if err != nil {
			return nil, err
		}
		m.Follows = append(m.Follows, e)
	}
	if slices.ContainsFunc(p.ethers, func(e *ether) bool { return e != nil }) {
		m.Filler = radioText
	}
	random := rand.New(rand.NewPCG(p.Seed, uint64(number)))
	for {
		e, err := m.Sign(w.tree, p.author(number))
		if err != nil {
			return nil, err
		}
		lacks := a.Size - len(e.EncodeFull())
		if lacks <= a.Size/50 {
			return e, nil
		}
		for range max(1, lacks/2) { // a letter takes up to ten bits with what describes it
			m.Filler += string(rune('a' + random.IntN(26)))
		}
	}
}

// collect adds up what a device has counted since it started.
func (p *player) collect(device int) {
	d := p.world.devices[device]
	if !d.up {
		return
	}
	s := d.Stats()
	p.accepted += s.Accepted
	p.played.Copies += s.Accepted + s.Ignored + s.Duplicate
	p.played.Attack.Rejected += s.Rejected
	p.played.Attack.CutOff += s.CutOff
	if p.scarce() {
		p.played.Released += released(d)
	}
}

// count gathers who has got what, when.
func (p *player) count() {
	w, deliveries := p.world, uint64(0)
	for number := range p.warnings {
		a, e := &p.warnings[number], p.signed[number]
		if a.Confirms >= 0 {
			e = p.signed[a.Confirms]
		}
		if !p.issued[number] {
			continue
		}
		for _, d := range w.devices {
			told, ok := d.toldOf(e.ID())
			at := told.at
			if a.Confirms >= 0 {
				at, ok = told.signed, told.level >= len(e.Signers)
			}
			if ok && d.number != a.Station {
				p.arrivals = append(p.arrivals, model.Arrival{At: at, Alert: number, Device: p.cast.roles[d.number], Over: told.over})
				deliveries++
			}
		}
	}
	p.played.Copies += deliveries - min(p.accepted, deliveries) // by catch-up
	w.air.mu.Lock()
	defer w.air.mu.Unlock()
	p.played.Lost = w.air.traffic.Lost
	for number, role := range p.cast.roles {
		sent := float64(w.air.sentBy[number])
		p.played.Bytes[role] += sent
		if p.stage.Adversary(role) != nil {
			p.played.Attack.Bytes += sent
		}
	}
	p.countRadios()
}

package meter

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Peers are the meters of all neighbours, by their names. It is safe for concurrent use.
type Peers struct {
	mu  sync.Mutex
	all map[string]*meter
}

type meter struct {
	arrivals *rate.Limiter // of new envelopes
	traffic  *rate.Limiter // of messages and announced topics
	strikes  *rate.Limiter
	sessions *rate.Limiter // of catch-up that it begins
	proofs   *rate.Limiter // requests for what proves what it sent
	proven   int           // 1: it gave such a proof when it was last asked; -1: it did not
	rounds   *rate.Limiter // messages of comparisons that it asks for
	given    *rate.Limiter // bytes that it is given
	held     time.Duration // how long its sessions lasted since heldFrom
	heldFrom time.Time
	until    time.Time // cut off until then
	last     time.Time
}

// New returns the meters of nobody yet.
func New() *Peers { return &Peers{all: map[string]*meter{}} }

// of returns a neighbour's meter. The caller holds p.mu.
func (p *Peers) of(id string, now time.Time) *meter {
	m := p.all[id]
	if m == nil {
		m = &meter{
			arrivals: rate.NewLimiter(NewRate, NewBurst), traffic: rate.NewLimiter(floodRate, floodBurst),
			strikes: rate.NewLimiter(rate.Every(strikeEvery), Strikes), sessions: rate.NewLimiter(beginRate, beginBurst),
			proofs: rate.NewLimiter(rate.Every(proofEvery), ProofBurst),
			rounds: rate.NewLimiter(RoundRate, RoundBurst), given: rate.NewLimiter(GiveRate, GiveBurst),
		}
		p.all[id] = m
	}
	m.last = now
	return m
}

// take takes one of some budget of a neighbour, if there is one left.
func (p *Peers) take(id string, now time.Time, budget func(m *meter) *rate.Limiter) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return budget(p.of(id, now)).AllowN(now, 1)
}

// Allow takes one new envelope from the neighbour's budget.
func (p *Peers) Allow(id string, now time.Time) bool {
	return p.take(id, now, func(m *meter) *rate.Limiter { return m.arrivals })
}

// Begin takes one session of catch-up from the neighbour's budget.
func (p *Peers) Begin(id string, now time.Time) bool {
	return p.take(id, now, func(m *meter) *rate.Limiter { return m.sessions })
}

// Prove takes one request for what proves the neighbour's envelopes from the budget.
func (p *Peers) Prove(id string, now time.Time) bool {
	return p.take(id, now, func(m *meter) *rate.Limiter { return m.proofs })
}

// DidProve notes whether the neighbour gave what it was asked to prove.
func (p *Peers) DidProve(id string, did bool, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m := p.of(id, now)
	if m.proven = -1; did {
		m.proven = 1
	}
}

// Proven is 1 if the neighbour gave a proof when it was last asked for one, -1 if it did not, 0 if
// it never was.
func (p *Peers) Proven(id string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if m := p.all[id]; m != nil {
		return m.proven
	}
	return 0
}

// Rounds is the budget of messages that the neighbour has answered, to wait for.
func (p *Peers) Rounds(id string, now time.Time) *rate.Limiter {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.of(id, now).rounds
}

// Given is the budget of bytes that the neighbour is given, to wait for.
func (p *Peers) Given(id string, now time.Time) *rate.Limiter {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.of(id, now).given
}

// Hold adds to the time that a neighbour's sessions took lately, and returns it.
func (p *Peers) Hold(id string, d time.Duration, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	m := p.of(id, now)
	if now.Sub(m.heldFrom) > heldMemory {
		m.held, m.heldFrom = 0, now
	}
	m.held += d
	return m.held
}

// CutOff reports whether the neighbour is to be ignored without looking.
func (p *Peers) CutOff(id string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	m := p.all[id]
	return m != nil && now.Before(m.until)
}

// Strike counts something the neighbour should have known to be wrong. It
// reports true once, when the neighbour is to be cut off.
func (p *Peers) Strike(id string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	m := p.of(id, now)
	if m.strikes.AllowN(now, 1) {
		return false
	}
	return m.ban(now)
}

// Arrive counts n things that a neighbour sends, whatever they are. pass is false
// if it is cut off; cut is true once, when it floods and is to be cut off.
func (p *Peers) Arrive(id string, n int, now time.Time) (pass, cut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m := p.of(id, now)
	switch {
	case now.Before(m.until):
		return false, false
	case m.traffic.AllowN(now, n):
		return true, false
	}
	return false, m.ban(now)
}

// ban cuts the neighbour off and reports whether it was not before.
func (m *meter) ban(now time.Time) bool {
	if now.Before(m.until) {
		return false
	}
	m.until = now.Add(BanTime)
	return true
}

// Sweep forgets neighbours that were quiet for longer than a ban lasts.
func (p *Peers) Sweep(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, m := range p.all {
		if now.Sub(m.last) > BanTime && now.After(m.until) {
			delete(p.all, id)
		}
	}
}

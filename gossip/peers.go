package gossip

import (
	"context"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// peers meters every neighbour: how much it may send, and how often it may be
// wrong before it is cut off.
type peers struct {
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
	served   *rate.Limiter // bytes that it is given
	held     time.Duration // how long its sessions lasted since heldFrom
	heldFrom time.Time
	until    time.Time // cut off until then
	last     time.Time
}

func newPeers() *peers { return &peers{all: map[string]*meter{}} }

func (p *peers) meter(id string, now time.Time) *meter {
	m := p.all[id]
	if m == nil {
		m = &meter{arrivals: rate.NewLimiter(peerRate, peerBurst), traffic: rate.NewLimiter(floodRate, floodBurst),
			proofs:   rate.NewLimiter(rate.Every(proofEvery), proofBurst),
			strikes:  rate.NewLimiter(rate.Every(strikeEvery), strikeBurst),
			sessions: rate.NewLimiter(beginRate, beginBurst), rounds: rate.NewLimiter(roundRate, roundBurst),
			served: rate.NewLimiter(serveRate, serveBurst)}
		p.all[id] = m
	}
	m.last = now
	return m
}

// allow takes one arrival from the neighbour's budget.
func (p *peers) allow(id string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.meter(id, now).arrivals.AllowN(now, 1)
}

// begin takes one session of catch-up from the neighbour's budget.
func (p *peers) begin(id string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.meter(id, now).sessions.AllowN(now, 1)
}

// prove takes one request for what proves the neighbour's envelopes from the budget.
func (p *peers) prove(id string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.meter(id, now).proofs.AllowN(now, 1)
}

// didProve notes whether the neighbour gave what it was asked to prove.
func (p *peers) didProve(id string, did bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m := p.meter(id, time.Now())
	if m.proven = -1; did {
		m.proven = 1
	}
}

// proven is 1 if the neighbour gave a proof when it was last asked, -1 if it did not, 0 if it
// never was.
func (p *peers) proven(id string) int {
	p.mu.Lock()
	defer p.mu.Unlock()
	if m := p.all[id]; m != nil {
		return m.proven
	}
	return 0
}

// serve waits until the neighbour may be given n bytes.
func (p *peers) serve(ctx context.Context, id string, n int) error {
	p.mu.Lock()
	l := p.meter(id, time.Now()).served
	p.mu.Unlock()
	return l.WaitN(ctx, n)
}

// compare waits until the neighbour may have one more message answered.
func (p *peers) compare(ctx context.Context, id string) error {
	p.mu.Lock()
	l := p.meter(id, time.Now()).rounds
	p.mu.Unlock()
	return l.Wait(ctx)
}

// holds adds to the time that a neighbour's sessions took lately, and returns it.
func (p *peers) holds(id string, d time.Duration, now time.Time) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	m := p.meter(id, now)
	if now.Sub(m.heldFrom) > serveMemory {
		m.held, m.heldFrom = 0, now
	}
	m.held += d
	return m.held
}

// cutOff reports whether the neighbour is to be ignored without looking.
func (p *peers) cutOff(id string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	m := p.all[id]
	return m != nil && now.Before(m.until)
}

// strike counts something the neighbour should have known to be wrong. It
// reports true once, when the neighbour is to be cut off.
func (p *peers) strike(id string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	m := p.meter(id, now)
	if m.strikes.AllowN(now, 1) {
		return false
	}
	return m.ban(now)
}

// arrive counts n things that a neighbour sends, whatever they are. pass is false
// if it is cut off; cut is true once, when it floods and is to be cut off.
func (p *peers) arrive(id string, n int, now time.Time) (pass, cut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	m := p.meter(id, now)
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
	m.until = now.Add(banTime)
	return true
}

// sweep forgets neighbours that were quiet for longer than a ban lasts.
func (p *peers) sweep(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, m := range p.all {
		if now.Sub(m.last) > banTime && now.After(m.until) {
			delete(p.all, id)
		}
	}
}

// memo remembers keyed hashes of the last transmissions that were accepted, in a
// ring. The key is random per process, so nobody can aim a collision.
type memo struct {
	mu   sync.Mutex
	set  map[uint64]struct{}
	ring []uint64
	next int
}

func newMemo() *memo {
	return &memo{set: map[uint64]struct{}{}} // few devices ever fill it
}

func (m *memo) has(sum uint64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	_, ok := m.set[sum]
	return ok
}

func (m *memo) add(sum uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(m.ring) < rawMemo {
		m.ring = append(m.ring, sum)
	} else {
		delete(m.set, m.ring[m.next])
		m.ring[m.next] = sum
		m.next = (m.next + 1) % rawMemo
	}
	m.set[sum] = struct{}{}
}

func (m *memo) clear() {
	m.mu.Lock()
	defer m.mu.Unlock()
	clear(m.set)
	m.ring, m.next = m.ring[:0], 0
}

package main

import (
	"fmt"
	"sync"
	"time"
)

// progress tells people at a terminal how far a batch is and how long it will
// take. In a pipe it is silent.
type progress struct {
	e     *env
	total int
	began time.Time

	mu     sync.Mutex // guards what follows
	shares map[*job]float64
	ended  int
	drawn  time.Time
}

// redraw is how often the line is written anew.
const redraw = 200 * time.Millisecond

func newProgress(e *env, jobs int) *progress {
	return &progress{e: e, total: jobs, began: time.Now(), shares: map[*job]float64{}}
}

// at notes how much of a job is done.
func (p *progress) at(j *job, share float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shares[j] = share
	p.draw()
}

func (p *progress) done(j *job) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.shares, j)
	p.ended++
	p.draw()
}

func (p *progress) draw() {
	if !p.e.terminal || time.Since(p.drawn) < redraw {
		return
	}
	p.drawn = time.Now()
	share := float64(p.ended)
	for _, s := range p.shares {
		share += s
	}
	share /= float64(max(p.total, 1))
	left := ""
	if spent := time.Since(p.began); share > 0.01 {
		left = fmt.Sprintf(", about %s left", time.Duration(float64(spent)*(1/share-1)).Round(time.Second))
	}
	fmt.Fprintf(p.e.stderr, "\r\x1b[K%3.0f %%, %d of %d runs%s", 100*share, p.ended, p.total, left)
}

// clear makes room for a line of a result.
func (p *progress) clear() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.e.terminal {
		fmt.Fprint(p.e.stderr, "\r\x1b[K")
		p.drawn = time.Time{}
	}
}

func (p *progress) end() { p.clear() }

package main

import (
	"fmt"
	"sync"
	"time"
)

// progress tells how far a batch is and how long it will take: people at a terminal
// on one line, a log now and then.
type progress struct {
	e     *env
	total int
	kept  int // results that were there before
	began time.Time

	mu     sync.Mutex // guards what follows
	shares map[*job]float64
	ended  int
	played int
	drawn  time.Time
}

// How often progress is told.
const (
	redraw = 200 * time.Millisecond // at a terminal
	relog  = time.Minute            // in a log
)

func newProgress(e *env, jobs []*job, kept int) *progress {
	now := time.Now()
	p := &progress{e: e, total: len(jobs), kept: kept, began: now, drawn: now, shares: map[*job]float64{}}
	p.clear()
	p.draw()
	return p
}

// at notes how much of a job is done.
func (p *progress) at(j *job, share float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shares[j] = share
	p.draw()
}

// done notes the end of a job, which was played or kept from before.
func (p *progress) done(j *job, played bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.shares, j)
	p.ended++
	if played {
		p.played++
	}
	p.draw()
}

func (p *progress) draw() {
	now := time.Now()
	if every := map[bool]time.Duration{true: redraw, false: relog}[p.e.terminal]; now.Sub(p.drawn) < every {
		return
	}
	p.drawn = now
	if text := p.text(now.Sub(p.began)); p.e.terminal {
		fmt.Fprintf(p.e.stderr, "\r\x1b[K%s", text)
	} else {
		fmt.Fprintln(p.e.stderr, text)
	}
}

// text is how far it is after some time.
func (p *progress) text(spent time.Duration) string {
	under := float64(p.played)
	for _, s := range p.shares {
		under += s
	}
	toPlay, left := float64(max(p.total-p.kept, 1)), ""
	if share := under / toPlay; share > 0.01 {
		left = fmt.Sprintf(", about %s left", short(time.Duration(float64(spent)*max(0, 1/share-1)).Round(time.Second)))
	}
	return fmt.Sprintf("%3.0f %%, %d of %d runs%s", 100*(float64(p.ended-p.played)+under)/float64(max(p.total, 1)), p.ended, p.total, left)
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

package shell

import (
	"fmt"
	"io"
	"time"
)

// Progress tells a person at a terminal how far long work is. It is silent for
// the first second, in a pipe and with --json.
type Progress struct {
	env   *Env
	what  string
	total int64 // bytes; 0: unknown
	done  int64
	begun time.Time
	told  time.Time
}

const TellEvery = 300 * time.Millisecond

func (e *Env) Progress(what string, total int64) *Progress {
	return &Progress{env: e, what: what, total: total, begun: e.Now(), told: e.Now().Add(time.Second - TellEvery)}
}

func (p *Progress) Add(n int) {
	p.done += int64(n)
	if !p.env.StderrTerminal || p.env.JSON || p.env.Now().Sub(p.told) < TellEvery {
		return
	}
	p.told = p.env.Now()
	text := Size(p.done)
	if p.total > 0 {
		text += " of " + Size(p.total)
	}
	fmt.Fprintf(p.env.Stderr, "\r\x1b[K%s: %s", Printable(p.what), text)
}

// End clears the line.
func (p *Progress) End() {
	if p.told.After(p.begun.Add(time.Second)) {
		fmt.Fprint(p.env.Stderr, "\r\x1b[K")
	}
}

// Reader counts what is read from r.
func (p *Progress) Reader(r io.Reader) io.Reader { return &progressReader{p, r} }

type progressReader struct {
	p *Progress
	r io.Reader
}

func (r *progressReader) Read(b []byte) (int, error) {
	n, err := r.r.Read(b)
	r.p.Add(n)
	return n, err
}

package main

import (
	"fmt"
	"io"
	"time"
)

// progress tells a person at a terminal how far long work is. It is silent for
// the first second, in a pipe and with --json.
type progress struct {
	env   *env
	what  string
	total int64 // bytes; 0: unknown
	done  int64
	begun time.Time
	told  time.Time
}

const tellEvery = 300 * time.Millisecond

func (e *env) progress(what string, total int64) *progress {
	return &progress{env: e, what: what, total: total, begun: e.now(), told: e.now().Add(time.Second - tellEvery)}
}

func (p *progress) add(n int) {
	p.done += int64(n)
	if !p.env.stderrTerminal || p.env.json || p.env.now().Sub(p.told) < tellEvery {
		return
	}
	p.told = p.env.now()
	text := bundleSize(p.done)
	if p.total > 0 {
		text += " of " + bundleSize(p.total)
	}
	fmt.Fprintf(p.env.stderr, "\r\x1b[K%s: %s", printable(p.what), text)
}

// end clears the line.
func (p *progress) end() {
	if p.told.After(p.begun.Add(time.Second)) {
		fmt.Fprint(p.env.stderr, "\r\x1b[K")
	}
}

// reader counts what is read from r.
func (p *progress) reader(r io.Reader) io.Reader { return &progressReader{p, r} }

type progressReader struct {
	p *progress
	r io.Reader
}

func (r *progressReader) Read(b []byte) (int, error) {
	n, err := r.r.Read(b)
	r.p.add(n)
	return n, err
}

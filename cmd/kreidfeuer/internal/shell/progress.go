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

// tellEvery is how often a line at the terminal changes: as fast as it can be read.
const tellEvery = 300 * time.Millisecond

// Progress begins to tell how far work on total bytes is; 0 if that is unknown.
func (e *Env) Progress(what string, total int64) *Progress {
	return &Progress{env: e, what: what, total: total, begun: e.Now(), told: e.Now().Add(time.Second - tellEvery)}
}

// Add tells of n more bytes.
func (p *Progress) Add(n int) {
	p.done += int64(n)
	if !p.env.StderrTerminal || p.env.JSON || p.env.Now().Sub(p.told) < tellEvery {
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

// Steps tells a person at a terminal how far work in steps has come.
func (e *Env) Steps(what string) (tell func(done, of int), end func()) {
	var last time.Time
	tell = func(done, of int) {
		if !e.StderrTerminal || e.JSON || e.Now().Sub(last) < tellEvery {
			return
		}
		last = e.Now()
		text := fmt.Sprint(done)
		if of > 0 {
			text = fmt.Sprintf("%d %%", 100*done/of)
		}
		fmt.Fprintf(e.Stderr, "\r\x1b[K%s: %s", what, text)
	}
	return tell, func() {
		if !last.IsZero() {
			fmt.Fprint(e.Stderr, "\r\x1b[K")
		}
	}
}

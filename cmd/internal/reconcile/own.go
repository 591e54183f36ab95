package main

import (
	"fmt"

	"github.com/kreidfeuer/kreidfeuer/gossip/recon"
)

// cost is what a session costs. What is sent goes from the asking to the answering side.
type cost struct {
	sent, received    int // bytes until the asking side knows what differs
	request           int // bytes to name what is needed and, in recon, to prove the result
	trips             int // until the asking side knows; naming goes with the transfer
	askCPU, answerCPU ms
}

func (c *cost) learn() int { return c.sent + c.received }
func (c *cost) all() int   { return c.learn() + c.request }

// runOwn measures a session over sets that are kept up to date.
func runOwn(a, b *recon.Set, w *world) (c cost, err error) {
	var ask, answer *recon.Session
	c.askCPU = timed(func() { ask = recon.Ask(a, recon.Limits{}) })
	c.answerCPU = timed(func() { answer = recon.Answer(b, recon.Limits{}) })
	have, need, gave := 0, 0, 0
	var in, out []byte
	for done := false; !done; {
		c.askCPU += timed(func() {
			o, h, n, d, e := ask.Step(in)
			out, done, err = o, d, e
			have, need = have+len(h), need+len(n)
		})
		if err != nil {
			return c, err
		}
		if done {
			break
		}
		c.answerCPU += timed(func() {
			i, g, _, _, e := answer.Step(out)
			in, err = i, e
			gave += len(g)
		})
		if err != nil {
			return c, err
		}
		if have == len(w.onlyA) && need == len(w.onlyB) && have+need > 0 {
			c.request += len(out) + len(in) // it knew before it sent this
		} else {
			c.sent, c.received, c.trips = c.sent+len(out), c.received+len(in), c.trips+1
		}
	}
	if have != len(w.onlyA) || need != len(w.onlyB) || gave != need {
		return c, fmt.Errorf("recon found %d and %d differences, want %d and %d", have, need, len(w.onlyA), len(w.onlyB))
	}
	return c, nil
}

package main

import (
	"encoding/hex"
	"errors"
	"fmt"
	"sync"

	"github.com/nbd-wtf/go-nostr"
	"github.com/nbd-wtf/go-nostr/nip77/negentropy"
	"github.com/nbd-wtf/go-nostr/nip77/negentropy/storage/vector"
)

// runRange measures a session of the range-based library. Sorting its items is not counted.
func runRange(w *world) (cost, error) {
	build := func(side func(func(*record))) *negentropy.Negentropy {
		v := vector.New()
		side(func(r *record) { v.Insert(nostr.Timestamp(r.created), hex.EncodeToString(r.id[:])) })
		v.Seal()
		return negentropy.New(v, 0)
	}
	ask, answer := build(w.a), build(w.b)
	var found sync.WaitGroup
	have, need := 0, 0
	count := func(c chan string, n *int) {
		found.Go(func() {
			for range c {
				*n++
			}
		})
	}
	count(ask.Haves, &have)
	count(ask.HaveNots, &need)
	var c cost
	var out string
	var err error
	c.askCPU = timed(func() { out = ask.Start() })
	for out != "" {
		if c.trips++; c.trips > 50 {
			return c, errors.New("the range-based library does not end")
		}
		c.sent += len(out) / 2
		var in string
		c.answerCPU += timed(func() { in, err = answer.Reconcile(out) })
		if err != nil {
			return c, err
		}
		c.received += len(in) / 2
		c.askCPU += timed(func() { out, err = ask.Reconcile(in) })
		if err != nil {
			return c, err
		}
	}
	found.Wait()
	if have != len(w.onlyA) || need != len(w.onlyB) {
		return c, fmt.Errorf("the range-based library found %d and %d differences", have, need)
	}
	c.request = 32 * need
	return c, nil
}

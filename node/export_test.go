package node

import (
	"context"
	"io"
	"maps"
	"slices"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/kreidfeuer/kreidfeuer/gossip"
	"github.com/kreidfeuer/kreidfeuer/gossip/bundle"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
)

// TestMain wants every goroutine to have ended with the devices. A closed
// database lets one of its own go on for a second.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.IgnoreTopFunction("github.com/syndtr/goleveldb/leveldb.(*DB).mpoolDrain"))
}

// Tick does at once what time brings every few seconds.
func (n *Node) Tick(ctx context.Context) { n.tick(ctx) }

// OnAir is how much of the radio's duty cycle is used.
func (n *Node) OnAir() time.Duration { return n.waves.radio.State().OnAir }

// ImportBy is ImportBundle with another judge.
func ImportBy(ctx context.Context, in io.Reader, ingest func([]byte) error) (apitype.Imported, error) {
	m := newImporting(ctx, ingest)
	err := m.all(bundle.NewReader(in))
	return m.outcome(), err
}

// HearAgain hears a message over a radio, has time pass, and returns how often it
// was expanded.
func (n *Node) HearAgain(ctx context.Context, message []byte, rounds int) int {
	w := &airwaves{node: n, log: n.log, woken: make(chan struct{}, 1), heard: map[wire.ID]spelled{}}
	w.hear(ctx, message)
	for range rounds {
		w.retry(ctx)
	}
	return w.expands
}

// HearMany hears messages over a radio, and returns how many are expanded again before the radio is
// told what is new, and until none is any more.
func (n *Node) HearMany(ctx context.Context, messages [][]byte) (first, all int) {
	w := &airwaves{node: n, log: n.log, woken: make(chan struct{}, 1), heard: map[wire.ID]spelled{}}
	for _, m := range messages {
		w.hear(ctx, m)
	}
	w.expands, w.tried.known = 0, -1 // something has come since
	w.retry(ctx)
	first = w.expands
	for before := -1; before < w.expands; {
		before = w.expands
		w.retry(ctx)
	}
	return first, w.expands
}

// Wanted lists what a radio would say, alerts and certificates, and whether it would look again at once.
func (n *Node) Wanted(ctx context.Context) (alerts, proofs []wire.ID, again bool) {
	w := &airwaves{node: n, log: n.log, woken: make(chan struct{}, 1)}
	for id, s := range w.wanted(ctx) {
		if s.proof {
			proofs = append(proofs, id)
		} else {
			alerts = append(alerts, id)
		}
	}
	return alerts, proofs, len(w.woken) > 0
}

// Retain gives up at once what need not be kept.
func (n *Node) Retain(ctx context.Context) error { return n.retain(ctx) }

// Carry takes an envelope as off a stick.
func (n *Node) Carry(ctx context.Context, raw []byte) error {
	_, err := n.route.Ingest(ctx, raw, gossip.MeansCarry)
	return err
}

// KeepAgain brings again what the store has not taken, as the router does.
func (n *Node) KeepAgain(ctx context.Context) error {
	n.mu.Lock()
	waiting := slices.Collect(maps.Values(n.unsaved))
	n.mu.Unlock()
	return keeper{n}.Put(ctx, waiting, nil)
}

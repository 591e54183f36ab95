package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/brief"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/node/api/apitype"
	"github.com/kreidfeuer/kreidfeuer/node/radio"
)

// Bounds of what the radio is given and what it brings.
const (
	// maxSaid bounds the alerts that are said; the most severe and newest are.
	maxSaid = 48

	// maxWaiting and maxWaitingBytes bound messages whose certificates have not
	// come yet. Who floods them costs late-comers time: the radio repeats.
	maxWaiting      = 32
	maxWaitingBytes = 4 << 10

	// maxVain bounds the messages that are tried again for nothing before the radio is told
	// what is new: to expand one takes 40 ms, ten times that on a small box, and a stranger's
	// thirty must not keep a warning back.
	maxVain = 4

	// maxChain bounds the certificates of one alert: several officers on each of
	// the levels below the root.
	maxChain = 32

	// sayEvery is how often what has to be said is compared with what is, beside
	// every change: alerts end by themselves.
	sayEvery = 10 * time.Second

	// sayPause gathers changes: catching up brings many at once.
	sayPause = time.Second

	// longestSaid bounds how long an alert is said while the clock is in doubt. Else the radio is
	// told anew when an alert, or what rests on a certificate, lasts longer by sayLonger.
	longestSaid = 24 * time.Hour
	sayLonger   = time.Minute
)

// airwaves keeps a radio saying the alerts in force on live, their ends, and the
// certificates that it takes to verify them, and takes in what it hears.
type airwaves struct {
	node  *Node
	radio *radio.Radio
	log   *slog.Logger
	woken chan struct{}

	mu      sync.Mutex // guards what follows
	heard   map[wire.ID]spelled
	waiting [][]byte // oldest first, but for those that were just tried
	untried int      // of them, the first
	expands int      // messages expanded so far

	// Of one goroutine: what was known when what waits was tried last, what the radio was
	// given, and what it rests on.
	tried  basis
	said   map[wire.ID]told
	chains map[wire.ID]chain
}

// chain is the certificates that an envelope rests on at a level.
type chain struct {
	level wire.Level
	certs []wire.ID
}

// basis is what messages that wait may rest on: certificates, and what their
// authors wrote before.
type basis struct {
	pool  uint64
	known int
}

func (n *Node) basis() basis {
	n.mu.Lock()
	defer n.mu.Unlock()
	return basis{n.pool.Version(), len(n.known)}
}

// spelled is an envelope as a message, at the level that the message shows.
type spelled struct {
	message []byte
	level   wire.Level
}

// saying is what has to be said.
type saying struct {
	id       wire.ID
	level    wire.Level
	proof    bool         // a certificate
	severity cap.Severity // of a certificate: of the most severe alert that rests on it
	lasting  time.Duration
	doubtful bool // how long it lasts is a guess
}

// told is what the radio was given; without a message it cannot be.
type told struct {
	spelled
	severity cap.Severity
	until    time.Time
}

// covers reports whether what the radio was given is all there is to say, or all it can. Who
// cannot tell how long an alert is in force says it no longer than it was given.
func (t told) covers(want saying, now time.Time) bool {
	longer := !want.doubtful && now.Add(want.lasting).Sub(t.until) > sayLonger
	return t.message == nil || t.severity.Rank() >= want.severity.Rank() && !longer
}

func newAirwaves(n *Node, c radio.Config) (*airwaves, error) {
	w := &airwaves{node: n, log: n.log, woken: make(chan struct{}, 1), heard: map[wire.ID]spelled{}, said: map[wire.ID]told{}}
	c.Hear, c.Log, c.Memory = w.hear, n.deps.Log, memory{n.deps.Store.Local(), localAirtime}
	r, err := radio.New(c)
	if err != nil {
		return nil, fmt.Errorf("node: %w", err)
	}
	w.radio = r
	return w, nil
}

// run runs the radio, if there is one, until ctx ends.
func (w *airwaves) run(ctx context.Context) error {
	if w == nil {
		return nil
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	wg.Go(func() { w.radio.Run(ctx) })
	tick := time.NewTicker(sayEvery)
	defer tick.Stop()
	for {
		w.say(ctx)
		w.retry(ctx)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(sayPause):
		}
		select {
		case <-ctx.Done():
			return nil
		case <-w.woken:
		case <-tick.C:
		}
	}
}

// wake says that something may have changed. It does not block; a node without
// radio has nil.
func (w *airwaves) wake() {
	if w == nil {
		return
	}
	select {
	case w.woken <- struct{}{}:
	default:
	}
}

// hear takes in a message. One whose certificates are missing waits for them.
func (w *airwaves) hear(ctx context.Context, message []byte) {
	if !w.take(ctx, message) && len(message) <= maxWaitingBytes {
		w.mu.Lock()
		if !slices.ContainsFunc(w.waiting, func(m []byte) bool { return string(m) == string(message) }) {
			if len(w.waiting) >= maxWaiting {
				w.waiting, w.untried = w.waiting[1:], max(0, w.untried-1)
			}
			w.waiting = append(w.waiting, slices.Clone(message))
		}
		w.mu.Unlock()
	}
	w.wake()
}

// take reports false if the message may be worth another try.
func (w *airwaves) take(ctx context.Context, message []byte) bool {
	w.mu.Lock()
	w.expands++
	w.mu.Unlock()
	s, err := w.node.TakeMessage(ctx, message)
	if err != nil {
		w.log.Debug("what the radio brought was not taken", "err", err)
		return !isReason(err, wire.ReasonUnknownIssuer)
	}
	if id, err := wire.ParseID(s.ID); err == nil {
		w.mu.Lock()
		w.heard[id] = spelled{slices.Clone(message), wire.Level(s.Level)}
		w.mu.Unlock()
	}
	return true
}

// retry tries what waits again if something has come that it may rest on. What comes of it is
// such a thing again.
func (w *airwaves) retry(ctx context.Context) {
	for vain := 0; vain < maxVain; {
		w.mu.Lock()
		if now := w.node.basis(); now != w.tried {
			w.tried, w.untried = now, len(w.waiting)
		}
		if w.untried == 0 {
			w.mu.Unlock()
			return
		}
		m := w.waiting[0]
		w.waiting, w.untried = w.waiting[1:], w.untried-1
		w.mu.Unlock()
		if !w.take(ctx, m) {
			vain++
			w.mu.Lock()
			w.waiting = append(w.waiting, m)
			w.mu.Unlock()
		}
	}
	w.wake()
}

// say brings what the radio says in line with what the device knows.
func (w *airwaves) say(ctx context.Context) {
	wanted := w.wanted(ctx)
	for id, s := range w.said {
		if want, ok := wanted[id]; !ok || want.level > s.level {
			w.radio.Cease(s.message)
			delete(w.said, id)
		}
	}
	w.forget(wanted)
	for _, want := range wanted {
		t, ok := w.said[want.id]
		if now := time.Now(); !ok || !t.covers(want, now) || w.gaveWay(t, now) {
			t, err := w.tell(ctx, want, t.spelled, now)
			if errors.Is(err, errNotFound) {
				w.wake() // it was accepted a moment ago and is about to be written
				continue
			}
			if err != nil {
				w.log.Warn("an alert does not go over the radio", "id", want.id, "err", err)
			}
			w.said[want.id] = t // also after a failure: it would fail again
		}
	}
}

// gaveWay reports whether the radio let go of what it was given before that ran out.
func (w *airwaves) gaveWay(t told, now time.Time) bool {
	return t.message != nil && now.Before(t.until) && !w.radio.Holds(t.message)
}

// tell gives the radio what has to be said, or tells it that this is worth more, or lasts
// longer, than it was told before.
func (w *airwaves) tell(ctx context.Context, want saying, s spelled, now time.Time) (t told, err error) {
	if s.message == nil {
		s, err = w.spell(ctx, want)
	}
	give := w.radio.Say
	if want.proof {
		give = w.radio.Prove
	}
	if err == nil {
		err = give(s.message, want.severity, want.lasting)
	}
	if err != nil {
		s.message = nil
	}
	return told{s, want.severity, now.Add(want.lasting)}, err
}

// spell takes over the spelling that was heard, so that radios which repeat an
// alert repeat the same frames.
func (w *airwaves) spell(ctx context.Context, want saying) (spelled, error) {
	w.mu.Lock()
	heard, ok := w.heard[want.id]
	w.mu.Unlock()
	if ok && heard.level >= want.level {
		return heard, nil
	}
	message, err := w.node.Message(ctx, want.id, brief.Options{})
	return spelled{message, want.level}, err
}

// forget drops spellings of what is not said.
func (w *airwaves) forget(wanted map[wire.ID]saying) {
	w.mu.Lock()
	defer w.mu.Unlock()
	maps.DeleteFunc(w.heard, func(id wire.ID, _ spelled) bool { _, ok := wanted[id]; return !ok })
}

// problems is what people are told of a radio that does not answer.
func (w *airwaves) problems() []apitype.Problem {
	if w == nil {
		return nil
	}
	s := w.radio.State()
	if s.Open || s.Err == nil {
		return nil
	}
	return []apitype.Problem{{Kind: "radio", Message: fmt.Sprintf("the radio does not answer: %v", s.Err),
		Hint: "check the cable and the device file; it is tried again"}}
}

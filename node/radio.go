package node

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/kreidfeuer/kreidfeuer/gossip/alert"
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
	waiting [][]byte // oldest first
	expands int      // messages expanded so far

	tried basis // what was known when all that waits was tried last; of one goroutine

	// Of one goroutine: what the radio was given, and what it rests on.
	said   map[wire.ID]told
	chains map[wire.ID][]wire.ID
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
		w.retry(ctx)
		w.say(ctx)
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
				w.waiting = w.waiting[1:]
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

// retry tries what waits again if something has come that it may rest on, as long
// as something comes of it. To expand a message takes 40 ms, ten times that on a
// small box: a stranger's thirty must not cost that every second.
func (w *airwaves) retry(ctx context.Context) {
	now := w.node.basis()
	if now == w.tried {
		return
	}
	w.tried = now
	for before := -1; ; {
		w.mu.Lock()
		waiting := w.waiting
		w.waiting = nil
		w.mu.Unlock()
		if len(waiting) == 0 {
			return
		}
		waiting = slices.DeleteFunc(waiting, func(m []byte) bool { return w.take(ctx, m) })
		w.mu.Lock()
		w.waiting = append(waiting, w.waiting...)
		w.mu.Unlock()
		if len(waiting) == before {
			return
		}
		before = len(waiting)
	}
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
		if now := time.Now(); !ok || !t.covers(want, now) {
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

// wanted lists what has to be said: alerts, and the certificates they rest on.
func (w *airwaves) wanted(ctx context.Context) map[wire.ID]saying {
	all, chains := map[wire.ID]saying{}, map[wire.ID][]wire.ID{}
	for _, s := range w.node.sayings() {
		all[s.id] = s
		chain, ok := w.chains[s.id]
		if !ok {
			chain = w.node.restsOn(ctx, s.id)
		}
		chains[s.id] = chain
		for _, id := range chain {
			proof, ok := all[id]
			if !ok {
				proof = saying{id: id, proof: true, severity: s.severity, doubtful: s.doubtful}
			}
			if proof.severity.Rank() < s.severity.Rank() {
				proof.severity = s.severity
			}
			proof.lasting = max(proof.lasting, s.lasting)
			all[id] = proof
		}
	}
	w.chains = chains
	return all
}

// restsOn lists the certificates that it takes to verify an envelope: its issuer's
// and its signers', and those that these rest on, up to the root, which everybody
// has to have from elsewhere.
func (n *Node) restsOn(ctx context.Context, id wire.ID) (certs []wire.ID) {
	for queue := []wire.ID{id}; len(queue) > 0 && len(certs) < maxChain; queue = queue[1:] {
		raw, err := n.Envelope(ctx, queue[0])
		if err != nil {
			continue // the root, or not held any more
		}
		e, err := wire.Decode(raw)
		if err != nil {
			continue
		}
		next := []wire.ID{e.Header.IssuerID()}
		for _, s := range e.Signers {
			if c, ok := s.Ref.Certificate(); ok {
				next = append(next, c)
			}
		}
		for _, c := range next {
			if _, ok := n.pool.Certificate(c); ok && !slices.Contains(certs, c) {
				certs, queue = append(certs, c), append(queue, c)
			}
		}
	}
	return certs
}

// sayings lists the alerts of live that a radio says: those in force and the ends
// of incidents, the most severe and newest first.
func (n *Node) sayings() []saying {
	n.mu.Lock()
	defer n.mu.Unlock()
	now := n.outlook()
	var list []*known
	for _, k := range n.known {
		if k.fact.Lane != wire.LaneLive || k.fact.Revoked {
			continue
		}
		switch state := now.stateOf(k); {
		case state == apitype.StateInForce || state == apitype.StateUnknown || state == apitype.StateNotYet:
		case isEnd(k.fact.Kind) && state != apitype.StateSuperseded && state != apitype.StateRevoked && k.fact.Expires > now.clock.Now:
		default:
			continue
		}
		list = append(list, k)
	}
	slices.SortFunc(list, func(a, b *known) int {
		return cmp.Or(cmp.Compare(b.fact.Severity, a.fact.Severity), cmp.Compare(b.fact.Created, a.fact.Created), a.fact.ID.Compare(b.fact.ID))
	})
	var all []saying
	for _, k := range list[:min(len(list), maxSaid)] {
		s := saying{id: k.fact.ID, level: k.fact.Level, severity: cap.Severity(k.row.Severity), lasting: longestSaid, doubtful: now.clock.Doubtful()}
		if isEnd(k.fact.Kind) && s.severity.Rank() < cap.Severe.Rank() {
			s.severity = cap.Severe // an end must reach whoever got the alert
		}
		if left := time.Duration(k.fact.Expires-min(now.clock.Now, k.fact.Expires)) * time.Second; !s.doubtful {
			s.lasting = min(left, longestSaid)
		}
		all = append(all, s)
	}
	return all
}

func isEnd(k alert.Kind) bool { return k == alert.KindAllClear || k == alert.KindWithdrawal }

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

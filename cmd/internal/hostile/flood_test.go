package hostile_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/libp2p/go-libp2p/core/network"

	"github.com/kreidfeuer/kreidfeuer/cmd/internal/hostile"
	"github.com/kreidfeuer/kreidfeuer/gossip/recon"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
)

// junk are envelopes that look like the genuine one, each different.
func junk(kind func(raw []byte, i int), e *wire.Envelope) func(i int) []byte {
	raw := e.EncodeFull()
	return func(i int) []byte {
		b := slices.Clone(raw)
		kind(b, i)
		return b
	}
}

// damagedSignature changes the last signature: what costs most to find out.
func damagedSignature(raw []byte, i int) {
	binary.BigEndian.PutUint32(raw[len(raw)-40:], uint32(i))
}

// unknownVersion is what an honest device ignores without a penalty.
func unknownVersion(e *wire.Envelope) func(raw []byte, i int) {
	at := bytes.Index(e.EncodeFull(), []byte{0xa1, 0x3a, 0, 1, 0, 0}) + 8 // protected header: {-65537: {0: version
	return func(raw []byte, i int) {
		raw[at] = 2
		binary.BigEndian.PutUint32(raw[len(raw)-40:], uint32(i))
	}
}

const perSecond = 10_000

// Ten thousand junk envelopes a second: the sender is cut off within a second,
// each cost at most one signature check, and genuine warnings pass meanwhile.
func TestFloodOfJunk(t *testing.T) {
	w := newWorld(t)
	w.control(t)
	genuine := forged(t, w) // never published
	for _, flood := range []struct {
		name   string
		kind   func(raw []byte, i int)
		reason wire.Reason
	}{
		{"damaged signatures", damagedSignature, wire.ReasonBadSigner},
		{"of an unknown version", unknownVersion(genuine), wire.ReasonUnsupported},
	} {
		t.Run(flood.name, func(t *testing.T) {
			next := junk(flood.kind, genuine)
			w.refused(t, next(0), flood.reason)
			w.flood(t, next)
		})
	}
	if w.a.Has(t, genuine.ID()) {
		t.Error("junk was accepted")
	}
}

// flood lets one hostile peer after the other flood a for two seconds and more, and
// issues warnings at b meanwhile.
func (w *world) flood(t *testing.T, next func(i int) []byte) {
	undisturbed := w.latency(t, 5)
	memory, stored := heap(), kept(t, w.a, wire.LaneTrust)
	before := w.a.Stats()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	done := make(chan struct{})
	var sent, cut, slowest, most atomic.Int64
	go func() {
		defer close(done)
		for start := time.Now(); time.Since(start) < 2*time.Second; {
			p := w.bare(t) // a new identity each time
			begun, judged := time.Now(), w.a.Stats()
			n, _ := p.Flood(ctx, w.a.ID(), wire.Topic(w.tree.Root.ID(), wire.LaneLive), perSecond, func(i int) []byte {
				return next(int(sent.Add(1)))
			})
			if !waitFor(func() bool { return !p.Connected(w.a.ID()) }) {
				t.Error("a hostile peer is still connected")
			}
			// A busy machine may starve the victim for any time, so what is held is
			// what it lets a neighbour send before it cuts it off: a burst of 4,000 and
			// 1,000 a second. At perSecond that is less than half a second.
			took, now := time.Since(begun), w.a.Stats()
			if looked := now.Rejected + now.Ignored - judged.Rejected - judged.Ignored; looked > 4_000+1_000*uint64(took.Seconds()+1) {
				t.Errorf("a hostile peer was cut off after %s, when %d envelopes had been judged", took, looked)
			}
			slowest.Store(max(slowest.Load(), int64(took)))
			most.Store(max(most.Load(), int64(n)))
			cut.Add(1)
			_ = p.Close()
		}
	}()
	disturbed := w.latency(t, 10)
	<-done
	after := w.a.Stats()
	// What w.latency issued costs two checks each, and its chain is known.
	if checks := after.Checks - before.Checks; checks > uint64(sent.Load())+2*10 {
		t.Errorf("%d junk envelopes cost %d signature checks", sent.Load(), checks)
	}
	if limit := max(2*undisturbed, undisturbed+500*time.Millisecond); disturbed > limit {
		t.Errorf("warnings took %s, undisturbed %s", disturbed, undisturbed)
	}
	w.control(t)
	// The hostile peers live in this process too, and take a while to die.
	grown := int64(0)
	if !waitFor(func() bool { grown = int64(heap()) - int64(memory); return grown < 32<<20 }) {
		t.Errorf("memory grew by %d kB", grown>>10)
	}
	if got := kept(t, w.a, wire.LaneTrust); got != stored {
		t.Errorf("trust objects kept: %d, before %d", got, stored)
	}
	t.Logf("cut off after %s and %d envelopes at most", time.Duration(slowest.Load()), most.Load())
	t.Logf("%d junk envelopes by %d peers, %d checks; warnings took %s, undisturbed %s; memory grew by %d kB",
		sent.Load(), cut.Load(), after.Checks-before.Checks, disturbed, undisturbed, grown>>10)
}

// bare connects a hostile peer that floods; the caller closes it and forgets it.
func (w *world) bare(t *testing.T) *hostile.Peer {
	p, err := hostile.NewBare()
	if err != nil {
		t.Error(err)
	} else if err = p.Connect(t.Context(), w.a.Info()); err != nil {
		t.Error(err)
	}
	return p
}

// latency is the median time of n warnings from b to everybody.
func (w *world) latency(t *testing.T, n int) time.Duration {
	t.Helper()
	var all []time.Duration
	for range n {
		all = append(all, w.spread(t, w.warning(t)))
	}
	slices.Sort(all)
	return all[n/2]
}

func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// waitFor is eventually for goroutines that must not end the test.
func waitFor(condition func() bool) bool {
	for end := time.Now().Add(patience); !condition(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			return false
		}
	}
	return true
}

// A neighbour that offers without end what it does not have is asked for a bounded
// part of it, and one that answers with junk is cut off.
func TestLyingCatchUpServer(t *testing.T) {
	for _, server := range []struct {
		name   string
		answer func() []byte // to what was asked for; nil: nothing
		cutOff bool
	}{
		{"gives nothing", func() []byte { return nil }, false},
		{"gives junk", func() []byte { b := make([]byte, 500); _, _ = rand.Read(b); return b }, true},
	} {
		t.Run(server.name, func(t *testing.T) {
			w := newWorld(t)
			w.control(t)
			p, err := hostile.New(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = p.Close() })
			var offers, gets, ended atomic.Int64
			p.ServeCatchUp(func(s network.Stream) {
				defer s.Reset()
				defer ended.Add(1)
				lie(s, w.tree.Root.ID(), server.answer, &offers, &gets)
			})
			if err := p.Connect(t.Context(), w.a.Info()); err != nil {
				t.Fatal(err)
			}
			if server.cutOff {
				eventually(t, "the server is cut off", func() bool { return !p.Connected(w.a.ID()) })
			}
			eventually(t, "the session ends", func() bool { return ended.Load() > 0 })
			if gets.Load() == 0 || gets.Load() > 2*8192 {
				t.Errorf("%d offers of 1,024, %d items were asked for", offers.Load(), gets.Load())
			}
			w.control(t)
		})
	}
}

// lie serves a catch-up with random IDs, more of them in each lane without end.
func lie(s network.Stream, domain wire.ID, answer func() []byte, offers, gets *atomic.Int64) {
	r := bufio.NewReader(s)
	random := recon.NewSet()
	for range 1000 {
		random.Add(wire.Item{ID: randomID(), Level: 5}, uint64(time.Now().Add(time.Hour).Unix()))
	}
	var compare *recon.Session
	for {
		f, err := hostile.ReadFrame(r)
		if err != nil {
			return
		}
		switch f.Kind {
		case hostile.FrameHello:
			err = hostile.Frame{Kind: hostile.FrameHello, Time: trusttest.Epoch, Domains: []wire.ID{domain}}.Write(s)
		case hostile.FrameRecon:
			if compare == nil {
				compare = recon.Answer(random, recon.Limits{})
			}
			out, _, _, done, _ := compare.Step(f.Raw)
			err = hostile.Frame{Kind: hostile.FrameRecon, Domains: f.Domains, Lane: f.Lane, Raw: out}.Write(s)
			if done {
				compare = nil
			}
		case hostile.FrameOffer: // it wants nothing
		case hostile.FrameNext:
			compare = nil
			offers.Add(1)
			var items []byte
			for range 1024 {
				id := randomID()
				items = append(append(items, id[:]...), 5, 1)
			}
			err = hostile.Frame{Kind: hostile.FrameOffer, Domains: f.Domains, Lane: f.Lane, Items: items, More: true}.Write(s)
		case hostile.FrameGet:
			for range len(f.Items) / wire.IDSize {
				gets.Add(1)
				if raw := answer(); raw != nil && err == nil {
					err = hostile.Frame{Kind: hostile.FrameEnv, Raw: raw}.Write(s)
				}
			}
			if err == nil {
				err = hostile.Frame{Kind: hostile.FrameEnd}.Write(s)
			}
		default:
			return
		}
		if err != nil {
			return
		}
	}
}

func randomID() (id wire.ID) {
	_, _ = rand.Read(id[:])
	id[0] = 1
	return id
}

// Whoever hands over drafts that are none is cut off.
func TestDraftSpam(t *testing.T) {
	w := newWorld(t)
	w.control(t)
	p := w.hostile(t)
	raw := hostile.Damaged(forged(t, w))
	eventually(t, "the spammer is cut off", func() bool {
		if !p.Connected(w.a.ID()) {
			return true
		}
		s, err := p.Host().NewStream(t.Context(), w.a.ID(), wire.ProtocolDraft)
		if err != nil {
			return !p.Connected(w.a.ID())
		}
		defer s.Reset()
		if (hostile.Frame{Kind: hostile.FrameEnv, Raw: raw}).Write(s) == nil {
			_, _ = hostile.ReadFrame(bufio.NewReader(s))
		}
		return false
	})
	w.control(t)
}

// Topics that nobody has heard of cost little, however many are announced.
func TestSubscriptionFlood(t *testing.T) {
	w := newWorld(t)
	w.control(t)
	memory := heap()
	for _, each := range []int{64, 1000} { // as much as is heard at once, and more
		p := w.bare(t)
		defer p.Close()
		var topics []string
		for i := range 50_000 {
			topics = append(topics, fmt.Sprintf("%s%050d/live", wire.ProtocolPrefix, i))
		}
		_ = p.Announce(t.Context(), w.a.ID(), topics, each) // may be cut short
		w.control(t)
	}
	if grown := int64(heap()) - int64(memory); grown > 16<<20 {
		t.Errorf("memory grew by %d kB", grown>>10)
	}
}

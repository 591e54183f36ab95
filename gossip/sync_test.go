package gossip

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"maps"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/marcopolo/simnet"

	"github.com/kreidfeuer/kreidfeuer/gossip/agenda"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/ledger"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity"
)

// What is published on a link on which gossip does not flow yet is there at once
// all the same.
func TestPublishOnAYoungLink(t *testing.T) {
	tree := newTree(t)
	for _, after := range []time.Duration{0, 10 * time.Millisecond, 100 * time.Millisecond, time.Second, 3 * time.Second} {
		e := warning(t, tree, "after "+after.String())
		synctest.Test(t, func(t *testing.T) {
			v := found(t, tree, 2, 20e6, simnet.StaticLatency(10*time.Millisecond))
			defer v.end()
			v.connect(0, 1)
			time.Sleep(after)
			if _, err := v.all[0].Publish(v.ctx, e.EncodeFull()); err != nil {
				t.Fatal(err)
			}
			if took := v.until("published "+after.String()+" after connecting", []*wire.Envelope{e}, 5*time.Second, v.all[1]); took > 500*time.Millisecond {
				t.Errorf("after %s", took)
			}
		})
	}
}

// What is gossiped reaches a neighbour that catches up and takes no part in the topic (yet)
// all the same, and soon, however long the link is there.
func TestNewsForWhoDoesNotHearGossip(t *testing.T) {
	tree := newTree(t)
	e := warning(t, tree, "one")
	synctest.Test(t, func(t *testing.T) {
		v := found(t, tree, 2, 20e6, simnet.StaticLatency(5*time.Millisecond))
		defer v.end()
		v.connect(0, 1)
		time.Sleep(3 * time.Second)
		deaf := v.all[1]
		deaf.topicMu.Lock()
		for name, j := range deaf.topics {
			j.leave()
			if err := j.topic.Close(); err != nil {
				t.Fatal(err)
			}
			delete(deaf.topics, name)
		}
		deaf.topicMu.Unlock()
		time.Sleep(2 * agenda.YoungLink)
		if _, err := v.all[0].Publish(v.ctx, e.EncodeFull()); err != nil {
			t.Fatal(err)
		}
		if took := v.until("the warning", []*wire.Envelope{e}, time.Minute, deaf); took > time.Second {
			t.Errorf("after %s", took)
		}
	})
}

// A second signature that was given on one side of a partition reaches those who
// have the first one, through those who lack the alert or have it.
func TestLevelRisesAcrossPartitions(t *testing.T) {
	tree := newTree(t)
	e := sign(t, tree, document("moderate", cap.Moderate, false), tree.Leitstelle.Persons...)
	one := byFirst(tree, e)
	synctest.Test(t, func(t *testing.T) {
		v := found(t, tree, 4, 20e6, simnet.StaticLatency(2*time.Millisecond))
		defer v.end()
		v.connect(0, 1)
		v.connect(2, 3)
		if _, err := v.all[0].Publish(v.ctx, one.EncodeFull()); err != nil {
			t.Fatal(err)
		}
		v.ingest(3, []*wire.Envelope{e})
		time.Sleep(10 * time.Second)
		if !v.all[1].knows(e.ID(), 1)() || !v.all[2].knows(e.ID(), 2)() {
			t.Fatal("not where it should be before the partition heals")
		}
		v.connect(1, 2)
		if took := v.until("the level rises", []*wire.Envelope{e}, 10*time.Second, v.all...); took > 4*time.Second {
			t.Errorf("after %s", took)
		}
	})
}

// badLink turns bad once two devices are connected: it carries bits a second each
// way, has a queue of ten seconds, and loses some of the packets. A bits of 0: as much as is sent.
type badLink struct {
	bits, percent int
	bad           atomic.Bool
	mu            sync.Mutex
	random        *rand.Rand
	free          map[string]time.Time // by sender
}

func (l *badLink) latency(p *simnet.Packet) time.Duration {
	const delay, never = 50 * time.Millisecond, 1000 * time.Hour
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.bad.Load() {
		return delay
	}
	now := time.Now()
	free := l.free[p.From.String()]
	if free.Before(now) {
		free = now
	}
	if l.random.IntN(100) < l.percent || free.Sub(now) > 10*time.Second {
		return never
	}
	if l.bits > 0 {
		free = free.Add(time.Duration(reflect.ValueOf(p).Elem().FieldByName("buf").Len()) * 8 * time.Second / time.Duration(l.bits))
	}
	l.free[p.From.String()] = free
	return free.Sub(now) + delay
}

// On a link of 5 kbit/s that loses a third of the packets what is urgent comes
// first, and everything in the end; on one that breaks every few seconds as well.
func TestBadLinks(t *testing.T) {
	tree := newTree(t)
	live := many(2, func(i int) *wire.Envelope { return warning(t, tree, fmt.Sprint("live-", i)) })
	drills := many(12, func(i int) *wire.Envelope { return drill(t, tree, fmt.Sprint("drill-", i)) })
	for _, link := range []struct {
		name   string
		bits   int
		loss   int
		up     time.Duration // between breaks; 0: it does not break
		urgent time.Duration
		all    time.Duration
	}{
		{"5 kbit/s", 5_000, 0, 0, 2 * time.Minute, 5 * time.Minute},
		{"5 kbit/s and 30 % loss", 5_000, 30, 0, 5 * time.Minute, 10 * time.Minute},
		{"30 % loss", 0, 30, 0, 20 * time.Second, time.Minute},
		{"30 % loss, up for 6 seconds at a time", 0, 30, 6 * time.Second, 30 * time.Second, time.Minute},
	} {
		t.Run(link.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := &badLink{bits: link.bits, percent: link.loss, random: rand.New(rand.NewPCG(1, 2)), free: map[string]time.Time{}}
				v := found(t, tree, 2, 20e6, l.latency)
				defer v.end()
				v.ingest(0, drills)
				v.ingest(0, live)
				v.connect(0, 1)
				l.bad.Store(true)
				over := make(chan struct{})
				go func() {
					defer close(over)
					for v.ctx.Err() == nil {
						pause(v.ctx, cmp.Or(link.up, 5*time.Second))
						if link.up == 0 && len(v.all[1].host.Network().Peers()) > 0 {
							continue // else the loss was too much for the transport once: discovery would dial
						}
						l.bad.Store(false)
						v.part(0, 1)
						pause(v.ctx, time.Second)
						_ = v.all[1].host.Connect(v.ctx, hostInfo(v.all[0].host))
						l.bad.Store(true)
					}
				}()
				v.until("what is live", live, link.urgent, v.all[1])
				v.until("everything", drills, link.all, v.all[1])
				v.stop()
				<-over
			})
		})
	}
}

// Whatever comes where, in whatever order links come and go: in the end all
// devices hold the same.
func TestEveryOrderEndsAlike(t *testing.T) {
	tree := newTree(t)
	var all []*wire.Envelope
	for i := range 12 {
		e := sign(t, tree, document(fmt.Sprint("m-", i), cap.Moderate, i%3 == 0), tree.Leitstelle.Persons...)
		all = append(all, e, byFirst(tree, e))
	}
	for seed := range uint64(8) {
		random := rand.New(rand.NewPCG(seed, 0))
		order := slices.Clone(all)
		random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		synctest.Test(t, func(t *testing.T) {
			const devices = 4
			v := found(t, tree, devices, 20e6, simnet.StaticLatency(5*time.Millisecond))
			defer v.end()
			for i, e := range order {
				_, _ = v.all[random.IntN(devices)].Ingest(v.ctx, e.EncodeFull(), MeansCarry)
				a, b := random.IntN(devices), random.IntN(devices)
				switch {
				case a == b:
				case i%3 == 0:
					v.part(a, b)
				default:
					v.connect(a, b)
				}
				time.Sleep(time.Duration(random.IntN(400)) * time.Millisecond)
			}
			for i := range devices - 1 {
				v.connect(i, i+1)
			}
			v.until("all", all, 2*time.Minute, v.all...)
			time.Sleep(2 * time.Minute)
			want := v.all[0].store.content()
			for i, s := range v.all {
				if got := s.store.content(); !maps.Equal(got, want) {
					t.Errorf("seed %d: device %d holds %d, device 0 %d", seed, i, len(got), len(want))
				}
			}
		})
	}
}

// content is what is kept of each envelope: level and number of parts.
func (m *memory) content() map[wire.ID][2]int {
	m.mu.Lock()
	defer m.mu.Unlock()
	all := map[wire.ID][2]int{}
	for id, s := range m.kept {
		all[id] = [2]int{int(s.Level), len(s.Parts)}
	}
	return all
}

// A lane does not stop at what is refused, what is refused is not fetched again
// from the same neighbour, and it is once trust has changed.
func TestRefusedOnesDoNotStopALane(t *testing.T) {
	tree := newTree(t)
	a, b := newStation(t, tree.Pinned(), newMemory()), newStation(t, tree.Pinned(), newMemory())
	a.run(t)
	const refused = 100
	bad := map[wire.ID]bool{}
	for i := range refused {
		e := sign(t, tree, document(fmt.Sprint("refused-", i), cap.Extreme, false), tree.Leitstelle.Persons...)
		bad[e.ID()] = true
		if _, err := a.Ingest(t.Context(), e.EncodeFull(), MeansCarry); err != nil {
			t.Fatal(err)
		}
	}
	good := sign(t, tree, document("good", cap.Minor, false), tree.Leitstelle.Persons...)
	if _, err := a.Ingest(t.Context(), good.EncodeFull(), MeansCarry); err != nil {
		t.Fatal(err)
	}
	checked := 0
	live := b.lanes[wire.LaneLive]
	check := live.Check
	live.Check = func(e *wire.Envelope, v identity.Verified) (any, error) {
		checked++
		if bad[e.ID()] {
			return nil, wire.Refuse(wire.ReasonRevoked, "for the sake of the test")
		}
		return check(e, v)
	}
	b.lanes[wire.LaneLive] = live
	go b.commit(t.Context())
	connect(t, b.host, a.host)
	b.near.Meet(a.host.ID(), time.Hour, time.Now())
	for _, round := range []struct {
		name string
		want int
	}{{"the first time", refused + 1}, {"again", 0}} {
		checked = 0
		if _, err := b.CatchUp(t.Context(), a.host.ID()); err != nil {
			t.Fatal(err)
		}
		if checked != round.want {
			t.Errorf("%s: %d envelopes were fetched and checked, want %d", round.name, checked, round.want)
		}
	}
	if !b.knows(good.ID(), 2)() {
		t.Error("what comes after those refused was not fetched")
	}
	extra, err := tree.AddPerson(tree.Kreis, tree.Leitstelle, "c", tree.Kreis.Signers()...)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.pool.Add(extra.Cert); err != nil {
		t.Fatal(err)
	}
	if _, err := b.CatchUp(t.Context(), a.host.ID()); err != nil || checked != refused {
		t.Errorf("after trust changed: %d were fetched, %v", checked, err)
	}
}

// A device that lacks an issuer, and whose neighbour does not keep it, asks for
// the chain.
func TestChainsAreAskedFor(t *testing.T) {
	tree := newTree(t)
	knowing := tree.Pinned()
	e := warning(t, tree, "one")
	if _, err := knowing.AddChain(e); err != nil {
		t.Fatal(err)
	}
	a, b := newStation(t, knowing, newMemory()), newStation(t, tree.Pinned(), newMemory())
	a.run(t)
	b.run(t)
	bare := *e
	bare.Chain = nil
	a.publish(t, bare.EncodeFull())
	var chain []wire.ID
	for _, raw := range e.Chain {
		c, err := wire.Decode(raw)
		if err != nil {
			t.Fatal(err)
		}
		chain = append(chain, c.ID())
	}
	if _, err := a.Release(t.Context(), chain); err != nil || a.store.count() != 1 {
		t.Fatalf("%d envelopes are kept, %v", a.store.count(), err)
	}
	connect(t, b.host, a.host)
	eventually(t, "b knows the warning", b.knows(e.ID(), 2))
}

// keeping is a store that also keeps memos.
type keeping struct {
	*memory
	memos map[wire.ID]ledger.Memo
}

func (k keeping) PutMemos(_ context.Context, add []ledger.Memo, gone []wire.ID) error {
	for _, m := range add {
		k.memos[m.ID] = m
	}
	for _, id := range gone {
		delete(k.memos, id)
	}
	return nil
}

func (k keeping) Memos(context.Context) iter.Seq2[ledger.Memo, error] {
	return func(yield func(ledger.Memo, error) bool) {
		for _, m := range k.memos {
			if !yield(m, nil) {
				return
			}
		}
	}
}

// What a device let go for want of room is not fetched again, also after a restart,
// and its neighbours are not asked to compare it again and again.
func TestReleasedOnesAreNotFetchedAgain(t *testing.T) {
	tree := newTree(t)
	a := newStation(t, tree.Pinned(), newMemory())
	a.run(t)
	e, other := warning(t, tree, "one"), warning(t, tree, "other")
	a.publish(t, e.EncodeFull())
	a.publish(t, other.EncodeFull())
	store := keeping{newMemory(), map[wire.ID]ledger.Memo{}}
	small := func() *station {
		s := &station{host: newHost(t), store: store.memory, pool: tree.Pinned()}
		r, err := New(s.host, store, s.pool, config())
		if err != nil {
			t.Fatal(err)
		}
		s.Router = r
		return s
	}
	b := small()
	b.run(t)
	connect(t, b.host, a.host)
	eventually(t, "b knows both", func() bool { return b.knows(e.ID(), 2)() && b.knows(other.ID(), 2)() })
	if n, err := b.Release(t.Context(), []wire.ID{e.ID(), testID(7)}); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	place := wire.Place{Domain: tree.Root.ID(), Lane: wire.LaneLive}
	for i, s := range []*station{b, small()} {
		if i == 1 {
			s.run(t)
			connect(t, s.host, a.host)
		}
		if got, err := s.CatchUp(t.Context(), a.host.ID()); got != 0 || err != nil {
			t.Errorf("%d envelopes were fetched, %v", got, err)
		}
		if _, err := store.Get(t.Context(), e.ID()); err == nil || s.knows(e.ID(), 2)() {
			t.Error("it came back")
		}
		s.mu.Lock()
		if got := s.ledger.Set(place).Len(); got != 2 {
			t.Errorf("%d items are compared, want 2", got)
		}
		s.mu.Unlock()
	}
	if len(store.memos) != 1 {
		t.Errorf("%d memos", len(store.memos))
	}
	b.sweep(t.Context(), now().Add(100*time.Hour))
	if len(store.memos) != 0 {
		t.Error("the memo outlives the envelope")
	}
}

// Neighbours tells which lanes are complete.
func TestNeighboursTellWhatIsComplete(t *testing.T) {
	tree := newTree(t)
	synctest.Test(t, func(t *testing.T) {
		v := found(t, tree, 2, 20e6, simnet.StaticLatency(5*time.Millisecond))
		defer v.end()
		v.connect(0, 1)
		time.Sleep(3 * time.Second)
		for i, s := range v.all {
			if list := s.Neighbours(); len(list) != 1 || len(list[0].Complete) != 3 {
				t.Errorf("device %d: %+v", i, list)
			}
		}
	})
}

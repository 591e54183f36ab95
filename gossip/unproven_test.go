package gossip

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	pubsub "github.com/libp2p/go-libp2p-pubsub"
	pb "github.com/libp2p/go-libp2p-pubsub/pb"
	"github.com/libp2p/go-libp2p/core/network"
	"github.com/libp2p/go-libp2p/core/peer"
	"github.com/marcopolo/simnet"

	"github.com/kreidfeuer/kreidfeuer/gossip/agenda"
	"github.com/kreidfeuer/kreidfeuer/gossip/cap"
	"github.com/kreidfeuer/kreidfeuer/gossip/catchup"
	"github.com/kreidfeuer/kreidfeuer/gossip/meter"
	"github.com/kreidfeuer/kreidfeuer/gossip/wire"
	"github.com/kreidfeuer/kreidfeuer/identity/trusttest"
)

// utter publishes bytes as they are.
func (v *village) utter(i int, e *wire.Envelope, raw []byte) {
	v.t.Helper()
	s := v.all[i]
	s.topicMu.Lock()
	topic := s.topics[wire.Topic(e.Domain(), e.Header.Lane)].topic
	s.topicMu.Unlock()
	if err := topic.Publish(v.ctx, raw); err != nil {
		v.t.Fatal(err)
	}
}

// publishBare publishes without the chain, whoever needs it.
func (v *village) publishBare(i int, e *wire.Envelope) {
	v.t.Helper()
	if _, _, err := v.all[i].takeLocal(v.ctx, e.EncodeFull(), MeansLocal); err != nil {
		v.t.Fatal(err)
	}
	bare := *e
	bare.Chain = nil
	v.utter(i, e, bare.EncodeFull())
}

// A newcomer that joined a moment ago, and knows no certificate yet, has a warning
// that comes without them at once, and so has who stands behind it.
func TestNewcomerProvesAndPassesOn(t *testing.T) {
	tree := newTree(t)
	for _, after := range []time.Duration{0, 20 * time.Millisecond, 100 * time.Millisecond, time.Second, 3 * time.Second} {
		e := warning(t, tree, "after "+after.String())
		synctest.Test(t, func(t *testing.T) {
			v := foundOn(t, tree, append(knowingAll(tree, 3), newMemory(), newMemory()), 20e6, simnet.StaticLatency(10*time.Millisecond))
			defer v.end()
			v.connect(0, 1)
			v.connect(1, 2)
			v.connect(3, 4)
			time.Sleep(10 * time.Second)
			v.connect(2, 3)
			time.Sleep(after)
			v.publishBare(0, e)
			if took := v.until("joined "+after.String()+" before", []*wire.Envelope{e}, 5*time.Second, v.all...); took > 700*time.Millisecond {
				t.Errorf("after %s", took)
			}
		})
	}
}

// forget has a device lack all certificates that it keeps and its neighbours have told
// it of.
func (v *village) forget(i int, tree *trusttest.Tree) {
	v.t.Helper()
	pool := v.all[i].pool
	pool.Drop(tree.Root.ID())
	if err := pool.Pin(tree.Root, tree.Root.ID().String()); err != nil {
		v.t.Fatal(err)
	}
}

// Devices that lack the certificates, one behind the other, each pass on by gossip
// what they have proven: who hears nothing but gossip has it too.
func TestUnprovenIsPassedOnByGossip(t *testing.T) {
	tree := newTree(t)
	e := warning(t, tree, "one")
	synctest.Test(t, func(t *testing.T) {
		v := foundOn(t, tree, []*memory{newMemory(), newMemory(), knowing(tree)}, 20e6, simnet.StaticLatency(10*time.Millisecond))
		defer v.end()
		v.connect(0, 1)
		v.connect(1, 2)
		time.Sleep(10 * time.Second) // everybody knows the certificates
		lacking := v.all[1]
		v.forget(1, tree)
		v.publishBare(0, e)
		v.until("the warning", []*wire.Envelope{e}, 300*time.Millisecond, v.all...)
		if held := lacking.unproven.taken.Load(); held != 1 {
			t.Errorf("%d were held", held)
		}
		if s := v.all[2].Stats(); s.Accepted != 1 {
			t.Errorf("the last one accepted %d by gossip", s.Accepted)
		}
		if n := lacking.unproven.count.Load(); n > 0 {
			t.Errorf("%d are still held", n)
		}
	})
}

// A village that has been cut off since before there were certificates is connected
// again, and a warning comes a moment after.
func TestUnprovenAfterAPartition(t *testing.T) {
	const half = 4
	tree := newTree(t)
	for _, after := range []time.Duration{50 * time.Millisecond, 500 * time.Millisecond, 2 * time.Second} {
		e := warning(t, tree, "after "+after.String())
		synctest.Test(t, func(t *testing.T) {
			v := foundOn(t, tree, append(knowingAll(tree, half), many(half, func(int) *memory { return newMemory() })...), 20e6, simnet.StaticLatency(10*time.Millisecond))
			defer v.end()
			for i := range half - 1 {
				v.connect(i, i+1)
				v.connect(half+i, half+i+1)
			}
			time.Sleep(10 * time.Second)
			v.connect(half-1, half)
			time.Sleep(after)
			v.publish(0, e)
			if took := v.until("healed "+after.String()+" before", []*wire.Envelope{e}, 10*time.Second, v.all...); took > 1500*time.Millisecond {
				t.Errorf("after %s", took)
			}
		})
	}
}

// Whoever is first to send what is genuine, and then does not prove it, delays it by
// a second or two where others have it.
func TestWhoDoesNotProve(t *testing.T) {
	tree := newTree(t)
	for name, after := range map[string]func(v *village){
		"gone": func(v *village) { v.part(0, 1) },
		"deaf": func(v *village) { v.all[1].host.RemoveStreamHandler(wire.ProtocolCatchUp) },
		"mute": func(v *village) {
			v.all[1].host.SetStreamHandler(wire.ProtocolCatchUp, func(network.Stream) { <-v.ctx.Done() })
		},
		"empty": func(*village) {}, // it answers, and has nothing
	} {
		e := warning(t, tree, name)
		bare := *e
		bare.Chain = nil
		synctest.Test(t, func(t *testing.T) {
			v := foundOn(t, tree, []*memory{newMemory(), newMemory(), knowing(tree)}, 20e6, simnet.StaticLatency(10*time.Millisecond))
			defer v.end()
			device := v.all[0]
			v.connect(0, 1)
			v.connect(0, 2)
			time.Sleep(10 * time.Second)
			v.forget(0, tree)
			v.utter(1, e, bare.EncodeFull())
			time.Sleep(11 * time.Millisecond) // it is there
			after(v)
			time.Sleep(50 * time.Millisecond)
			if device.unproven.count.Load() != 1 {
				t.Fatal("it is not held")
			}
			v.publishBare(2, e)
			if took := v.until(name, []*wire.Envelope{e}, 30*time.Second, device); took > proofPatience+agenda.ClaimTime {
				t.Errorf("%s: after %s", name, took)
			}
		})
	}
}

// Whoever keeps a session open in which it was asked for something else does not keep
// others from being asked for what they have as well.
func TestWhoIsBusyIsNotWaitedFor(t *testing.T) {
	tree := newTree(t)
	foreign, err := trusttest.NewTree(9, 2)
	if err != nil {
		t.Fatal(err)
	}
	e, junk := warning(t, tree, "one"), invented(t, foreign, tree, 0)
	bare := *e
	bare.Chain = nil
	synctest.Test(t, func(t *testing.T) {
		v := foundOn(t, tree, []*memory{newMemory(), newMemory(), knowing(tree)}, 20e6, simnet.StaticLatency(10*time.Millisecond))
		defer v.end()
		const device, foe, honest = 0, 1, 2
		v.connect(device, foe)
		v.connect(device, honest)
		time.Sleep(10 * time.Second)
		v.forget(device, tree)
		v.all[foe].host.SetStreamHandler(wire.ProtocolCatchUp, func(network.Stream) { <-v.ctx.Done() })
		v.utter(foe, e, junk)
		time.Sleep(3 * time.Second) // somebody is compared with because of it, and that is over
		if !v.all[device].unproven.isAsked(v.all[foe].host.ID()) {
			t.Fatal("no session is open")
		}
		v.utter(foe, e, bare.EncodeFull())
		time.Sleep(time.Millisecond)
		v.publishBare(honest, e)
		if took := v.until("the warning", []*wire.Envelope{e}, 30*time.Second, v.all[device]); took > proofPatience+agenda.ClaimTime {
			t.Errorf("after %s", took)
		}
	})
}

// Whom nobody proves anything to for long has the warning by ordinary catch-up as soon
// as somebody can.
func TestUnprovenIsLeftToCatchUp(t *testing.T) {
	tree := newTree(t)
	e := warning(t, tree, "one")
	synctest.Test(t, func(t *testing.T) {
		v := foundOn(t, tree, knowingAll(tree, 2), 20e6, simnet.StaticLatency(10*time.Millisecond))
		defer v.end()
		v.connect(0, 1)
		time.Sleep(10 * time.Second)
		v.forget(0, tree)
		other := v.all[1]
		other.host.RemoveStreamHandler(wire.ProtocolCatchUp)
		v.publishBare(1, e)
		time.Sleep(2 * unprovenTime)
		device := v.all[0]
		if n := device.unproven.count.Load(); n > 0 || device.unproven.taken.Load() != 1 || device.knows(e.ID(), 2)() {
			t.Fatalf("%d are held still, of %d", n, device.unproven.taken.Load())
		}
		other.host.SetStreamHandler(wire.ProtocolCatchUp, func(s network.Stream) { other.sessions.Serve(v.ctx, s) })
		v.until("the warning", []*wire.Envelope{e}, time.Minute, device)
	})
}

// The forms of an envelope, with and without chain, in whatever order, are one.
func TestFormsAreOne(t *testing.T) {
	tree := newTree(t)
	for name, order := range map[string][]bool{"bare first": {false, true}, "whole first": {true, false}, "both twice": {false, true, true, false}} {
		e := sign(t, tree, document(name, cap.Moderate, true), tree.Leitstelle.Persons...)
		synctest.Test(t, func(t *testing.T) {
			v := foundOn(t, tree, []*memory{knowing(tree), newMemory(), knowing(tree)}, 20e6, simnet.StaticLatency(10*time.Millisecond))
			defer v.end()
			v.connect(0, 1)
			v.connect(1, 2)
			time.Sleep(10 * time.Second)
			v.forget(1, tree)
			var shown [3]atomic.Int32
			for i, s := range v.all {
				s.store.watch(func(r Record) {
					if r.Envelope.ID() == e.ID() {
						shown[i].Add(1)
					}
				})
			}
			if _, _, err := v.all[0].takeLocal(v.ctx, e.EncodeFull(), MeansLocal); err != nil {
				t.Fatal(err)
			}
			for _, whole := range order {
				form := *e
				if !whole {
					form.Chain = nil
				}
				v.utter(0, e, form.EncodeFull())
				time.Sleep(time.Millisecond)
			}
			v.until(name, []*wire.Envelope{e}, time.Second, v.all...)
			time.Sleep(time.Minute)
			for i := range shown {
				if n := shown[i].Load(); n != 1 {
					t.Errorf("%s: device %d shows it %d times", name, i, n)
				}
			}
		})
	}
}

// Whoever sends the forms of a long alert in which some parts are left out has one of them
// passed on, not all, and the one with all parts whenever it comes.
func TestFormsAreNotMultiplied(t *testing.T) {
	tree := newTree(t)
	c := document("long", cap.Severe, true)
	for _, language := range []string{"en", "pl", "tr", "uk"} {
		info := c.Info[0]
		info.Language = language
		c.Info = append(c.Info, info)
	}
	e := sign(t, tree, c, tree.Leitstelle.Persons...)
	synctest.Test(t, func(t *testing.T) {
		v := foundOn(t, tree, []*memory{knowing(tree), newMemory(), knowing(tree)}, 20e6, simnet.StaticLatency(10*time.Millisecond))
		defer v.end()
		v.connect(0, 1)
		v.connect(1, 2)
		time.Sleep(10 * time.Second)
		v.forget(1, tree)
		if _, _, err := v.all[0].takeLocal(v.ctx, e.EncodeFull(), MeansLocal); err != nil {
			t.Fatal(err)
		}
		for left := 9; left >= 0; left-- { // the whole one last
			form := *e
			form.Chain, form.Parts = nil, slices.Clone(e.Parts)
			for i := range form.Parts {
				if left>>i&1 == 1 {
					form.Parts[i] = []byte{}
				}
			}
			v.utter(0, e, form.EncodeFull())
		}
		time.Sleep(500 * time.Millisecond)
		if held := v.all[1].unproven.taken.Load(); held != 10 {
			t.Fatalf("%d forms were held", held)
		}
		if s := v.all[2].Stats(); s.Accepted+s.Ignored+s.Duplicate > 2 {
			t.Errorf("the last one was sent %d forms", s.Accepted+s.Ignored+s.Duplicate)
		}
		bare := *e
		bare.Chain = nil
		if got, err := v.all[2].transmitted(v.ctx, e.ID(), false); err != nil || !bytes.Equal(got, bare.EncodeFull()) {
			t.Errorf("the last one lacks parts: %v", err)
		}
	})
}

// counting counts the sessions that a device answers.
func (v *village) counting(i int) *atomic.Int64 {
	var n atomic.Int64
	v.all[i].host.SetStreamHandler(wire.ProtocolCatchUp, func(s network.Stream) {
		n.Add(1)
		v.all[i].sessions.Serve(v.ctx, s)
	})
	return &n
}

// invented is a genuine-looking warning by an issuer that does not exist here.
func invented(t *testing.T, foreign, tree *trusttest.Tree, n int) []byte {
	e := warning(t, foreign, fmt.Sprint("invented-", n))
	h := e.Header
	domain := tree.Root.ID()
	h.Domain = &domain
	made, err := wire.New(h, e.Payload)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range foreign.Leitstelle.Persons {
		made = p.Key.Sign(made, p.Ref(), []wire.Role{wire.RoleAuthor, wire.RoleApprover}[i])
	}
	return made.Encode()
}

// Inventions with issuers that do not exist cost some sessions with who sends them and
// hardly one with anybody else, a bounded memory, and no honest warning any time.
func TestInventedIssuers(t *testing.T) {
	tree, foreign := newTree(t), func() *trusttest.Tree {
		tree, err := trusttest.NewTree(9, 2)
		if err != nil {
			t.Fatal(err)
		}
		return tree
	}()
	const seconds, each = 40, 20
	var junk [][]byte
	for i := range seconds * each {
		junk = append(junk, invented(t, foreign, tree, i))
	}
	honest := many(4, func(i int) *wire.Envelope { return warning(t, tree, fmt.Sprint("honest-", i)) })
	synctest.Test(t, func(t *testing.T) {
		v := foundOn(t, tree, knowingAll(tree, 4), 20e6, simnet.StaticLatency(10*time.Millisecond))
		defer v.end()
		const device, foe, a, b = 0, 1, 2, 3
		v.connect(device, foe)
		v.connect(device, a)
		v.connect(device, b)
		time.Sleep(10 * time.Second)
		withFoe, withA, withB := v.counting(foe), v.counting(a), v.counting(b)
		begun := time.Now()
		for i := range seconds {
			for j := range each {
				v.utter(foe, honest[0], junk[i*each+j])
				time.Sleep(time.Second / each)
			}
			if i%10 == 5 {
				e := honest[i/10]
				v.publishBare(a, e)
				if took := v.until("an honest warning", []*wire.Envelope{e}, time.Second, v.all[device], v.all[b]); took > 150*time.Millisecond {
					t.Errorf("an honest warning after %s", took)
				}
			}
			if list := v.all[device].unproven.list(); len(list) > unprovenPeer || len(list)*len(junk[0]) > unprovenPeerBytes {
				t.Fatalf("%d envelopes are held", len(list))
			}
		}
		took := time.Since(begun)
		t.Logf("%d, %d and %d sessions in %s, of %d inventions %d held", withFoe.Load(), withA.Load(), withB.Load(), took, len(junk), v.all[device].unproven.taken.Load())
		if most := 2*int64(took/agenda.Again) + meter.ProofBurst + 8; withFoe.Load() > most {
			t.Errorf("%d sessions with who invents, at most %d", withFoe.Load(), most)
		}
		if most := 2*int64(took/catchup.Every) + int64(took/proofAround) + 4; withA.Load()+withB.Load() > most {
			t.Errorf("%d sessions with others, at most %d", withA.Load()+withB.Load(), most)
		}
		if s := v.all[device].Stats(); s.CutOff > 0 || s.Rejected > 0 {
			t.Errorf("struck: %+v", s)
		}
		time.Sleep(unprovenTime + proofAround)
		if n := v.all[device].unproven.count.Load(); n > 0 {
			t.Errorf("%d are held for ever", n)
		}
	})
}

// Whoever holds most gives way to who holds less.
func TestUnprovenRoom(t *testing.T) {
	u := newUnproven()
	hold := func(p string, n, size int) []peer.ID {
		return u.hold(&bare{id: fmt.Sprint(p, "-", n), raw: make([]byte, size), from: origin{peer: p}, since: time.Unix(int64(n), 0), sources: []peer.ID{peer.ID(p)}})
	}
	for p := range unprovenTotal / unprovenPeer {
		for n := range unprovenPeer {
			if left := hold(fmt.Sprint("greedy-", p), n, 500); left != nil {
				t.Fatal("no room", left)
			}
		}
	}
	if left := hold("greedy-0", unprovenPeer, 500); len(left) != 1 || left[0] != "greedy-0" {
		t.Errorf("one too many of a neighbour: %v", left)
	}
	if left := hold("modest", 0, 500); len(left) != 1 || left[0] == "modest" || u.all["modest-0"] == nil {
		t.Errorf("the first of another: %v", left)
	}
	if hold("large", 0, unprovenPeerBytes+1) == nil {
		t.Error("too large for a neighbour")
	}
	for p := range 2 * unprovenBytes / unprovenPeerBytes {
		hold(fmt.Sprint("large-", p), 0, unprovenPeerBytes)
	}
	if u.bytes > unprovenBytes || len(u.all) > unprovenTotal || int(u.count.Load()) != len(u.all) {
		t.Errorf("%d bytes in %d envelopes, counted as %d", u.bytes, len(u.all), u.count.Load())
	}
	for _, b := range u.list() {
		u.drop(b)
	}
	if u.bytes != 0 || u.count.Load() != 0 {
		t.Errorf("%d bytes, %d envelopes are left", u.bytes, u.count.Load())
	}
}

// Many small inventions do not drive out a large warning; and if one has to go, all are
// compared with who are known to have it.
func TestUnprovenSmallGiveWay(t *testing.T) {
	u := newUnproven()
	hold := func(id string, from peer.ID, size, at int) []peer.ID {
		return u.hold(&bare{id: id, raw: make([]byte, size), from: origin{peer: string(from)}, since: time.Unix(int64(at), 0), sources: []peer.ID{from}})
	}
	hold("warning", "honest", 40<<10, 0)
	u.source("another", "warning")
	for i := range 2 * unprovenTotal {
		hold(fmt.Sprint(i), peer.ID(fmt.Sprint("foe-", i%100)), 300, 1+i)
	}
	if u.all["warning"] == nil {
		t.Fatal("a large one gives way to many small ones")
	}
	for _, b := range u.list() {
		if b.id != "warning" {
			u.drop(b)
		}
	}
	for i := range unprovenTotal - 1 {
		hold(fmt.Sprint(i), peer.ID(fmt.Sprint("foe-", i)), 300, 1+i)
	}
	if left := hold("last", "modest", 300, 0); !slices.Equal(left, []peer.ID{"honest", "another"}) {
		t.Errorf("compared with %v", left)
	}
}

// A damaged copy of what is known by other bytes is not passed on.
func TestDamagedCopyIsNotPassedOn(t *testing.T) {
	tree := newTree(t)
	s := newStation(t, tree.Pinned(), newMemory())
	e := warning(t, tree, "one")
	b := &bare{raw: damaged(e).Encode(), envelope: damaged(e).Stored(), from: origin{means: MeansGossip, peer: string(peer.ID("foe")), lane: e.Header.Lane, domain: e.Domain()}}
	if s.judgeAgain(t.Context(), b, map[wire.ID]bool{}) {
		t.Fatal("settled before anything is known")
	}
	if _, err := s.judge(e.EncodeFull(), origin{}, now()); err != nil {
		t.Fatal(err)
	}
	if !s.judgeAgain(t.Context(), b, map[wire.ID]bool{}) || s.Stats().Rejected != 1 || s.Stats().Accepted != 0 {
		t.Errorf("%+v", s.Stats())
	}
}

// A newcomer on a slow link, busy for minutes with the certificates of a whole country,
// has a warning that comes without its own a queue of the link later than one that
// brings them.
func TestNewcomerOnASlowLink(t *testing.T) {
	tree := newTree(t)
	for i := range 150 {
		if _, err := tree.AddPerson(tree.Land, tree.Kreis, fmt.Sprint("p", i), tree.Land.Signers()...); err != nil {
			t.Fatal(err)
		}
	}
	took := map[bool]time.Duration{}
	for _, bare := range []bool{false, true} {
		e := warning(t, tree, fmt.Sprint("bare ", bare))
		synctest.Test(t, func(t *testing.T) {
			l := &badLink{bits: 50_000, random: rand.New(rand.NewPCG(1, 2)), free: map[string]time.Time{}}
			v := foundOn(t, tree, append(knowingAll(tree, 1), newMemory()), 20e6, l.latency)
			defer v.end()
			v.connect(0, 1)
			l.bad.Store(true)
			time.Sleep(6 * time.Second)
			if bare {
				v.publishBare(0, e)
			} else {
				v.publish(0, e)
			}
			took[bare] = v.until(fmt.Sprint("bare: ", bare), []*wire.Envelope{e}, 5*time.Minute, v.all...)
			if n := v.all[1].store.count(); n > 150 {
				t.Errorf("the newcomer was not busy: it has %d", n)
			}
		})
	}
	if took[true] > 8*time.Second {
		t.Errorf("%s without the chain, %s with it", took[true], took[false])
	}
}

// What is remembered of what found no room is bounded, of one neighbour and of all, and ends.
func TestLostIsBounded(t *testing.T) {
	u := newUnproven()
	lose := func(p string, n int) {
		u.lose(&bare{id: fmt.Sprint(p, "-", n), from: origin{peer: p}})
	}
	lose("a", 0)
	for n := range lostPeer - 1 {
		lose("a", 1+n)
	}
	if !u.isLost("a-0") || u.isLost("a") {
		t.Error("what a neighbour may send at once is not remembered, or more is")
	}
	if lose("a", lostPeer); u.isLost("a-0") || !u.isLost("a-1") || len(u.gone) != lostPeer {
		t.Errorf("one too many: %d are remembered", len(u.gone))
	}
	for i := range 2 * lostPeers {
		lose(fmt.Sprint("other-", i), 0)
	}
	if len(u.lost) != lostPeers || len(u.gone) > lostPeers-1+lostPeer || !u.isLost(fmt.Sprint("other-", 2*lostPeers-1, "-0")) {
		t.Errorf("of %d neighbours %d are remembered", len(u.lost), len(u.gone))
	}
	if !u.sweep(time.Now()) || u.sweep(time.Now().Add(unprovenTime)) || len(u.gone) > 0 {
		t.Errorf("%d are remembered for ever", len(u.gone))
	}
}

// What found no room is heard of as long as it is remembered, also when what had taken
// the room is gone: whoever fills its share chooses when.
func TestLostIsHeardOfWhenNothingIsHeld(t *testing.T) {
	u := newUnproven()
	u.lose(&bare{id: "lost", from: origin{peer: "a"}})
	said := func(id string) *pubsub.RPC {
		return &pubsub.RPC{RPC: pb.RPC{Control: &pb.ControlMessage{Ihave: []*pb.ControlIHave{{MessageIDs: []string{id}}}}}}
	}
	if u.overhear("b", said("other")) || !u.overhear("b", said("lost")) {
		t.Error("want what was lost to be heard of, and nothing else")
	}
	if u.sweep(time.Now().Add(unprovenTime)); u.overhear("b", said("lost")) {
		t.Error("it is heard of for ever")
	}
}
